#include "model/string_matcher.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

/// What a glob means, by definition; exponential, for short texts.
bool matches_by_definition(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*') {
    return matches_by_definition(glob.substr(1), text) ||
           (!text.empty() && matches_by_definition(glob, text.substr(1)));
  }
  return !text.empty() && glob[0] == text[0] &&
         matches_by_definition(glob.substr(1), text.substr(1));
}

/// All texts over `letters` of at most `length` characters.
std::vector<std::string> all_texts(std::string_view letters, std::size_t length) {
  std::vector<std::string> texts{""};
  for (std::size_t begin = 0, n = 0; n < length; ++n) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const char c : letters) texts.push_back(texts[begin] + c);
    }
  }
  return texts;
}

}  // namespace

TEST_CASE("a glob matches just what its definition says", "[string_matcher]") {
  const std::vector<std::string> texts = all_texts("ab", 6);
  for (const std::string& glob : all_texts("ab*", 4)) {
    for (const std::string& text : texts) {
      CAPTURE(glob, text);
      REQUIRE(glob_matches(glob, text, LetterCase::matters) == matches_by_definition(glob, text));
    }
  }
}

TEST_CASE("only '*' is special in a glob", "[string_matcher]") {
  CHECK(glob_matches("a.?[b]*", "a.?[b]c", LetterCase::matters));
  CHECK_FALSE(glob_matches("a.*", "abc", LetterCase::matters));
  CHECK_FALSE(glob_matches("?*", "a", LetterCase::matters));
}

TEST_CASE("a StringMatcher heeds case as it was told", "[string_matcher]") {
  const auto matches = [](std::string_view pattern, LetterCase letter_case, std::string_view text) {
    return StringMatcher::parse(pattern, letter_case).matches(text);
  };
  for (const std::string_view pattern : {"aB", "a*B", "^a.?B$"}) {
    CAPTURE(pattern);
    CHECK(matches(pattern, LetterCase::matters, "aB"));
    CHECK_FALSE(matches(pattern, LetterCase::matters, "ab"));
    CHECK(matches(pattern, LetterCase::ignored, "Ab"));
  }
}

TEST_CASE("a regular expression is anchored at both ends and bounded", "[string_matcher]") {
  const auto parse = [](std::string_view text) {
    return StringMatcher::parse(text, LetterCase::matters);
  };
  CHECK(parse("^py3[0-9]_.*$").matches("py37_x"));
  CHECK_FALSE(parse("^py3[0-9]$").matches("py37_x"));
  CHECK_FALSE(parse("^py3[0-9]$").matches("xpy37"));
  CHECK_THROWS_AS(parse("^(a$"), InputError);
  CHECK_THROWS_AS(parse("^" + std::string(2000, 'a') + "$"), InputError);
  CHECK_THROWS_AS(parse("^((((a{99}){99}){99}){99})$"), InputError);
  // Exponential for an engine that backtracks.
  CHECK_FALSE(parse("^(a+)+b$").matches(std::string(50000, 'a')));
}

}  // namespace envlock::test
