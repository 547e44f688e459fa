#include "tests/support/trust_files.hpp"

#include "model/digest.hpp"
#include "verify/ed25519.hpp"
#include "verify/hex_bytes.hpp"

namespace envlock::test {
namespace {

template <std::size_t Size>
std::string hex(const std::array<std::byte, Size>& bytes) {
  return hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// What gpg puts before the trailer of a signature: version 4, type 0, EdDSA, SHA-256.
const std::string other_headers =
    "04001608001d162104917adb684e2e9fb5ed4e59909ddd19a1268b62d005025fac507c";

}  // namespace

std::string TestKey::hex() const { return test::hex(ed25519_public_key(seed_)); }

nlohmann::json TestKey::raw(std::string_view message) const {
  return {{"signature", test::hex(ed25519_sign(seed_, message))}};
}

nlohmann::json TestKey::openpgp(std::string_view message) const {
  std::string hashed(message);
  hashed += text_of_hex(other_headers).value();
  hashed += std::string("\x04\xff\x00\x00\x00\x23", 6);  // 0x23: 35 bytes of headers
  const Sha256 digest = sha256_of(hashed);
  const std::string bytes(digest.bytes().begin(), digest.bytes().end());
  return {{"other_headers", other_headers}, {"signature", test::hex(ed25519_sign(seed_, bytes))}};
}

std::string signed_bytes(const nlohmann::json& value) { return value.dump(2); }

nlohmann::json delegation(const std::vector<TestKey>& keys, unsigned threshold) {
  nlohmann::json pubkeys = nlohmann::json::array();
  for (const TestKey& key : keys) pubkeys.push_back(key.hex());
  return {{"pubkeys", pubkeys}, {"threshold", threshold}};
}

nlohmann::json root_body(unsigned version, const nlohmann::json& root_rule,
                         const nlohmann::json& key_mgr_rule) {
  return {{"type", "root"},
          {"metadata_spec_version", "0.6.0"},
          {"version", version},
          {"timestamp", "2026-01-01T00:00:00Z"},
          {"expiration", "2027-01-01T00:00:00Z"},
          {"delegations", {{"root", root_rule}, {"key_mgr", key_mgr_rule}}}};
}

nlohmann::json key_mgr_body(unsigned version, const nlohmann::json& pkg_mgr_rule) {
  return {{"type", "key_mgr"},
          {"metadata_spec_version", "0.6.0"},
          {"version", version},
          {"timestamp", "2026-01-01T00:00:00Z"},
          {"expiration", "2027-01-01T00:00:00Z"},
          {"delegations", {{"pkg_mgr", pkg_mgr_rule}}}};
}

nlohmann::json envelope(const nlohmann::json& body, const std::vector<TestKey>& keys) {
  nlohmann::json signatures = nlohmann::json::object();
  const std::string message = signed_bytes(body);
  for (const TestKey& key : keys) {
    signatures[key.hex()] = body.at("type") == "root" ? key.openpgp(message) : key.raw(message);
  }
  return {{"signatures", signatures}, {"signed", body}};
}

}  // namespace envlock::test
