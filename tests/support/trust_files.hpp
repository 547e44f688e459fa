#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::test {

/// An Ed25519 key made of one number, for trust metadata of the tests' own.
class TestKey {
 public:
  explicit TestKey(std::uint8_t number) { seed_.fill(static_cast<std::byte>(number)); }
  [[nodiscard]] std::span<const std::byte, 32> seed() const { return seed_; }
  [[nodiscard]] std::string hex() const;  ///< The public key.
  /// Signature objects as content trust has them.
  [[nodiscard]] nlohmann::json raw(std::string_view message) const;
  [[nodiscard]] nlohmann::json openpgp(std::string_view message) const;

 private:
  std::array<std::byte, 32> seed_{};
};

/// The bytes that are signed: nlohmann's dump, which is the canonical form where all is ASCII.
std::string signed_bytes(const nlohmann::json& value);

nlohmann::json delegation(const std::vector<TestKey>& keys, unsigned threshold = 1);
/// `signed` of a root of 2026 that expires in 2027, of a key manager likewise.
nlohmann::json root_body(unsigned version, const nlohmann::json& root_rule,
                         const nlohmann::json& key_mgr_rule);
nlohmann::json key_mgr_body(unsigned version, const nlohmann::json& pkg_mgr_rule);

/// The whole document, signed by `keys`: a root in the OpenPGP form, a key manager in the raw one.
nlohmann::json envelope(const nlohmann::json& body, const std::vector<TestKey>& keys);

}  // namespace envlock::test
