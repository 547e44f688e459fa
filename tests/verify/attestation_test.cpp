#include "verify/attestation.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "model/c_handle.hpp"
#include "model/error.hpp"
#include "tests/support/trust_files.hpp"
#include "verify/base64.hpp"
#include "verify/ed25519.hpp"

namespace envlock::test {

using Catch::Contains;
using Json = nlohmann::ordered_json;
using Kind = AttestationVerdict::Kind;

namespace {

const std::string channel = "https://conda.example/acme";
const std::string file_name = "tool-1.0-0.conda";

AttestationQuestion question() { return {file_name, sha256_of("the package"), channel, false}; }

Json statement() {
  return {{"_type", "https://in-toto.io/Statement/v1"},
          {"subject",
           {{{"name", file_name}, {"digest", {{"sha256", sha256_of("the package").hex()}}}}}},
          {"predicateType", "https://schemas.conda.org/attestations-publish-1.schema.json"},
          {"predicate", {{"targetChannel", channel}}}};
}

Json envelope(const std::string& payload, const TestKey& key,
              const std::string& type = "application/vnd.in-toto+json") {
  const Ed25519Signature signature = ed25519_sign(key.seed(), dsse_signed_bytes(type, payload));
  const std::string raw(reinterpret_cast<const char*>(signature.data()), signature.size());
  return {{"payload", base64_of(payload)},
          {"payloadType", type},
          {"signatures", {{{"keyid", "any"}, {"sig", base64_of(raw)}}}}};
}

std::vector<AttestationKey> pinned(const TestKey& key) {
  return {AttestationKey::from_text(key.hex()).value()};
}

AttestationVerdict judge(const std::string& document, const TestKey& key,
                         const AttestationQuestion& asked = question()) {
  return judge_attestations(document, "x.sigs", asked, pinned(key));
}

}  // namespace

TEST_CASE("dsse: what is signed is the specification's example", "[verify]") {
  // DSSE protocol.md, "Test Vectors".
  CHECK(dsse_signed_bytes("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST_CASE("attestation: one by a pinned key over this package is verified", "[verify]") {
  const TestKey key(1);
  const auto verdict = judge(envelope(statement().dump(), key).dump(), key);
  CHECK(verdict.kind == Kind::verified);
  CHECK(verdict.signer == key.hex());
  for (const Json& predicate : {Json(), Json{{"targetChannel", channel + "/"}}}) {
    Json other = statement();
    other["predicate"] = predicate;
    CHECK(judge(envelope(other.dump(), key).dump(), key).kind == Kind::verified);
  }
  Json without = statement();
  without.erase("predicate");
  CHECK(judge(envelope(without.dump(), key).dump(), key).kind == Kind::verified);
}

TEST_CASE("attestation: by another key it proves nothing", "[verify]") {
  const auto verdict = judge(envelope(statement().dump(), TestKey(2)).dump(), TestKey(1));
  CHECK(verdict.kind == Kind::refused);
  CHECK_THAT(verdict.reason, Contains("none of its signatures is by a key"));
}

TEST_CASE("attestation: the right digest without a signature proves nothing", "[verify]") {
  const TestKey key(1);
  Json unsigned_one = envelope(statement().dump(), key);
  unsigned_one["signatures"] = Json::array();
  CHECK(judge(unsigned_one.dump(), key).kind == Kind::refused);
  unsigned_one.erase("signatures");
  CHECK(judge(unsigned_one.dump(), key).kind == Kind::refused);
}

TEST_CASE("attestation: what is signed must be about this package and this channel", "[verify]") {
  const TestKey key(1);
  const auto reason = [&](const std::string& path, const Json& value) {
    Json other = statement();
    other[Json::json_pointer(path)] = value;
    const auto verdict = judge(envelope(other.dump(), key).dump(), key);
    CHECK(verdict.kind == Kind::refused);
    return verdict.reason;
  };
  CHECK_THAT(reason("/subject/0/name", "other-1.0-0.conda"), Contains("of 'other-1.0-0.conda'"));
  CHECK_THAT(reason("/subject/0/digest/sha256", std::string(64, 'a')), Contains("aaaa"));
  CHECK_THAT(reason("/subject/0/digest", Json{{"sha512", "ab"}}), Contains("one digest"));
  CHECK_THAT(reason("/subject/0/digest/sha512", "ab"), Contains("one digest"));
  CHECK_THAT(reason("/subject", Json::array()), Contains("0 subjects"));
  CHECK_THAT(reason("/subject/1", Json{{"name", file_name}}), Contains("2 subjects"));
  CHECK_THAT(reason("/_type", "https://in-toto.io/Statement/v0.1"), Contains("v0.1"));
  CHECK_THAT(reason("/predicateType", "https://slsa.dev/provenance/v1"), Contains("slsa.dev"));
  CHECK_THAT(reason("/predicate/targetChannel", "https://conda.example/other"),
             Contains("for the channel 'https://conda.example/other'"));
  CHECK_THAT(reason("/predicate/extra", 1), Contains("'targetChannel' alone"));
  CHECK_THAT(reason("/predicate", "text"), Contains("predicate"));
}

TEST_CASE("attestation: a mirror may serve what was published for another channel", "[verify]") {
  const TestKey key(1);
  AttestationQuestion asked = question();
  asked.channel_url = "https://mirror.example/acme";
  const std::string document = envelope(statement().dump(), key).dump();
  CHECK(judge(document, key, asked).kind == Kind::refused);
  asked.is_mirror = true;
  CHECK(judge(document, key, asked).kind == Kind::verified);
}

TEST_CASE("attestation: another payload type is refused, though it is signed", "[verify]") {
  const TestKey key(1);
  CHECK_THAT(judge(envelope(statement().dump(), key, "text/plain").dump(), key).reason,
             Contains("'text/plain'"));
  Json relabelled = envelope(statement().dump(), key, "text/plain");
  relabelled["payloadType"] = "application/vnd.in-toto+json";
  CHECK_THAT(judge(relabelled.dump(), key).reason, Contains("none of its signatures"));
}

TEST_CASE("attestation: a Sigstore bundle is said to be unverified", "[verify]") {
  const TestKey key(1);
  const Json bundle = {{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
                       {"verificationMaterial", Json::object()},
                       {"dsseEnvelope", envelope(statement().dump(), key)}};
  const auto verdict = judge(bundle.dump(), key);
  CHECK(verdict.kind == Kind::unverified);
  CHECK_THAT(verdict.reason, Contains("Sigstore bundle, which envlock does not verify"));
  SECTION("beside an envelope that is good it does no harm, in either order") {
    const Json good = envelope(statement().dump(), key);
    CHECK(judge(Json{bundle, good}.dump(), key).kind == Kind::verified);
    CHECK(judge(Json{good, bundle}.dump(), key).kind == Kind::verified);
  }
  SECTION("beside one that is bad it does not hide that") {
    const Json bad = envelope(statement().dump(), TestKey(2));
    CHECK(judge(Json{bundle, bad}.dump(), key).kind == Kind::refused);
    CHECK(judge(Json{bad, bundle}.dump(), key).kind == Kind::refused);
  }
}

TEST_CASE("attestation: every changed byte of an envelope is refused", "[verify]") {
  const TestKey key(1);
  const std::string document = envelope(statement().dump(), key).dump();
  std::size_t verified = 0;
  const std::size_t key_id = document.find("keyid");
  for (std::size_t i = 0; i < document.size(); ++i) {
    std::string changed = document;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    if (judge(changed, key).kind != Kind::verified) continue;
    ++verified;
    CHECK(i >= key_id);  // DSSE does not sign the key's name
    CHECK(i < document.find("\"sig\""));
  }
  CHECK(verified < 20);
}

TEST_CASE("attestation: malformed documents are refused, with what and where", "[verify]") {
  const TestKey key(1);
  for (const std::string document : {"", "{", "[]", "{}", "null", "3", "[[]]", R"({"payload": 3})",
                                     R"({"payload": "*", "payloadType": "x", "signatures": []})",
                                     R"({"payload": "", "payload": ""})"})
    CHECK(judge(document, key).kind == Kind::refused);
  CHECK(judge(envelope("no json", key).dump(), key).kind == Kind::refused);
  Json many = Json::array();
  for (int i = 0; i < 33; ++i) many.push_back(Json::object());
  CHECK_THAT(judge(many.dump(), key).reason, Contains("32"));
}

TEST_CASE("attestation keys: hex, base64, and PEM of two kinds", "[verify]") {
  const TestKey key(1);
  const std::string document = envelope(statement().dump(), key).dump();
  const Ed25519Key raw = ed25519_public_key(key.seed());
  const std::string bytes(reinterpret_cast<const char*>(raw.data()), raw.size());
  CHECK(judge_attestations(document, "x", question(),
                           std::vector{AttestationKey::from_text(base64_of(bytes)).value()})
            .kind == Kind::verified);
  // RFC 8410, section 4: the fixed start of an Ed25519 SubjectPublicKeyInfo.
  const std::string der =
      std::string("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12) + bytes;
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n" + base64_of(der) + "\n-----END PUBLIC KEY-----\n";
  CHECK(judge_attestations(document, "x", question(),
                           std::vector{AttestationKey::from_pem(pem, "acme.pem")})
            .signer == "acme.pem");
  CHECK_FALSE(AttestationKey::from_text("abc").has_value());
  CHECK_THROWS_AS(AttestationKey::from_pem("no pem", "x.pem"), TrustError);
}

TEST_CASE("attestation keys: ECDSA on P-256 signs too", "[verify]") {
  const std::unique_ptr<EVP_PKEY, CFree<&EVP_PKEY_free>> secret(EVP_EC_gen("P-256"));
  const std::unique_ptr<BIO, CFree<&BIO_free_all>> out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PUBKEY(out.get(), secret.get()) == 1);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &data);
  const AttestationKey key =
      AttestationKey::from_pem({data, static_cast<std::size_t>(length)}, "ec.pem");

  const std::string payload = statement().dump();
  const std::string type = "application/vnd.in-toto+json";
  const std::string message = dsse_signed_bytes(type, payload);
  const std::unique_ptr<EVP_MD_CTX, CFree<&EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, secret.get()) == 1);
  std::string signature(256, '\0');
  std::size_t size = signature.size();
  REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         reinterpret_cast<const unsigned char*>(message.data()),
                         message.size()) == 1);
  signature.resize(size);
  const Json document = {{"payload", base64_of(payload)},
                         {"payloadType", type},
                         {"signatures", {{{"sig", base64_of(signature)}}}}};
  CHECK(judge_attestations(document.dump(), "x", question(), std::vector{key}).kind ==
        Kind::verified);
}

