#include "verify/trust_metadata.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "model/error.hpp"
#include "tests/support/trust_files.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using nlohmann::json;

const TestKey a(1);
const TestKey b(2);

json good_root() { return envelope(root_body(1, delegation({a}), delegation({b})), {a}); }

TrustMetadata parse(const json& document, TrustRole role = TrustRole::root) {
  return parse_trust_metadata(document.dump(2), role, "1.root.json");
}

/// `good_root` with one change, which must be refused; the message.
std::string refusal(const std::function<void(json&)>& change) {
  json document = good_root();
  change(document);
  try {
    (void)parse(document);
  } catch (const TrustError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("trust metadata: a root is read with its keys, times and signatures") {
  const TrustMetadata root = parse(good_root());
  CHECK(root.version == 1);
  CHECK(root.timestamp->to_string() == "2026-01-01T00:00:00Z");
  CHECK(root.expiration.to_string() == "2027-01-01T00:00:00Z");
  CHECK(root.rule("root").keys.count(a.hex()) == 1);
  CHECK(root.rule("key_mgr").keys.count(b.hex()) == 1);
  CHECK(root.rule("key_mgr").threshold == 1);
  CHECK(root.signatures.count(a.hex()) == 1);
  CHECK(root.canonical == good_root().at("signed").dump(2));
  CHECK(count_signatures(root, root.rule("root"), SignatureForm::openpgp).enough());
  CHECK_FALSE(count_signatures(root, root.rule("root"), SignatureForm::raw).enough());
  CHECK_FALSE(count_signatures(root, root.rule("key_mgr"), SignatureForm::openpgp).enough());
}

TEST_CASE("trust metadata: layout, order of keys and escapes do not matter to a signature") {
  std::string text = good_root().dump();
  text.replace(text.find("\"type\""), 6, "\"t\\u0079pe\"");
  const TrustMetadata root = parse_trust_metadata(text, TrustRole::root, "1.root.json");
  CHECK(count_signatures(root, root.rule("root"), SignatureForm::openpgp).enough());
}

TEST_CASE("trust metadata: a malformed document is refused with file, place and reason") {
  const auto body = [](json& d) -> json& { return d.at("signed"); };
  CHECK_THAT(refusal([](json& d) { d["more"] = 1; }), Contains("unknown key"));
  CHECK_THAT(refusal([](json& d) { d.erase("signatures"); }), Contains("'signatures' is missing"));
  CHECK_THAT(refusal([](json& d) { d["signatures"] = json::array(); }),
             Contains("'signatures': expected an object"));
  CHECK_THAT(refusal([](json& d) { d["signed"] = 1; }), Contains("expected an object"));
  CHECK_THAT(refusal([&](json& d) { body(d)["x"] = 1; }), Contains("unknown key"));
  CHECK_THAT(refusal([&](json& d) { body(d)["type"] = "key_mgr"; }), Contains("expected 'root'"));
  CHECK_THAT(refusal([&](json& d) { body(d)["metadata_spec_version"] = "1.0.0"; }),
             Contains("0.6.0"));
  CHECK_THAT(refusal([&](json& d) { body(d).erase("version"); }), Contains("'version' is missing"));
  CHECK_THAT(refusal([&](json& d) { body(d)["version"] = 0; }), Contains("from 1"));
  CHECK_THAT(refusal([&](json& d) { body(d)["version"] = "1"; }), Contains("a whole number"));
  CHECK_THAT(refusal([&](json& d) { body(d)["version"] = 1.5; }), Contains("a whole number"));
  CHECK_THAT(refusal([&](json& d) { body(d).erase("expiration"); }), Contains("'expiration'"));
  for (const char* time : {"2027-01-01", "2027-01-01T00:00:00", "2027-01-01T00:00:00+00:00",
                           "2027-02-30T00:00:00Z", "2027-01-01t00:00:00z", "1893456000"}) {
    CHECK_THAT(refusal([&](json& d) { body(d)["expiration"] = time; }), Contains("a time like"));
    CHECK_THAT(refusal([&](json& d) { body(d)["timestamp"] = time; }), Contains("a time like"));
  }
  const auto rule = [&](json& d) -> json& { return body(d).at("delegations").at("root"); };
  CHECK_THAT(refusal([&](json& d) { body(d)["delegations"].erase("key_mgr"); }),
             Contains("'key_mgr' is missing"));
  CHECK_THAT(refusal([&](json& d) { rule(d)["name"] = "x"; }), Contains("unknown key"));
  CHECK_THAT(refusal([&](json& d) { rule(d).erase("threshold"); }), Contains("'threshold'"));
  CHECK_THAT(refusal([&](json& d) { rule(d)["threshold"] = 0; }), Contains("from 1"));
  CHECK_THAT(refusal([&](json& d) { rule(d)["threshold"] = -1; }), Contains("a whole number"));
  CHECK_THAT(refusal([&](json& d) { rule(d)["pubkeys"].push_back(a.hex()); }), Contains("twice"));
  CHECK_THAT(refusal([&](json& d) { rule(d)["pubkeys"] = {"ABCD"}; }), Contains("64 lower-case"));
  CHECK_THAT(refusal([&](json& d) {
               std::string upper = a.hex();
               for (char& c : upper) c = static_cast<char>(std::toupper(c));
               rule(d)["pubkeys"] = {upper};
             }),
             Contains("64 lower-case"));
  CHECK_THAT(refusal([&](json& d) { body(d)["version"] = 0; }), Contains("1.root.json:"));
}

TEST_CASE("trust metadata: a document with a key given twice is refused") {
  std::string text = good_root().dump(2);
  text.insert(text.find("\"version\""), "\"version\": 2, ");
  CHECK_THROWS_WITH(parse_trust_metadata(text, TrustRole::root, "r.json"), Contains("twice"));
  CHECK_THROWS_AS(parse_trust_metadata("", TrustRole::root, "r.json"), TrustError);
  CHECK_THROWS_AS(parse_trust_metadata("[]", TrustRole::root, "r.json"), TrustError);
}

TEST_CASE("trust metadata: a document over 512,000 bytes is refused") {
  std::string text = good_root().dump();
  text.append(512'000 - text.size(), ' ');
  CHECK_NOTHROW(parse_trust_metadata(text, TrustRole::root, "r.json"));
  text += ' ';
  CHECK_THROWS_WITH(parse_trust_metadata(text, TrustRole::root, "r.json"), Contains("512000"));
}

TEST_CASE("trust metadata: a key manager needs a version or a timestamp") {
  json body = key_mgr_body(3, delegation({a}));
  CHECK(parse(envelope(body, {b}), TrustRole::key_mgr).version == 3);
  body.erase("version");
  CHECK_FALSE(parse(envelope(body, {b}), TrustRole::key_mgr).version);
  body.erase("timestamp");
  CHECK_THROWS_AS(parse(envelope(body, {b}), TrustRole::key_mgr), TrustError);
  CHECK_THROWS_AS(parse(good_root(), TrustRole::key_mgr), TrustError);
}

TEST_CASE("trust metadata: malformed keys and signatures are passed over") {
  json document = good_root();
  json& signatures = document.at("signatures");
  const json good = signatures.at(a.hex());
  signatures["short"] = good;
  signatures[b.hex()] = 1;
  const TrustMetadata root = parse(document);
  CHECK(root.signatures.size() == 1);
  CHECK(count_signatures(root, root.rule("root"), SignatureForm::openpgp).enough());

  const auto counts = [&](const json& signature) {
    json changed = good_root();
    changed.at("signatures")[a.hex()] = signature;
    const TrustMetadata metadata = parse(changed);
    return count_signatures(metadata, metadata.rule("root"), SignatureForm::openpgp).enough();
  };
  const auto with = [&](const char* key, const json& value) {
    json signature = good;
    signature[key] = value;
    return signature;
  };
  CHECK(counts(good));
  CHECK(counts(with("see_also", std::string(40, 'a'))));
  CHECK_FALSE(counts(with("see_also", std::string(39, 'a'))));
  CHECK_FALSE(counts(with("comment", "x")));
  CHECK_FALSE(counts(with("signature", std::string(128, 'G'))));
  CHECK_FALSE(counts(with("signature", nullptr)));
  CHECK_FALSE(counts(with("other_headers", "0")));
  CHECK_FALSE(counts(with("other_headers", "00")));
  CHECK_FALSE(counts(json::array()));
}

TEST_CASE("trust metadata: every flipped byte of a signed root makes it refused or unsigned") {
  const std::string text = good_root().dump();
  const json good = good_root();
  std::size_t still_good = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    try {
      const TrustMetadata root = parse_trust_metadata(changed, TrustRole::root, "r");
      if (count_signatures(root, root.rule("root"), SignatureForm::openpgp).enough()) ++still_good;
    } catch (const TrustError&) {  // refused
    }
  }
  CHECK(still_good == 0);
}

TEST_CASE("trust metadata: the fingerprint of a rule is of its keys and threshold") {
  const TrustMetadata one = parse(envelope(root_body(1, delegation({a, b}), delegation({b})), {a}));
  const TrustMetadata two = parse(envelope(root_body(2, delegation({b, a}), delegation({b})), {a}));
  CHECK(one.rule("root").fingerprint() == two.rule("root").fingerprint());
  CHECK(one.rule("root").fingerprint().size() == 64);
  CHECK(one.rule("root").fingerprint() != one.rule("key_mgr").fingerprint());
  KeyRule rule = one.rule("root");
  rule.threshold = 2;
  CHECK(rule.fingerprint() != one.rule("root").fingerprint());
}

}  // namespace envlock::test
