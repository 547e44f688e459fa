#include "cli/byte_size.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("byte sizes: powers of 1000 and of 1024, with or without B") {
  CHECK(parse_byte_size("500") == 500);
  CHECK(parse_byte_size("20K") == 20'000);
  CHECK(parse_byte_size("20kB") == 20'000);
  CHECK(parse_byte_size("8GiB") == 8'589'934'592);
  CHECK(parse_byte_size("1.5 G") == 1'500'000'000);
  CHECK(parse_byte_size("0.5Ki") == 512);
  CHECK(parse_byte_size("3T") == 3'000'000'000'000);
  CHECK(parse_byte_size("18446744073709551615") == 18'446'744'073'709'551'615U);
}

TEST_CASE("byte sizes: what is no size is refused") {
  for (const char* text : {"", "K", "-1", "1X", "1.5", "1.5B", "1KK", "1iB", "1.", "1.1234567G",
                           "18446744073709551616", "18446744073709552K", "1 2"})
    CHECK(parse_byte_size(text) == std::nullopt);
}

TEST_CASE("human_bytes: decimal units, two or three digits") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(9949) == "9.9 kB");
  CHECK(human_bytes(12'345'678) == "12 MB");
  CHECK(human_bytes(999'999) == "1.0 MB");
}

}  // namespace envlock::test
