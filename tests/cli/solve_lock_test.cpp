#include "cli/solve_lock.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

LockedPackage package(const std::string& name, const std::string& version,
                      std::vector<std::string> depends = {}) {
  LockedPackage locked;
  locked.record.name = name;
  locked.record.version = version;
  locked.record.build = "0";
  locked.record.sha256 = sha256_of(name + version);
  locked.record.depends = std::move(depends);
  locked.channel = "main";
  return locked;
}

LockPlatform platform(std::vector<LockedPackage> packages) { return {{}, std::move(packages), {}}; }

}  // namespace

TEST_CASE("changes_between: a package counts as changed by version, build, channel or bytes",
          "[solve]") {
  const LockPlatform before =
      platform({package("a", "1"), package("b", "1"), package("c", "1"), package("d", "1")});
  LockPlatform after =
      platform({package("a", "2"), package("b", "1"), package("c", "1"), package("e", "1")});
  after.packages[2].record.sha256 = sha256_of("other bytes");
  const std::vector<PackageChange> changes = changes_between(&before, after);
  REQUIRE(changes.size() == 4);
  REQUIRE(changes[0].name() == "a");
  REQUIRE(changes[1].name() == "c");
  REQUIRE(changes[2].after == nullptr);   // d went
  REQUIRE(changes[3].before == nullptr);  // e came
}

TEST_CASE("changes_between: nothing changes between a lock and itself", "[solve]") {
  const LockPlatform lock = platform({package("a", "1"), package("b", "1")});
  REQUIRE(changes_between(&lock, lock).empty());
}

TEST_CASE("count_unrelated: what hangs on a cause by dependencies is related, however far",
          "[solve]") {
  const LockPlatform before = platform(
      {package("app", "1"), package("lib", "1"), package("deep", "1"), package("other", "1")});
  const LockPlatform after =
      platform({package("app", "2", {"lib >=2"}), package("lib", "2", {"deep"}),
                package("deep", "2"), package("other", "2")});
  const std::vector<PackageChange> changes = changes_between(&before, after);
  REQUIRE(changes.size() == 4);
  REQUIRE(count_unrelated(changes, {"app"}) == 1);  // other
  REQUIRE(count_unrelated(changes, {"deep"}) == 1);
  REQUIRE(count_unrelated(changes, {"app", "other"}) == 0);
  REQUIRE(count_unrelated(changes, {}) == 4);
  REQUIRE(count_unrelated({}, {"app"}) == 0);
}

}  // namespace envlock::test
