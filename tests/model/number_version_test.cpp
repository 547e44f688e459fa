#include "model/number_version.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

}  // namespace

TEST_CASE("NumberVersion: numbers are compared as numbers, a missing third one as 0") {
  CHECK(number("2.9") < number("2.28"));
  CHECK(number("12.4") == number("12.4.0"));
  CHECK(number("12.4") < number("12.4.127"));
  CHECK(number("535.54.03") < number("535.104.05"));
  CHECK(number("535.104.05") == number("535.104.5"));
}

TEST_CASE("NumberVersion: it prints as written") {
  CHECK(number("535.104.05").text() == "535.104.05");
  CHECK(number("535.104.05").part(2) == 5);
}

TEST_CASE("NumberVersion: anything else is none") {
  for (const char* text : {"", ".", "2", "2.", ".2", "2..3", "1.2.3.4", "1.2.", "2.x", "-1.2",
                           "+1.2", " 1.2", "1.2 ", "1,2", "1.1234567", "0x1.2"}) {
    INFO("'" << text << "'");
    CHECK_FALSE(NumberVersion::parse(text));
  }
}

}  // namespace envlock::test