TEST_CASE("attestation: a predicate that names no target channel is refused", "[verify]") {
  const TestKey key(1);
  for (const Json& predicate : {Json::object(), Json{{"targetChannel", nullptr}}}) {
    Json other = statement();
    other["predicate"] = predicate;
    const auto verdict = judge(envelope(other.dump(), key).dump(), key);
    CHECK(verdict.kind == Kind::refused);
    CHECK_THAT(verdict.reason, Contains("targetChannel"));
  }
}

TEST_CASE("attestation keys: DSSE's own example is signed by its key", "[verify]") {
  // DSSE protocol.md, "Test Vectors": the key as PEM and the signature, there r and s in a row, as
  // DER, both converted with Python's cryptography.
  const AttestationKey key = AttestationKey::from_pem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"
      "CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
      "-----END PUBLIC KEY-----\n",
      "example");
  const std::string signature =
      bytes_of_base64(
          "MEQCIANyarEBrVbCdjtsaqyOSHJ14qeRk6CdxfhZ2fjvPEo7AiBR6rDAajabZKciJTfUiHqJPcIAriE"
          "GAHTVeCUjW2JIZA==")
          .value();
  const std::string type = "http://example.com/HelloWorld";
  CHECK(key.verifies(dsse_signed_bytes(type, "hello world"), signature));
  CHECK_FALSE(key.verifies(dsse_signed_bytes(type, "hello worle"), signature));
  CHECK_FALSE(
      key.verifies(dsse_signed_bytes("http://example.com/Hello", "hello world"), signature));
}

TEST_CASE("attestation keys: what cannot be used leaves OpenSSL's errors as they were",
          "[verify]") {
  const AttestationKey key = AttestationKey::from_text(TestKey(1).hex()).value();
  CHECK_FALSE(key.verifies("text", "short"));
  CHECK(ERR_peek_error() == 0);
  // OpenSSL asks for the password of such a text on the terminal, unless told not to.
  CHECK_THROWS_AS(
      AttestationKey::from_pem("-----BEGIN PUBLIC KEY-----\n"
                               "Proc-Type: 4,ENCRYPTED\n"
                               "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805\n"
                               "-----END PUBLIC KEY-----\n",
                               "k"),
      TrustError);
  CHECK(ERR_peek_error() == 0);
}

}  // namespace envlock::test
