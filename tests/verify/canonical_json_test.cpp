#include "verify/canonical_json.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {

using Catch::Contains;

TEST_CASE(
    "canonical json: keys are sorted by code point at every level, with two spaces of indent") {
  // Expected texts: python3 -c 'json.dumps(value, indent=2, sort_keys=True)'.
  CHECK(canonical_json(R"( {"b":[1,{"z":null,"a":true}], "a" : {} , "c":[ ],"B":"x"} )") ==
        "{\n  \"B\": \"x\",\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"a\": true,\n      "
        "\"z\": null\n    }\n  ],\n  \"c\": []\n}");
  // UTF-16 order would put U+10000 before U+FFFF.
  CHECK(canonical_json("{\"\\ud800\\udc00\":1,\"\\uffff\":2}") ==
        "{\n  \"\\uffff\": 2,\n  \"\\ud800\\udc00\": 1\n}");
  CHECK(canonical_json("[]") == "[]");
  CHECK(canonical_json("\"x\"") == "\"x\"");
}

TEST_CASE("canonical json: text is ASCII with Python's escapes") {
  CHECK(canonical_json(R"("a\/b\u0041\u00e9\u007f\u0000\u001f\b\t\n\f\r\"\\")") ==
        R"("a/bA\u00e9\u007f\u0000\u001f\b\t\n\f\r\"\\")");
  CHECK(canonical_json("\"\xc3\xa9\x7f\xf0\x9f\x98\x80\"") == R"("\u00e9\u007f\ud83d\ude00")");
}

TEST_CASE("canonical json: numbers stay as they are where Python would print them so") {
  for (const char* good :
       {"0", "-1", "123456789012345678901234567890", "1.5", "-0.0", "0.0", "1e+16", "1e-07",
        "1000000000000000.0", "0.0001", "1e-05", "5e-324", "1.7976931348623157e+308",
        "9007199254740993.0", "123456789.125", "1.2345e+22"}) {
    INFO(good);
    if (std::string_view(good) == "9007199254740993.0") {  // no double is so
      CHECK_THROWS_AS(canonical_json(good), InputError);
    } else {
      CHECK(canonical_json(good) == good);
    }
  }
  for (const char* bad : {"-0", "1.0e3", "1E+16", "1e16", "1.50", "10000000000000000.0", "1e400",
                          "1e-400", "0.00001", "1e-7", "1e+016"}) {
    INFO(bad);
    CHECK_THROWS_WITH(canonical_json(bad), Contains("not written as it is signed"));
  }
}

TEST_CASE("canonical json: what is no JSON, or can be read in two ways, is refused") {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "[",
                          "[1",
                          "[1,",
                          "[1,]",
                          "{\"a\":1,}",
                          "{\"a\" 1}",
                          "{a:1}",
                          "[1 2]",
                          "1 2",
                          "01",
                          "+1",
                          ".5",
                          "1.",
                          "1e",
                          "-",
                          "NaN",
                          "Infinity",
                          "tru",
                          "nul",
                          "truex",
                          "'a'",
                          "\"a",
                          "\"a\n\"",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "\"\\ud800\"",
                          "\"\\udc00\"",
                          "\"\\ud800\\ud800\"",
                          "\"\\ud800x\"",
                          "\"\xff\"",
                          "\"\xc0\xaf\"",
                          "\"\xed\xa0\x80\"",
                          "\xef\xbb\xbf[]",
                          "[]\xc2\xa0",
                          "{\"a\":1,\"a\":1}",
                          "{\"a\":1,\"\\u0061\":1}",
                          "[{\"a\":{\"b\":1,\"b\":2}}]"}) {
    INFO(bad);
    CHECK_THROWS_AS(canonical_json(bad), InputError);
    CHECK_THROWS_AS(json_members(bad), InputError);
    CHECK_THROWS_AS(json_string(bad), InputError);
  }
  CHECK_THROWS_WITH(canonical_json(R"({"a":1,"a":1})"), Contains("'a' is given twice"));
}

TEST_CASE("canonical json: containers nest 64 deep and no deeper") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(canonical_json(nested(64)));
  CHECK_THROWS_WITH(canonical_json(nested(65)), Contains("nest deeper than 64"));
  CHECK_THROWS_AS(canonical_json(std::string(1'000'000, '[')), InputError);
}

TEST_CASE("canonical json: members are given as they stand in the text") {
  const auto members = json_members(R"( {"b" : {"x":1.50 } ,"\u0061":[ 1 ]} )");
  REQUIRE(members);
  REQUIRE(members->size() == 2);
  CHECK(members->at(0).key == "b");
  CHECK(members->at(0).raw == R"({"x":1.50 })");
  CHECK(members->at(1).key == "a");
  CHECK(members->at(1).raw == "[ 1 ]");
  CHECK_FALSE(json_members("[1]"));
  CHECK(json_members("{}")->empty());
  CHECK(json_string(R"( "a\nb" )") == "a\nb");
  CHECK_FALSE(json_string("1"));
}

}  // namespace envlock::test
