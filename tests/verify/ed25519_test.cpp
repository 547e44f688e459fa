#include "verify/ed25519.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/verify/hex.hpp"

namespace envlock::test {
namespace {

/// RFC 8032, 7.1: TEST 1 and TEST 3.
const auto seed_1 =
    bytes_of_hex<32>("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
const auto key_1 =
    bytes_of_hex<32>("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const auto signature_1 = bytes_of_hex<64>(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
    "6bd25bf5f0595bbe24655141438e7a100b");
const auto seed_3 =
    bytes_of_hex<32>("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
const auto key_3 =
    bytes_of_hex<32>("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const auto signature_3 = bytes_of_hex<64>(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
    "594a7c15e9716ed28dc027beceea1ec40a");
const std::string message_3 = "\xaf\x82";

}  // namespace

TEST_CASE("ed25519: keys and signatures are those of RFC 8032") {
  CHECK(ed25519_public_key(seed_1) == key_1);
  CHECK(ed25519_sign(seed_1, "") == signature_1);
  CHECK(ed25519_verify(key_1, "", signature_1));
  CHECK(ed25519_public_key(seed_3) == key_3);
  CHECK(ed25519_sign(seed_3, message_3) == signature_3);
  CHECK(ed25519_verify(key_3, message_3, signature_3));
}

TEST_CASE("ed25519: a flipped bit anywhere makes a signature bad") {
  for (std::size_t i = 0; i < signature_3.size(); ++i) {
    Ed25519Signature signature = signature_3;
    signature.at(i) ^= std::byte{1};
    CHECK_FALSE(ed25519_verify(key_3, message_3, signature));
  }
  for (std::size_t i = 0; i < key_3.size(); ++i) {
    Ed25519Key key = key_3;
    key.at(i) ^= std::byte{1};
    CHECK_FALSE(ed25519_verify(key, message_3, signature_3));
  }
  CHECK_FALSE(ed25519_verify(key_3, "\xaf\x83", signature_3));
  CHECK_FALSE(ed25519_verify(key_3, "", signature_3));
}

TEST_CASE("ed25519: a key of zeros signs nothing") {
  CHECK_FALSE(ed25519_verify(Ed25519Key{}, message_3, signature_3));
}

}  // namespace envlock::test
