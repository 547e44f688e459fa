#include "model/json_writer.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/error.hpp"

namespace envlock::test {

TEST_CASE("JsonWriter puts one key or item on a line and closes with a newline", "[json_writer]") {
  JsonWriter json;
  json.begin_object().member("name", "numpy").key("depends").begin_array();
  json.value("python").value("libblas").end_array();
  json.key("empty").begin_object().end_object().key("none").begin_array().end_array();
  json.member("size", std::uint64_t{3}).member("requested", true).key("md5").null().end_object();
  REQUIRE(json.take() ==
          "{\n  \"name\": \"numpy\",\n  \"depends\": [\n    \"python\",\n    \"libblas\"\n  ],\n"
          "  \"empty\": {},\n  \"none\": [],\n  \"size\": 3,\n  \"requested\": true,\n"
          "  \"md5\": null\n}\n");
}

TEST_CASE("JsonWriter's compact style has no white space but the last newline", "[json_writer]") {
  JsonWriter json(JsonWriter::Style::compact);
  json.begin_object().member("a", 1).key("b").begin_array().value(-2).value(false).end_array();
  REQUIRE(json.end_object().take() == "{\"a\":1,\"b\":[-2,false]}\n");
}

TEST_CASE("JsonWriter writes the whole range of 64-bit integers", "[json_writer]") {
  JsonWriter json(JsonWriter::Style::compact);
  json.begin_array().value(std::numeric_limits<std::int64_t>::min());
  json.value(std::numeric_limits<std::uint64_t>::max()).end_array();
  REQUIRE(json.take() == "[-9223372036854775808,18446744073709551615]\n");
}

TEST_CASE("JsonWriter escapes controls, line separators and reading directions", "[json_writer]") {
  const auto quoted = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  REQUIRE(quoted("a\"b\\c\n\t\x01\x7F") == "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\"");
  REQUIRE(quoted("\xE2\x80\xA8\xE2\x80\xAE\xC2\x85") == "\"\\u2028\\u202e\\u0085\"");
  REQUIRE(quoted("caf\xC3\xA9 \xF0\x9F\x90\x8D") == "\"caf\xC3\xA9 \xF0\x9F\x90\x8D\"");
  REQUIRE(quoted("") == "\"\"");
}

TEST_CASE("JsonWriter replaces bytes that are not UTF-8, so that the document always is",
          "[json_writer]") {
  for (const std::string text :
       {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "a\x80z"}) {
    std::string out;
    append_json_string(out, text);
    CAPTURE(out);
    REQUIRE(nlohmann::json::accept(out));
    REQUIRE(out.find("\xEF\xBF\xBD") != std::string::npos);
  }
}

TEST_CASE("JsonWriter puts a line object on one line with all that is in it", "[json_writer]") {
  JsonWriter json;
  json.begin_object().key("files").begin_array();
  json.begin_line_object().member("path", "a").key("at").begin_array().value(1).value(2);
  json.end_array().key("in").begin_object().member("b", true).end_object().end_object();
  json.begin_line_object().end_object().end_array().member("n", 1).end_object();
  REQUIRE(json.take() ==
          "{\n"
          "  \"files\": [\n"
          "    {\"path\":\"a\",\"at\":[1,2],\"in\":{\"b\":true}},\n"
          "    {}\n"
          "  ],\n"
          "  \"n\": 1\n"
          "}\n");
}

TEST_CASE("JsonWriter refuses to write what is no document", "[json_writer]") {
  REQUIRE_THROWS_AS(JsonWriter().begin_object().value(1), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().begin_array().key("a"), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().begin_array().end_object(), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().begin_object().key("a").end_object(), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().value(1).value(2), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().begin_array().take(), InternalError);
  REQUIRE_THROWS_AS(JsonWriter().take(), InternalError);
}

}  // namespace envlock::test
