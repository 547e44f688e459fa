#include "model/project_trust.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "model/project.hpp"

namespace envlock::test {

namespace {

TrustRule rule_of(const std::string& keys) {
  const std::string text = "channels:\n  acme:\n    url: https://conda.acme.example/acme\n" + keys;
  return parse_project(text, "envlock.yml").channels.at(0).trust;
}

/// Message and hint; "accepted" where there is none.
std::string refusal(const std::string& keys) {
  try {
    (void)rule_of(keys);
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

const std::string hex_key(64, 'a');
/// RFC 8032, 7.1, TEST 1's public key.
const std::string base64_key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

}  // namespace

TEST_CASE("channel trust: what is not said is not looked at", "[model]") {
  const TrustRule rule = rule_of("");
  CHECK_FALSE(rule.looks_at_signatures());
  CHECK(rule.root.empty());
  CHECK(rule.minimum_age.empty());
  CHECK_FALSE(rule.attestations);
}

TEST_CASE("channel trust: every key is read", "[model]") {
  const TrustRule rule = rule_of(
      "    signatures: require\n    root: trust/acme.root.json\n    root_sha256: '" +
      std::string(64, '0') +
      "'\n    trust_url: https://trust.acme.example/\n    minimum_age: 7d\n    attestations:\n"
      "      keys: [" +
      hex_key + ", " + base64_key + ", keys/acme.pem]\n      require: false\n");
  CHECK(rule.signatures == SignaturePolicy::require);
  CHECK(rule.looks_at_signatures());
  CHECK(rule.root == "trust/acme.root.json");
  CHECK(rule.root_sha256 == Sha256());
  CHECK(rule.trust_url.value().to_string() == "https://trust.acme.example");
  CHECK(rule.minimum_age == "7d");
  REQUIRE(rule.attestations);
  CHECK_FALSE(rule.attestations->required);
  REQUIRE(rule.attestations->keys.size() == 3);
  CHECK_FALSE(rule.attestations->keys[0].is_file);
  CHECK(rule.attestations->keys[1].text == base64_key);
  CHECK(rule.attestations->keys[2].is_file);
  CHECK(rule_of("    signatures: if-present\n    root: r.json\n").signatures ==
        SignaturePolicy::if_present);
  CHECK(rule_of("    attestations: {keys: [" + hex_key + "]}\n").attestations.value().required);
  for (const char* age : {"7d", "2w3d", "P7D", "7 days", "86400"})
    CHECK(rule_of("    minimum_age: " + std::string(age) + "\n").minimum_age == age);
}

TEST_CASE("channel trust: what cannot be is refused where it stands", "[model]") {
  CHECK_THAT(refusal("    signatures: yes\n"),
             Catch::StartsWith("envlock.yml:4: 'yes' is no rule for signatures"));
  CHECK_THAT(refusal("    signatures: require\n"),
             Catch::StartsWith("envlock.yml:2: 'signatures' needs a 'root'"));
  CHECK_THAT(refusal("    root: r.json\n"), Catch::Contains("do nothing without 'signatures'"));
  CHECK_THAT(refusal("    trust_url: https://x.example\n"),
             Catch::Contains("do nothing without 'signatures'"));
  CHECK_THAT(refusal("    root: /etc/root.json\n"), Catch::Contains("not relative to envlock.yml"));
  CHECK_THAT(refusal("    root_sha256: abc\n"),
             Catch::StartsWith("envlock.yml:4: 'abc' is no sha256"));
  CHECK_THAT(refusal("    trust_url: nonsense\n"), Catch::Contains("'nonsense' is no URL"));
  CHECK_THAT(refusal("    trust_url: https://me:hunter2@x.example\n"),
             Catch::Contains("carries a login") && !Catch::Contains("hunter2"));
  CHECK_THAT(refusal("    minimum_age: soon\n"), Catch::Contains("is no age"));
  CHECK_THAT(refusal("    minimum_age: 2026-01-01\n"), Catch::Contains("is a date, not an age"));
  CHECK_THAT(refusal("    signature: require\n"),
             Catch::StartsWith("envlock.yml:4:") && Catch::Contains("did you mean 'signatures'?"));
}

TEST_CASE("channel trust: attestations need keys that are keys", "[model]") {
  const auto refused = [](const std::string& flow) {
    return refusal("    attestations: " + flow + "\n");
  };
  CHECK_THAT(refused("{require: true}"), Catch::Contains("needs 1 to 64 keys"));
  CHECK_THAT(refused("{keys: []}"), Catch::Contains("needs 1 to 64 keys"));
  CHECK_THAT(refused("{keys: [acme]}"), Catch::Contains("'acme' is no public Ed25519 key"));
  CHECK_THAT(refused("{keys: [" + std::string(64, 'A') + "]}"), Catch::Contains("is no public"));
  CHECK_THAT(refused("{keys: [" + base64_key.substr(1) + "]}"), Catch::Contains("is no public"));
  // The last digit would have bits that are no part of the key.
  CHECK_THAT(refused("{keys: [" + base64_key.substr(0, 42) + "p=]}"),
             Catch::Contains("is no public"));
  CHECK_THAT(refused("{keys: [" + hex_key + ", " + hex_key + "]}"), Catch::Contains("twice"));
  CHECK_THAT(refused("{keys: [/etc/a.pem]}"), Catch::Contains("not relative"));
  CHECK_THAT(refused("{key: [a.pem]}"), Catch::Contains("did you mean 'keys'?"));
}

}  // namespace envlock::test
