#include "verify/record_verifier.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/trust_files.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const TestKey a(1);
const TestKey b(2);
const TestKey stranger(3);

KeyRule rule_of(const std::vector<TestKey>& keys, unsigned threshold) {
  const json document = envelope(key_mgr_body(1, delegation(keys, threshold)), {});
  return parse_trust_metadata(document.dump(), TrustRole::key_mgr, "k.json").rule("pkg_mgr");
}

const json record{{"name", "zlib"},
                  {"version", "1.3"},
                  {"build", "h0_0"},
                  {"subdir", "linux-64"},
                  {"sha256", std::string(64, 'a')},
                  {"size", 12}};

std::string signatures_by(const std::vector<TestKey>& keys) {
  json out = json::object();
  for (const TestKey& key : keys) out[key.hex()] = key.raw(signed_bytes(record));
  return out.dump();
}

}  // namespace

TEST_CASE("record verifier: a record is good with as many good signatures as its rule asks for") {
  const RecordVerifier one(rule_of({a, b}, 1));
  const RecordVerifier two(rule_of({a, b}, 2));
  const auto verdict = one.judge(record.dump(), signatures_by({a}));
  CHECK(verdict.enough);
  CHECK(verdict.signers == std::vector<std::string>{a.hex()});
  CHECK(verdict.reason == "1 of 1 needed signature is good");
  CHECK_FALSE(two.judge(record.dump(), signatures_by({a})).enough);
  const auto both = two.judge(record.dump(), signatures_by({b, a}));
  CHECK(both.enough);
  CHECK(both.signers ==
        std::vector<std::string>{std::min(a.hex(), b.hex()), std::max(a.hex(), b.hex())});
  CHECK_FALSE(two.judge(record.dump(), signatures_by({a, stranger})).enough);
}

TEST_CASE("record verifier: a changed record has no good signature") {
  const RecordVerifier verifier(rule_of({a}, 1));
  json changed = record;
  changed["size"] = 13;
  const auto verdict = verifier.judge(changed.dump(), signatures_by({a}));
  CHECK_FALSE(verdict.enough);
  CHECK(verdict.signers.empty());
  CHECK(verdict.reason == "0 of 1 needed signature is good");
}

TEST_CASE("record verifier: no signature, or what is malformed, is a verdict") {
  const RecordVerifier verifier(rule_of({a}, 1));
  CHECK(verifier.judge(record.dump(), "").reason == "not signed");
  CHECK_THAT(verifier.judge(record.dump(), "[]").reason, Contains("no object"));
  CHECK_THAT(verifier.judge(record.dump(), "{").reason, Contains("malformed"));
  CHECK_THAT(verifier.judge("{\"size\":1.50}", signatures_by({a})).reason, Contains("malformed"));
  CHECK_THAT(verifier.judge("{\"a\":1,\"a\":1}", signatures_by({a})).reason, Contains("twice"));
  const std::string padded = record.dump() + std::string(max_signed_record_bytes, ' ');
  CHECK_THAT(verifier.judge(padded, signatures_by({a})).reason, Contains("too long"));
  CHECK_FALSE(RecordVerifier(rule_of({}, 1)).judge(record.dump(), signatures_by({a})).enough);
  json openpgp;
  openpgp[a.hex()] = a.openpgp(signed_bytes(record));
  CHECK_FALSE(verifier.judge(record.dump(), openpgp.dump()).enough);
}

TEST_CASE("record verifier: several threads judge with one verifier") {
  const RecordVerifier verifier(rule_of({a, b}, 2));
  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  for (bool& out : good) {
    threads.emplace_back([&] {
      bool all = true;
      for (int i = 0; i < 50; ++i) {
        all = verifier.judge(record.dump(), signatures_by({a, b})).enough && all;
      }
      out = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool ok : good) CHECK(ok);
}

TEST_CASE("record verifier: a signed record belongs to one file name and folder") {
  const std::string text = record.dump();
  CHECK_FALSE(signed_record_fault("zlib-1.3-h0_0.conda", "linux-64", text));
  CHECK_FALSE(signed_record_fault("zlib-1.3-h0_0.tar.bz2", "linux-64", text));
  CHECK_FALSE(signed_record_fault("zlib-1.3-h0_0.conda", "", text));
  CHECK_THAT(signed_record_fault("other-9.9-0.conda", "linux-64", text).value(),
             Contains("is of 'zlib-1.3-h0_0'"));
  CHECK(signed_record_fault("zlib-1.3-h0_0.zip", "linux-64", text));
  CHECK_THAT(signed_record_fault("zlib-1.3-h0_0.conda", "noarch", text).value(),
             Contains("'linux-64', not of 'noarch'"));
  json without = record;
  without.erase("sha256");
  CHECK_THAT(signed_record_fault("zlib-1.3-h0_0.conda", "linux-64", without.dump()).value(),
             Contains("no sha256"));
  CHECK(signed_record_fault("zlib-1.3-h0_0.conda", "linux-64", "[]"));
  CHECK(signed_record_fault("zlib-1.3-h0_0.conda", "linux-64", "{"));
}

}  // namespace envlock::test
