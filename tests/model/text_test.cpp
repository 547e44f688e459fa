#include "model/text.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace envlock::test {

TEST_CASE("nearest_word finds the word that a typo meant", "[text]") {
  constexpr std::array<std::string_view, 4> known{"channels", "dependencies", "name", "platforms"};
  REQUIRE(nearest_word("chanels", known) == "channels");
  REQUIRE(nearest_word("Dependancies", known) == "dependencies");
  REQUIRE(nearest_word("nmae", known) == "name");        // neighbours exchanged is one slip
  REQUIRE(nearest_word("nmea", known) == std::nullopt);  // two in four letters is no longer near
  REQUIRE(nearest_word("zzz", known) == std::nullopt);
  REQUIRE(nearest_word("", known) == std::nullopt);
}

TEST_CASE("printable lets no escape sequence, line break or reading direction through", "[text]") {
  REQUIRE(printable("numpy 1.2 \xC3\xA9") == "numpy 1.2 \xC3\xA9");
  REQUIRE(printable("a\x1B[31mb\nc\x7F") == "a\\x1b[31mb\\x0ac\\x7f");
  REQUIRE(printable("\xE2\x80\xAE") == "\\u{202e}");
  REQUIRE(printable("\xC2\x9B") == "\\u{009b}");
  REQUIRE(printable("\xFF\xC0\xAF") == "\\xff\\xc0\\xaf");
  REQUIRE(printable("abcdef", 3) == "abc...");
}

TEST_CASE("is_utf8 refuses overlong forms, surrogates and cut sequences", "[text]") {
  REQUIRE(is_utf8("\xF0\x9F\x90\x8D"));
  REQUIRE_FALSE(is_utf8("\xC0\x80"));
  REQUIRE_FALSE(is_utf8("\xED\xA0\x80"));
  REQUIRE_FALSE(is_utf8("\xF0\x9F\x90"));
  REQUIRE_FALSE(is_utf8("\xF5\x80\x80\x80"));
}

}  // namespace envlock::test
