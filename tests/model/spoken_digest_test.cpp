#include "model/spoken_digest.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("A digest that was read over the telephone is known in every spelling, and no other") {
  const Sha256 sha256 = sha256_of("manifest");
  const std::string spoken = spoken_digest(sha256);
  REQUIRE(spoken.size() == 19);
  CHECK(is_digest_of(spoken, sha256) == true);
  CHECK(is_digest_of(sha256.hex(), sha256) == true);
  std::string small;
  for (const char c : spoken) {
    if (c == '-') continue;
    const bool is_letter = c >= 'A' && c <= 'Z';
    small += c == '0' ? 'o' : c == '1' ? 'l' : is_letter ? static_cast<char>(c + 32) : c;
  }
  CHECK(is_digest_of(small, sha256) == true);
  for (std::size_t i = 0; i < spoken.size(); ++i) {
    if (spoken[i] == '-') continue;
    std::string other = spoken;
    other[i] = other[i] == '7' ? '8' : '7';
    CHECK(is_digest_of(other, sha256) == false);
  }
  std::string hex = sha256.hex();
  hex.back() = hex.back() == '0' ? '1' : '0';
  CHECK(is_digest_of(hex, sha256) == false);
}

TEST_CASE("What is shorter, longer or of other letters is no digest") {
  const Sha256 sha256 = sha256_of("manifest");
  const std::string spoken = spoken_digest(sha256);
  for (const std::string& no :
       {std::string(), spoken.substr(0, 14), spoken + "0", "U" + spoken.substr(1),
        sha256.hex().substr(1), "g" + sha256.hex().substr(1)})
    CHECK_FALSE(is_digest_of(no, sha256).has_value());
}

}  // namespace envlock::test
