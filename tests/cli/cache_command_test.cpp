#include <sys/file.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fetch/package_store.hpp"
#include "tests/cli/run_in_process.hpp"
#include "tests/cli/small_lock.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A cache with two packages and something of every other kind.
struct CacheDir {
  TempDir dir;
  fs::path cache = dir / "cache";
  fs::path first = put("first");
  fs::path second = put("the second");

  CacheDir() {
    dir.write("cache/repodata/aa.v1.bb.index", "index");
    dir.write("cache/repodata/aa.v1.state", "state");
    dir.write("cache/repodata/aa.v1.lock", "");
    dir.write("cache/trust/roots", "not ours to clean");
    fs::permissions(cache, fs::perms::owner_all);
    fs::permissions(cache / "repodata", fs::perms::owner_all);
  }

  [[nodiscard]] fs::path put(const std::string& bytes) const {
    PackageStore store(Cache(cache), {});
    const WantedPackage wanted{sha256_of(bytes), bytes.size(), "a-1-0.conda"};
    auto begun = store.begin(wanted, {});
    auto& writer = std::get<PackageWriter>(begun);
    writer.start("u", "", 0);
    writer.write(std::as_bytes(std::span(bytes.data(), bytes.size())));
    return writer.commit().file;
  }
  /// As if last used so many hours ago.
  static void age(const fs::path& file, int hours) {
    for (const fs::path& each : {file, fs::path(file.string() + ".seal")})
      if (fs::exists(each))
        fs::last_write_time(each, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  [[nodiscard]] InProcess run(std::vector<std::string> args) const {
    args.insert(args.begin(), "cache");
    args.push_back("--cache-dir");
    args.push_back(cache.string());
    return run_cli(args);
  }
  [[nodiscard]] json result(std::vector<std::string> args, int exit = 0) const {
    args.emplace_back("--json");
    const InProcess done = run(args);
    INFO(done.out << done.err);
    REQUIRE(done.exit == exit);
    return json::parse(done.out).at("result");
  }
};

}  // namespace

TEST_CASE("cache info: where it is, and how much of each kind") {
  const CacheDir at;
  const json result = at.result({"info"});
  CHECK(result.at("path") == at.cache.string());
  CHECK(result.at("kinds").at("packages").at("items") == 2);
  CHECK(result.at("kinds").at("indexes") == json{{"items", 1}, {"bytes", 5}});
  CHECK(result.at("kinds").at("repodata") == json{{"items", 2}, {"bytes", 5}});
  CHECK(result.at("kinds").at("other") == json{{"items", 1}, {"bytes", 17}});
  CHECK(result.at("kinds").at("partials") == json{{"items", 0}, {"bytes", 0}});
  const std::string text = at.run({"info"}).out;
  CHECK_THAT(text, Catch::StartsWith(at.cache.string() + "\n  packages "));
}

TEST_CASE("cache: looking at a cache that is not there makes none") {
  const TempDir dir;
  const std::string action = GENERATE("info", "verify", "clean");
  const fs::path cache = dir / "not/there";
  std::vector<std::string> args = {"cache", action, "--cache-dir", cache.string(), "--json"};
  if (action == "clean") args.emplace_back("--all");
  const InProcess done = run_cli(args);
  INFO(done.out << done.err);
  CHECK(done.exit == 0);
  CHECK(json::parse(done.out).at("result").at("path") == cache.string());
  CHECK_FALSE(fs::exists(dir / "not"));
}

TEST_CASE("cache verify: a good cache is exit 0, and its seals are not believed") {
  const CacheDir at;
  const json result = at.result({"verify"});
  CHECK(result.at("packages") == 2);
  CHECK(result.at("bytes_hashed") == 15);
  CHECK(result.at("bad").empty());
}

TEST_CASE("cache verify: what is bad is listed and removed, with exit 1") {
  const CacheDir at;
  // With a seal that would vouch for it.
  fs::remove(at.first);
  at.dir.write("cache/packages/" + at.first.filename().string(), "other");
  struct stat status {};
  REQUIRE(::stat(at.first.c_str(), &status) == 0);
  at.dir.write("cache/packages/" + at.first.filename().string() + ".seal",
               PackageSeal{.file = FileSeal::of(status), .boot = ""}.to_string());
  const json result = at.result({"verify", "--threads", "3"}, 1);
  REQUIRE(result.at("bad").size() == 1);
  CHECK(result.at("bad").at(0).at("file") == "packages/" + at.first.filename().string());
  CHECK(result.at("bad").at(0).at("why") == "its sha256 is " + sha256_of("other").hex());
  CHECK_FALSE(fs::exists(at.first));
  CHECK_FALSE(fs::exists(at.first.string() + ".seal"));
  CHECK(fs::exists(at.second));
  CHECK(at.run({"verify"}).exit == 0);
}

TEST_CASE("cache verify: leftovers of ended runs go, a partial that can be gone on with stays") {
  const CacheDir at;
  const std::string stem = "cache/packages/" + std::string(64, 'a') + ".conda.part";
  at.dir.write(stem, "x");
  at.dir.write(stem + ".from", "envlock partial 1\nurl u\nvalidator \n");
  at.dir.write("cache/packages/" + std::string(64, 'b') + ".conda.part-AbCdEf", "x");
  CHECK(at.result({"verify"}).at("leftovers").size() == 1);
  CHECK(fs::exists(at.dir / stem));
  CHECK(at.result({"clean", "--partials"}).at("removed").size() == 1);
  CHECK_FALSE(fs::exists(at.dir / stem));
  CHECK_FALSE(fs::exists(at.dir / (stem + ".from")));
}

TEST_CASE("cache clean: attestations go with their packages") {
  const CacheDir at;
  const std::string mine = "cache/attestations/" + sha256_of("first").hex() + ".sigs";
  const std::string others = "cache/attestations/" + std::string(64, 'a') + ".sigs";
  at.dir.write(mine, "one");
  at.dir.write(others, "two");
  at.dir.write("cache/attestations/notes", "not ours to clean");
  fs::permissions(at.cache / "attestations", fs::perms::owner_all);
  CHECK(at.result({"info"}).at("kinds").at("attestations") == json{{"items", 2}, {"bytes", 6}});
  Lockfile locked = small_lock();
  locked.platforms.begin()->second.packages[1].record.sha256 = sha256_of("first");
  const fs::path lock = at.dir.write("a.lock", write_lockfile(locked));
  CHECK(at.result({"clean", "--max-size", "0", "--older-than", "0d", "--dry-run"})
            .at("removed")
            .size() == 4);
  CHECK(at.run({"clean", "--keep-lock", lock.string()}).exit == 0);
  CHECK(fs::exists(at.dir / mine));
  CHECK(fs::exists(at.first));
  CHECK_FALSE(fs::exists(at.dir / others));
  CHECK_FALSE(fs::exists(at.second));
  CHECK(at.run({"clean", "--all"}).exit == 0);
  CHECK_FALSE(fs::exists(at.dir / mine));
  CHECK(fs::exists(at.cache / "attestations/notes"));
}

TEST_CASE("cache clean: by age, to the last use") {
  const CacheDir at;
  CacheDir::age(at.first, 40 * 24);
  CacheDir::age(at.second, 20 * 24);
  const json planned = at.result({"clean", "--older-than", "30d", "--dry-run"});
  CHECK(planned.at("removed").size() == 1);
  CHECK(fs::exists(at.first));
  // Being found is being used.
  PackageStore(Cache(at.cache), {}).find({sha256_of("first"), 0, "a-1-0.conda"});
  CHECK(at.result({"clean", "--older-than", "30d"}).at("removed").empty());
  CacheDir::age(at.first, 40 * 24);
  const json result = at.result({"clean", "--older-than", "30d"});
  CHECK(result.at("removed").at(0).at("file") == "packages/" + at.first.filename().string());
  CHECK(result.at("freed_bytes") == planned.at("freed_bytes"));
  CHECK_FALSE(fs::exists(at.first));
  CHECK_FALSE(fs::exists(at.first.string() + ".seal"));
  CHECK(fs::exists(at.second));
}

TEST_CASE("cache clean: by size, the longest unused first, never what a lock names") {
  const CacheDir at;
  CacheDir::age(at.first, 30);
  CacheDir::age(at.second, 60);
  SECTION("one goes") {
    const auto bytes = at.result({"info"}).at("bytes").get<std::uint64_t>();
    CHECK(at.result({"clean", "--max-size", std::to_string(bytes - 1)}).at("removed").size() == 1);
    CHECK(fs::exists(at.first));
    CHECK_FALSE(fs::exists(at.second));
  }
  SECTION("all that may") {
    Lockfile lock = small_lock();
    lock.platforms.begin()->second.packages[1].record.sha256 = sha256_of("the second");
    const fs::path file = at.dir.write("envlock.lock", write_lockfile(lock));
    CHECK(
        at.result({"clean", "--max-size", "0", "--keep-lock", file.string()}).contains("removed"));
    CHECK_FALSE(fs::exists(at.first));
    CHECK(fs::exists(at.second));
    CHECK_FALSE(fs::exists(at.cache / "repodata/aa.v1.bb.index"));
  }
}

TEST_CASE("cache clean: --keep-lock alone removes the other packages and nothing else") {
  const CacheDir at;
  Lockfile lock = small_lock();
  lock.platforms.begin()->second.packages[1].record.sha256 = sha256_of("first");
  const fs::path file = at.dir.write("envlock.lock", write_lockfile(lock));
  CHECK(at.result({"clean", "--keep-lock", file.string()}).at("removed").size() == 1);
  CHECK(fs::exists(at.first));
  CHECK(fs::exists(at.cache / "repodata/aa.v1.bb.index"));
}

TEST_CASE("cache clean: --all leaves what is not the cache's and what is being written") {
  const CacheDir at;
  PackageStore store(Cache(at.cache), {});
  auto begun = store.begin({sha256_of("third"), 5, "a-1-0.conda"}, {});
  auto& writer = std::get<PackageWriter>(begun);
  writer.start("u", "", 0);
  const json result = at.result({"clean", "--all"});
  CHECK(result.at("in_use").size() == 1);
  CHECK(fs::exists(at.cache / "trust/roots"));
  CHECK_FALSE(fs::exists(at.first));
  CHECK_FALSE(fs::exists(at.cache / "repodata/aa.v1.state"));
  writer.write(std::as_bytes(std::span("third", 5)));
  CHECK(fs::exists(writer.commit().file));
}

TEST_CASE("cache: wrong words are exit 2 with the right ones") {
  const CacheDir at;
  CHECK_THAT(at.run({"clena"}).err, Catch::Contains("did you mean 'clean'?"));
  CHECK(at.run({"clean"}).exit == 2);
  CHECK(at.run({"clean", "--dry-run"}).exit == 2);
  CHECK(at.run({"info", "--all"}).exit == 2);
  CHECK(at.run({"clean", "--max-size", "much"}).exit == 2);
  CHECK(at.run({"clean", "--older-than", "long"}).exit == 2);
  CHECK(at.run({"clean", "--older-than", "30"}).exit == 2);  // seconds, which nobody means
  CHECK(fs::exists(at.first));
}

}  // namespace envlock::test
