#include "model/digest.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

// FIPS 180-2, appendix B.1 and B.2.
const std::string abc_hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string two_blocks_hex =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST_CASE("sha256_of gives the published digests", "[digest]") {
  REQUIRE(sha256_of("abc").hex() == abc_hex);
  REQUIRE(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
          two_blocks_hex);
}

TEST_CASE("a digest fed piece by piece equals the digest of the whole", "[digest]") {
  Sha256Hasher hasher;
  hasher.update("a");
  hasher.update("");
  hasher.update("bc");
  REQUIRE(hasher.finish().hex() == abc_hex);
}

TEST_CASE("only lower-case hex of the right length is a digest", "[digest]") {
  REQUIRE(Sha256::parse(abc_hex)->hex() == abc_hex);
  REQUIRE_FALSE(Sha256::parse("BA" + abc_hex.substr(2)));
  REQUIRE_FALSE(Sha256::parse(abc_hex.substr(1)));
  REQUIRE_FALSE(Sha256::parse(abc_hex + "0"));
  REQUIRE_FALSE(Sha256::parse("g" + abc_hex.substr(1)));
  REQUIRE_FALSE(Sha256::parse(""));
  REQUIRE_FALSE(Md5::parse(abc_hex));
}

}  // namespace envlock::test
