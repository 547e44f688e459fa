#include "verify/blake2b.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/verify/hex.hpp"
#include "verify/hex_bytes.hpp"

namespace envlock::test {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  return hex_of(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

/// The deterministic bytes of RFC 7693, appendix E.
std::vector<std::byte> selftest_sequence(std::size_t length, std::uint32_t seed) {
  std::uint32_t a = 0xDEAD4BADU * seed;
  std::uint32_t b = 1;
  std::vector<std::byte> bytes(length);
  for (std::byte& byte : bytes) {
    const std::uint32_t t = a + b;
    a = b;
    b = t;
    byte = static_cast<std::byte>(t >> 24U);
  }
  return bytes;
}

}  // namespace

TEST_CASE("blake2b: 'abc' has the digest of RFC 7693, appendix A") {
  const auto digest = blake2b_of<64>(std::as_bytes(std::span("abc", 3)));
  CHECK(hex(digest) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

// The self-test of appendix E hashes keyed digests as well, which are not ours: its lengths and
// bytes with the unkeyed 32-byte digests of Python's hashlib.
TEST_CASE("blake2b: lengths around a block have the digests that hashlib gives") {
  struct Row {
    std::size_t length;
    const char* digest;
  };
  const Row rows[]{
      {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
      {3, "c6fcb3c3542e65f2db9a75aca089bfe3ff63e5b3889f65bf1d2da61964710782"},
      {127, "2217d63a408e479e8daa6f4a675120a7f0f51b7b32b063e355c111891672326a"},
      {128, "9f51dad780c3c7f1915262e80ccbd443a91e5c5c97e8127f9c9f8536aec85960"},
      {129, "5a9585ea35499d7d883d3a22eed1d3ebc46c1b1937d479b8be92b358c3eed78e"},
      {255, "517f6f8c5afea55f1c27cb8cdb4ff015c9602a550ba3080e5ac32796931711d3"},
      {256, "7924db0acf00cb944fab589f1a618abc9954833d26861365cba9715e996de733"},
      {1024, "a001b41dd6bfcb13c73bf83a1fe5c881d49476163e472906c200375d8482b004"},
  };
  for (const Row& row : rows) {
    INFO(row.length);
    const auto bytes = selftest_sequence(row.length, static_cast<std::uint32_t>(row.length));
    CHECK(hex(blake2b_of<32>(bytes)) == row.digest);
  }
}

TEST_CASE("blake2b: the digest does not depend on the pieces in which bytes arrive") {
  const auto bytes = selftest_sequence(700, 7);
  const auto whole = blake2b_of<64>(bytes);
  for (const std::size_t piece : {1U, 7U, 127U, 128U, 129U, 256U, 699U}) {
    INFO(piece);
    Blake2b hash(64);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      hash.update(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    }
    std::array<std::byte, 64> digest{};
    hash.finish(digest);
    CHECK(digest == whole);
  }
}

}  // namespace envlock::test
