#include "model/json_position.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

namespace envlock::test {

TEST_CASE("find_json_value follows keys and numbers to a value", "[json_position]") {
  const std::string text = "{\n \"a\": [1, {\"x\": 2},\n  {\"b\": {\"c\": true}}],\n \"b\": 3}";
  const auto at = [&](std::vector<JsonStep> steps) {
    return text.substr(find_json_value(text, steps), 4);
  };
  REQUIRE(at({}) == text.substr(0, 4));
  REQUIRE(at({{"b"}}) == "3}");
  REQUIRE(at({{"a"}, {{}, 1}}) == "{\"x\"");
  REQUIRE(at({{"a"}, {{}, 2}, {"b"}, {"c"}}) == "true");
  REQUIRE(at({{"a"}, {{}, 7}}) == "[1, ");  // the last that is there
  REQUIRE(at({{"a"}, {"b"}}) == "[1, ");
}

TEST_CASE("line_of_offset counts from one, and no further than the text", "[json_position]") {
  REQUIRE(line_of_offset("a\nb\n", 0) == 1);
  REQUIRE(line_of_offset("a\nb\n", 2) == 2);
  REQUIRE(line_of_offset("a\nb\n", 99) == 3);
}

TEST_CASE("find_json_fault finds a fault exactly where another parser finds one",
          "[json_position]") {
  const std::string whole =
      "{\"a\": [1, -2.5e3, true, null, \"x\\n\\u00e9\\ud83d\\udc0d\"], \"b\": {}, \"c\": []}";
  REQUIRE(find_json_fault(whole, 64).message.empty());
  constexpr std::string_view letters = "{}[]:,\"\\ udntfe0179.-+ \n\tx";
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char letter = letters[random() % letters.size()];
      if (random() % 2 == 0) {
        text[at] = letter;
      } else {
        text.insert(at, 1, letter);
      }
    }
    const bool accepted = nlohmann::json::accept(text);
    refused += accepted ? 0 : 1;
    CAPTURE(text);
    REQUIRE(find_json_fault(text, 64).message.empty() == accepted);
  }
  REQUIRE(refused > 5'000);
}

}  // namespace envlock::test
