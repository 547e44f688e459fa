#include "solver/index_hash.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using envlock::table_hash;
using envlock::xxh64;

namespace {
std::uint64_t hash_of(std::string_view text) { return xxh64(std::as_bytes(std::span(text)), 0); }
}  // namespace

TEST_CASE("xxh64: gives the published values, below and above 32 bytes", "[index]") {
  // The xxHash specification's and python-xxhash's documented vectors.
  CHECK(hash_of("") == 0xEF46DB3751D8E999ULL);
  CHECK(hash_of("a") == 0xD24EC4F1A98C6E5BULL);
  CHECK(hash_of("abc") == 0x44BC2CF5AD770999ULL);
  CHECK(hash_of("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1ULL);
}

TEST_CASE("table_hash: every byte, the length and the seed count", "[index]") {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 70; ++size) {
    std::string text(size, 'x');
    CHECK(seen.insert(table_hash(text, 7)).second);
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = 'y';
      CHECK(seen.insert(table_hash(text, 7)).second);
      text[i] = 'x';
    }
    CHECK(table_hash(text, 7) != table_hash(text, 8));
  }
}
