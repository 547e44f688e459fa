#include <catch2/catch.hpp>

#include "tests/e2e/signed_channel.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const std::string fn1 = "a-1.0-0.conda";
const std::string fn2 = "a-2.0-0.conda";

}  // namespace

TEST_CASE("signatures: a signed channel is locked with its signers, and checked again", "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.demand();
  const Outcome outcome = channel.solve();
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK(work.locked("a") == "2.0 0");
  const Json lock = Json::parse(work.lock());
  CHECK(lock["channels"]["acme"]["trust"] == "signatures=require");
  CHECK(lock["platforms"]["linux-64"]["packages"][0]["signed_by"] ==
        Json::array({channel.package_key.hex()}));
  CHECK(channel.solve({"--check"}).exit == 0);
  CHECK(channel.solve({"--check", "--online"}).exit == 0);
  // From the cache, whose index was judged under these keys.
  CHECK(channel.solve({"--update-all"}).exit == 0);
}

TEST_CASE("signatures: an unsigned record is passed over, and where there is no other, refused",
          "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  json repodata = channel.signed_repodata();
  repodata["signatures"].erase(fn2);
  channel.publish(repodata);
  channel.demand();
  const Outcome outcome = channel.solve();
  REQUIRE(outcome.exit == 0);
  CHECK(work.locked("a") == "1.0 0");
  CHECK_THAT(outcome.err, Contains("without the signatures that the channel needs"));

  repodata.erase("signatures");
  channel.publish(repodata);
  const Outcome refused = channel.solve({"--update-all"});
  CHECK(refused.exit == 6);
  CHECK_THAT(refused.err, Contains("no record of 'a' is signed as its channel needs"));
  channel.demand("    signatures: if-present\n");
  CHECK(channel.solve({"--update-all"}).exit == 0);
  CHECK(work.locked("a") == "2.0 0");
}

TEST_CASE("signatures: an edited or swapped record is refused also where signatures are optional",
          "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  json edited = channel.signed_repodata();
  for (const std::string& fn : {fn1, fn2}) edited["packages.conda"][fn]["size"] = 999;
  json swapped = channel.signed_repodata();
  std::swap(swapped["packages.conda"][fn1], swapped["packages.conda"][fn2]);
  std::swap(swapped["signatures"][fn1], swapped["signatures"][fn2]);
  for (const char* policy : {"    signatures: require\n", "    signatures: if-present\n"}) {
    channel.demand(policy);
    channel.publish(edited);
    CHECK(channel.solve().exit == 6);
    channel.publish(swapped);
    const Outcome outcome = channel.solve();
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("the signed record is of 'a-"));
  }
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("signatures: an index judged under no or other keys is not used", "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.publish(channel.signed_repodata(TestKey(77)));
  work.write("envlock.yml", "channels:\n  acme:\n    url: ../acme\n");
  CHECK(channel.solve().exit == 0);
  channel.demand();
  CHECK(channel.solve().exit == 6);
  CHECK(channel.solve({"--check"}).exit == 1);
  CHECK(channel.solve({"--check", "--online"}).exit == 6);
}

TEST_CASE("signatures: an expired or older key manager is refused", "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.demand();
  REQUIRE(channel.solve().exit == 0);
  const Outcome expired = work.run({"solve", "--now", "2030-01-01"});
  CHECK(expired.exit == 6);
  channel.write("key_mgr.json", envelope(key_mgr_body(2, delegation({channel.package_key})),
                                         {channel.key_mgr_key}));
  REQUIRE(channel.solve().exit == 0);
  channel.write("key_mgr.json", envelope(key_mgr_body(1, delegation({channel.package_key})),
                                         {channel.key_mgr_key}));
  const Outcome rollback = channel.solve();
  INFO(rollback.err);
  CHECK(rollback.exit == 6);
}

TEST_CASE("signatures: a key that a new key manager no longer names does not count", "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.demand();
  REQUIRE(channel.solve().exit == 0);
  const TestKey fresh(9);
  channel.write("key_mgr.json",
                envelope(key_mgr_body(2, delegation({fresh})), {channel.key_mgr_key}));
  CHECK(channel.solve().exit == 6);
  CHECK(channel.solve({"--check", "--online"}).exit == 6);
  channel.publish(channel.signed_repodata(fresh));
  const Outcome changed = channel.solve({"--check", "--online"});
  CHECK(changed.exit == 1);
  CHECK_THAT(changed.out, Contains("the lock says signed by " + channel.package_key.hex()));
  CHECK(channel.solve({"--update-all"}).exit == 0);
}

TEST_CASE("signatures: roots are followed one by one, and a gap is not jumped", "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.demand();
  REQUIRE(channel.solve().exit == 0);
  const json second = root_of(2, channel.next_root_key, channel.key_mgr_key);
  const json third = root_of(3, channel.next_root_key, channel.next_key_mgr_key);
  // Without root 2 nothing leads to root 3, so that the old key manager still holds.
  channel.write("3.root.json", envelope(third, {channel.next_root_key}));
  REQUIRE(channel.solve().exit == 0);
  channel.write("2.root.json", envelope(second, {channel.root_key, channel.next_root_key}));
  // Root 3 names another key manager.
  CHECK(channel.solve().exit == 6);
  channel.write("key_mgr.json", envelope(key_mgr_body(2, delegation({channel.package_key})),
                                         {channel.next_key_mgr_key}));
  const Outcome outcome = channel.solve();
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  // What was seen counts, also when the channel takes it back.
  std::filesystem::remove(channel.file("2.root.json"));
  std::filesystem::remove(channel.file("3.root.json"));
  channel.write("key_mgr.json", envelope(key_mgr_body(3, delegation({channel.package_key})),
                                         {channel.key_mgr_key}));
  CHECK(channel.solve().exit == 6);
}

TEST_CASE("signatures: a root by nobody's authority, a wrong sha256 and damaged state are refused",
          "[e2e]") {
  const Workspace work;
  const SignedChannel channel(work);
  channel.demand("    signatures: require\n    root_sha256: " + std::string(64, '0') + "\n");
  CHECK(channel.solve().exit == 6);
  channel.demand();
  const TestKey stranger(66);
  channel.write("2.root.json", envelope(root_of(2, stranger, stranger), {stranger}));
  CHECK(channel.solve().exit == 6);
  std::filesystem::remove(channel.file("2.root.json"));
  REQUIRE(channel.solve().exit == 0);
  const std::filesystem::path state = work.project() / ".local/state/envlock/trust";
  for (const auto& entry : std::filesystem::directory_iterator(state)) {
    if (entry.path().extension() == ".json")
      work.write(entry.path().lexically_relative(work.project()).string(), "{\"schema\": 1}");
  }
  const Outcome damaged = channel.solve();
  CHECK(damaged.exit == 6);
  CHECK_THAT(damaged.err, Contains("is damaged") && Contains("rm '"));
}

}  // namespace envlock::test
