#include "verify/root_chain.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "tests/support/trust_files.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const TestKey a(1);
const TestKey b(2);
const TestKey c(3);
const TestKey manager(4);

TrustMetadata root(unsigned version, const json& rule, const std::vector<TestKey>& signers) {
  const json body = root_body(version, rule, delegation({manager}));
  return parse_trust_metadata(envelope(body, signers).dump(2), TrustRole::root,
                              std::to_string(version) + ".root.json");
}

TrustMetadata key_mgr(const json& body, const std::vector<TestKey>& signers) {
  return parse_trust_metadata(envelope(body, signers).dump(2), TrustRole::key_mgr, "key_mgr.json");
}

}  // namespace

TEST_CASE("root chain: the next root needs a quorum of the old keys and one of its own") {
  RootChain chain(root(1, delegation({a}), {a}));
  CHECK_THROWS_WITH(chain.extend(root(2, delegation({b}), {b})),
                    Contains("2.root.json: 0 of 1 needed signature is good by the keys of 1.root"));
  CHECK_THROWS_WITH(chain.extend(root(2, delegation({b}), {a})), Contains("by its own keys"));
  CHECK(chain.root().version == 1);
  chain.extend(root(2, delegation({b, c}, 2), {a, b, c}));
  CHECK_THROWS_WITH(chain.extend(root(3, delegation({b}), {b})), Contains("1 of 2 needed"));
  chain.extend(root(3, delegation({b, c}, 1), {b, c}));  // a lower threshold
  CHECK(chain.root().version == 3);
}

TEST_CASE("root chain: versions follow each other without a gap") {
  RootChain chain(root(2, delegation({a}), {a}));
  for (const unsigned version : {1U, 2U, 4U}) {
    CHECK_THROWS_WITH(chain.extend(root(version, delegation({a}), {a})),
                      Contains("expected version 3"));
  }
  CHECK_NOTHROW(chain.extend(root(3, delegation({a}), {a})));
}

TEST_CASE("root chain: one key counts once, and a signature in the raw form not at all") {
  const json rule = delegation({a, b}, 2);
  CHECK_THROWS_WITH(require_self_signed(root(1, rule, {a})), Contains("1 of 2"));
  json document = envelope(root_body(1, rule, delegation({manager})), {a, b});
  document["signatures"][b.hex()] = b.raw(signed_bytes(document.at("signed")));
  CHECK_THROWS_WITH(
      require_self_signed(parse_trust_metadata(document.dump(), TrustRole::root, "1.root.json")),
      Contains("1 of 2"));
}

TEST_CASE("root chain: a root that can never be signed is refused") {
  CHECK_THROWS_AS(require_self_signed(root(1, delegation({}), {})), TrustError);
  CHECK_THROWS_AS(require_self_signed(root(1, delegation({a}, 2), {a})), TrustError);
}

TEST_CASE("root chain: at most 256 roots follow each other") {
  RootChain chain(root(1, delegation({a}), {a}));
  for (unsigned version = 2; version <= 257; ++version) {
    chain.extend(root(version, delegation({a}), {a}));
  }
  CHECK_THROWS_WITH(chain.extend(root(258, delegation({a}), {a})), Contains("more than 256"));
  CHECK(chain.root().version == 257);
}

TEST_CASE("trust: metadata has expired from the second of its expiration on") {
  const TrustMetadata metadata = root(1, delegation({a}), {a});  // expires 2027-01-01
  const Instant expiration = parse_instant("2027-01-01T00:00:00Z").value();
  CHECK_NOTHROW(require_current(metadata, Instant{expiration.ms - 1}));
  CHECK_THROWS_WITH(require_current(metadata, expiration), Contains("expired at 2027-01-01"));
  CHECK_THROWS_AS(require_current(metadata, Instant{expiration.ms + 1}), TrustError);
}

TEST_CASE("trust: a key manager needs a quorum of the root's keys for it, in the raw form") {
  const TrustMetadata anchor = root(1, delegation({a}), {a});
  const json body = key_mgr_body(1, delegation({b}));
  CHECK_NOTHROW(require_key_manager(key_mgr(body, {manager}), anchor));
  CHECK_THROWS_WITH(require_key_manager(key_mgr(body, {a}), anchor),
                    Contains("0 of 1 needed signature is good"));
  json document = envelope(body, {});
  document["signatures"][manager.hex()] = manager.openpgp(signed_bytes(body));
  CHECK_THROWS_AS(require_key_manager(
                      parse_trust_metadata(document.dump(), TrustRole::key_mgr, "k.json"), anchor),
                  TrustError);
}

TEST_CASE("trust: an older key manager than one seen is a rollback") {
  const auto versioned = [](unsigned version) {
    return key_mgr(key_mgr_body(version, delegation({b})), {manager});
  };
  const auto timed = [](const char* time) {
    json body = key_mgr_body(1, delegation({b}));
    body.erase("version");
    body["timestamp"] = time;
    return key_mgr(body, {manager});
  };
  const Instant june = parse_instant("2026-06-01T00:00:00Z").value();
  CHECK_NOTHROW(require_no_rollback(versioned(1), {}));
  CHECK_NOTHROW(require_no_rollback(versioned(2), {2, june}));
  CHECK_NOTHROW(require_no_rollback(versioned(3), {2, june}));
  CHECK_THROWS_WITH(require_no_rollback(versioned(1), {2, {}}), Contains("rollback: version 1"));
  CHECK_NOTHROW(require_no_rollback(timed("2026-06-01T00:00:00Z"), {{}, june}));
  CHECK_THROWS_WITH(require_no_rollback(timed("2026-05-31T23:59:59Z"), {{}, june}),
                    Contains("rollback: of 2026-05-31"));
  CHECK_THROWS_WITH(require_no_rollback(timed("2026-05-31T23:59:59Z"), {7, june}),
                    Contains("rollback"));
  CHECK_THROWS_WITH(require_no_rollback(timed("2026-05-31T23:59:59Z"), {7, {}}),
                    Contains("neither a version nor a timestamp"));
}

}  // namespace envlock::test
