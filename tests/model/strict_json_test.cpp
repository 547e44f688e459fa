#include "model/strict_json.hpp"

#include <catch2/catch.hpp>
#include <functional>

namespace envlock::test {
namespace {

constexpr std::array<std::string_view, 3> keys{"name", "size", "items"};

/// The message of the InputError that `read` throws for the document `text`; "" where it throws
/// none.
std::string refusal(const std::string& text, const std::function<void(const JsonNode&)>& read,
                    const JsonLimits& limits = {}) {
  try {
    const JsonDocument document(text, "x.json", limits);
    const JsonNode root = document.root();
    read(root);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

std::string refusal(const std::string& text) {
  return refusal(text, [](const JsonNode&) {});
}

std::string size_refusal(const std::string& text) {
  return refusal(text, [](const JsonNode& root) {
    (void)JsonObject(root, keys).at("size").unsigned_integer();
  });
}

}  // namespace

TEST_CASE("strict JSON names the line of what is no JSON", "[strict_json]") {
  REQUIRE(refusal("{\n  \"a\": 1,\n}\n") ==
          "x.json:3: not valid JSON: expected a string in double quotes, found '}'");
  REQUIRE(refusal("{\n  \"a\": 1\n  \"b\": 2\n}\n") ==
          "x.json:3: not valid JSON: expected ',' or '}', found '\"'");
  REQUIRE(refusal("[1,]") == "x.json:1: not valid JSON: expected a value, found ']'");
  REQUIRE(refusal("[1]\n[2]") ==
          "x.json:2: not valid JSON: expected the end of the file, found '['");
  REQUIRE(refusal("[\n\n1") ==
          "x.json:3: not valid JSON: expected ',' or ']', found the end of the file");
  REQUIRE(refusal("") == "x.json:1: not valid JSON: expected a value, found the end of the file");
  REQUIRE(refusal("[\n\"a\nb\"]") ==
          "x.json:2: not valid JSON: found a string that is not closed on its line");
  REQUIRE(refusal("[NaN]") == "x.json:1: not valid JSON: expected a value, found 'N'");
  REQUIRE(refusal("[1, // x\n]") == "x.json:1: not valid JSON: expected a value, found '/'");
  REQUIRE(refusal("[01]") == "x.json:1: not valid JSON: found a number that starts with 0");
}

TEST_CASE("strict JSON refuses what text editors and attackers put into JSON (J01-J05)",
          "[strict_json]") {
  REQUIRE(refusal("\xEF\xBB\xBF[1]") ==
          "x.json:1: not valid JSON: found a byte order mark at the start of the file");
  REQUIRE(refusal("[\n\"\xC0\xAF\"]") ==
          "x.json:2: not valid JSON: found bytes that are not UTF-8");
  REQUIRE(refusal("[\"\\ud800\"]") == "x.json:1: not valid JSON: found half of a surrogate pair");
  REQUIRE(refusal("[\"\\x41\"]") ==
          "x.json:1: not valid JSON: found an escape that JSON does not know");
  REQUIRE(refusal("[1e400]") == "x.json:1: not valid JSON: found a number beyond 64 bits");
  REQUIRE(refusal("[18446744073709551616]") ==
          "x.json:1: not valid JSON: found a number beyond 64 bits");
  REQUIRE(refusal(std::string(64, '[') + "1" + std::string(64, ']')).empty());
  REQUIRE(refusal(std::string(65, '[') + "1" + std::string(65, ']')) ==
          "x.json:1: not valid JSON: found more than 64 levels");
  REQUIRE(refusal(std::string(100'000, '[')) ==
          "x.json:1: not valid JSON: found more than 64 levels");
  REQUIRE(refusal(std::string("[1]\0", 4)).find("expected the end of the file") !=
          std::string::npos);
}

TEST_CASE("strict JSON refuses a key given twice, in objects of either kind", "[strict_json]") {
  REQUIRE(refusal("{\"name\": \"a\", \"size\": 1, \"name\": \"b\"}", [](const JsonNode& root) {
            (void)JsonObject(root, keys);
          }) == "x.json:1: the key 'name' is given twice");
  const auto visit = [](const JsonNode& root) {
    root.for_each_member([](std::string_view, const JsonNode&) {});
  };
  REQUIRE(refusal("{\"b\": 1, \"a\": 1, \"b\": 2}", visit) ==
          "x.json:1: the key 'b' is given twice");
  REQUIRE(refusal("{\"b\": 1, \"a\": 1, \"B\": 2}", visit).empty());
}

TEST_CASE("strict JSON refuses an unknown key and offers the nearest known one", "[strict_json]") {
  const std::string text = "{\n\"name\": \"a\",\n\"sizes\": 1}";
  const JsonDocument document(text, "x.json");
  const JsonNode root = document.root();
  try {
    const JsonObject object(root, keys);
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(std::string(error.what()) == "x.json:3: 'sizes': unknown key");
    REQUIRE(error.hint() == "did you mean 'size'?");
    REQUIRE(error.exit_code() == ExitCode::invalid_input);
  }
}

TEST_CASE("strict JSON takes numbers of the expected type only (J03)", "[strict_json]") {
  REQUIRE(size_refusal("{\"size\": 18446744073709551615}").empty());
  REQUIRE(size_refusal("{\"size\": -1}") ==
          "x.json:1: 'size': expected a whole number from 0, found -1");
  REQUIRE(size_refusal("{\"size\": 1.0}") ==
          "x.json:1: 'size': expected a whole number from 0, found 1.0");
  REQUIRE(size_refusal("{\"size\": \"12\"}") ==
          "x.json:1: 'size': expected a whole number from 0, found '12'");
  REQUIRE(size_refusal("{\"size\": null}") ==
          "x.json:1: 'size': expected a whole number from 0, found null");
  REQUIRE(size_refusal("{\"size\": [1]}") ==
          "x.json:1: 'size': expected a whole number from 0, found a list");
  REQUIRE(size_refusal("{}") == "x.json:1: 'size' is missing");
  REQUIRE(size_refusal("[]") == "x.json:1: expected an object, found a list");
}

TEST_CASE("strict JSON names an item by its 'name', else by its number", "[strict_json]") {
  const std::string text =
      "{\"items\": [\n {\"name\": \"zlib\"},\n {\"name\": \"numpy\",\n  \"size\": true},\n {}]}";
  const auto sizes = [](const JsonNode& root) {
    const JsonObject top(root, keys);
    top.at("items").for_each_item([](const JsonNode& item) {
      const JsonObject object(item, keys);
      if (object.find("size")) (void)object.at("size").unsigned_integer();
    });
  };
  REQUIRE(refusal(text, sizes) ==
          "x.json:4: 'items[numpy].size': expected a whole number from 0, found true");
  const auto names = [](const JsonNode& root) {
    const JsonObject top(root, keys);
    top.at("items").for_each_item(
        [](const JsonNode& item) { (void)JsonObject(item, keys).at("name").text(); });
  };
  REQUIRE(refusal(text, names) == "x.json:5: 'items[2]': 'name' is missing");
}

TEST_CASE("strict JSON keeps NUL characters and long texts and lists out", "[strict_json]") {
  const auto read = [](const JsonNode& root) { (void)root.texts(); };
  REQUIRE(refusal("[\"a\\u0000b\"]", read) == "x.json:1: '[0]': found a NUL character in a text");
  const auto read_names = [](const JsonNode& root) {
    root.for_each_item(
        [](const JsonNode& item) { (void)JsonObject(item, keys).at("name").text(); });
  };
  REQUIRE(refusal("[{\"name\": \"a\\u0000b\"}]", read_names) ==
          "x.json:1: '[a\\0b].name': found a NUL character in a text");
  JsonLimits limits;
  limits.max_text_bytes = 4;
  limits.max_items = 2;
  limits.max_bytes = 32;
  REQUIRE(refusal("[\"abcd\", \"b\"]", read, limits).empty());
  REQUIRE(refusal("[\"abcde\"]", read, limits) ==
          "x.json:1: '[0]': expected a text of at most 4 bytes, found 5");
  REQUIRE(refusal("[\"a\", \"b\", \"c\"]", read, limits) == "x.json:1: expected at most 2 items");
  REQUIRE(refusal("\"" + std::string(31, 'a') + "\"", read, limits) ==
          "x.json: expected at most 32 bytes, found 33");
}

TEST_CASE("strict JSON finds the line of a value below keys with escapes as well as it can",
          "[strict_json]") {
  const std::string text = "{\n\"a\": {\n\"b\\u0041\": {\n\"c\": 1}}}";
  const auto read = [](const JsonNode& root) {
    root.for_each_member([](std::string_view, const JsonNode& a) {
      a.for_each_member([](std::string_view, const JsonNode& b) {
        b.for_each_member([](std::string_view, const JsonNode& c) { (void)c.text(); });
      });
    });
  };
  // the line of the innermost value whose way can be followed
  REQUIRE(refusal(text, read) == "x.json:2: 'a.bA.c': expected a text, found 1");
}

TEST_CASE("strict JSON counts lines from where a part of a file starts", "[strict_json]") {
  const JsonDocument document("[\n{\"path\": \"a\"}]", "x.json", {}, 7);
  const JsonNode root = document.root();
  REQUIRE_THROWS_WITH(root.for_each_item([](const JsonNode& item) { item.fail("no"); }),
                      "x.json:8: '[a]': no");
  REQUIRE_THROWS_WITH(JsonDocument("[\n1,]", "x.json", {}, 7),
                      "x.json:8: not valid JSON: expected a value, found ']'");
}

}  // namespace envlock::test
