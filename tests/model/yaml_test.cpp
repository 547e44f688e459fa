#include "model/yaml.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

using Kind = YamlNode::Kind;

YamlNode read(std::string_view text) { return parse_yaml(text, "f.yml"); }

/// The message of the refusal.
std::string refusal(std::string_view text, const YamlLimits& limits = {}) {
  try {
    parse_yaml(text, "f.yml", limits);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("parse_yaml: scalars stay the text that is written (TV Y05)", "[model]") {
  const YamlNode root = read("[3.10, 1:30, no, 0o17, 1e3, '3.10', \"a\\tb\", 2026-01-31, yes]");
  std::vector<std::string> texts;
  for (const YamlNode& item : root.items) texts.push_back(item.text);
  CHECK(texts == std::vector<std::string>{"3.10", "1:30", "no", "0o17", "1e3", "3.10", "a\tb",
                                          "2026-01-31", "yes"});
  CHECK_FALSE(root.items[0].quoted);
  CHECK(root.items[5].quoted);
}

TEST_CASE("parse_yaml: nothing, ~ and null are null, quoted they are text", "[model]") {
  const YamlNode root = read("- \n- ~\n- null\n- 'null'\n- ''\n");
  REQUIRE(root.items.size() == 5);
  CHECK(root.items[0].kind == Kind::null);
  CHECK(root.items[1].kind == Kind::null);
  CHECK(root.items[2].kind == Kind::null);
  CHECK(root.items[3].text == "null");
  CHECK(root.items[4].kind == Kind::scalar);
}

TEST_CASE("parse_yaml: mappings keep their order and every node its line and column", "[model]") {
  const YamlNode root = read("z: 1\na:\n  - x\n  - {k: v}\n");
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].key == "z");
  CHECK(root.entries[1].key == "a");
  CHECK(root.entries[1].line == 2);
  CHECK(root.entries[1].column == 1);
  const YamlNode& list = root.entries[1].value;
  CHECK(list.items[0].line == 3);
  CHECK(list.items[0].column == 5);
  CHECK(list.items[1].entries[0].key == "k");
  CHECK(list.items[1].entries[0].column == 6);
  CHECK(list.items[1].entries[0].value.column == 9);
}

TEST_CASE("parse_yaml: an empty document is null", "[model]") {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"})
    CHECK(read(text).kind == Kind::null);
}

TEST_CASE("parse_yaml: Windows line ends and a byte order mark are read", "[model]") {
  const YamlNode root = read(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[1].value.text == "2");
  CHECK(root.entries[1].line == 2);
}

TEST_CASE("parse_yaml: anchors and aliases are expanded", "[model]") {
  const YamlNode root = read("a: &x [p, q]\nb: *x\nc: *x\n");
  REQUIRE(root.entries.size() == 3);
  REQUIRE(root.entries[2].value.items.size() == 2);
  CHECK(root.entries[2].value.items[1].text == "q");
}

TEST_CASE("parse_yaml: aliases may add 1,000 nodes and no more (TV Y02)", "[model]") {
  const std::string base = "a: &x [" + repeated("p,", 99) + "]\nb:\n";  // 100 nodes an alias
  CHECK(refusal(base + repeated("- *x\n", 10)) == "accepted");
  CHECK_THAT(refusal(base + repeated("- *x\n", 11)),
             Catch::StartsWith("f.yml:13:") && Catch::Contains("1000"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string from = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(from + ",", 9) +
            "]\n";
  }
  CHECK_THAT(refusal(bomb), Catch::Contains("aliases expand to more than"));
}

TEST_CASE("parse_yaml: an alias inside its own anchor is refused (TV Y02)", "[model]") {
  CHECK_THAT(refusal("a: &x [1, *x]\n"), Catch::StartsWith("f.yml:1: an alias inside"));
  CHECK_THAT(refusal("&x {a: *x}\n"), Catch::Contains("an alias inside"));
  CHECK_THAT(refusal("a: *nowhere\n"), Catch::StartsWith("f.yml:1: not valid YAML"));
}

TEST_CASE("parse_yaml: nesting of 32 is read and of 33 refused, by block, flow and alias",
          "[model]") {
  CHECK(refusal(repeated("[", 32) + repeated("]", 32)) == "accepted");
  CHECK_THAT(refusal(repeated("[", 33) + repeated("]", 33)), Catch::Contains("deeper than 32"));
  CHECK_THAT(refusal(repeated("- ", 33) + "x"), Catch::Contains("deeper than 32"));
  const std::string anchored = "- &x " + repeated("[", 20) + repeated("]", 20) + "\n";
  CHECK(refusal(anchored + "- " + repeated("[", 11) + "*x" + repeated("]", 11)) == "accepted");
  CHECK_THAT(refusal(anchored + "- " + repeated("[", 12) + "*x" + repeated("]", 12)),
             Catch::Contains("deeper than 32"));
}

TEST_CASE("parse_yaml: a megabyte of brackets or dashes is refused, not followed (TV Y01)",
          "[model]") {
  for (const char* text : {"[", "{", "- ", "? ", "[a,", "{a: ", "[\n"}) {
    std::string deep = repeated(text, (std::size_t{1} << 20U) / std::string_view(text).size() - 1);
    INFO(text);
    CHECK(refusal(deep) != "accepted");
    YamlLimits long_lines;
    long_lines.line_bytes = deep.size();
    CHECK(refusal(deep, long_lines) != "accepted");
  }
}

TEST_CASE("parse_yaml: sizes of the whole and of a line are limited", "[model]") {
  YamlLimits limits;
  limits.bytes = 100;
  limits.line_bytes = 50;
  CHECK(refusal(repeated("a\n", 50), limits) == "accepted");
  CHECK_THAT(refusal(repeated("a\n", 51), limits), Catch::Contains("102 bytes"));
  CHECK_THAT(refusal("a\n" + repeated("b", 51), limits),
             Catch::StartsWith("f.yml:2: a line of more"));
}

TEST_CASE("parse_yaml: tags are refused (TV Y03)", "[model]") {
  for (const char* text :
       {"a: !!python/object:os.system x", "a: !!binary aGk=", "a: !local x", "a: !!str 1",
        "a: !!map {}", "a: !<tag:x> []", "!!seq [a]", "a: !!null"}) {
    INFO(text);
    CHECK_THAT(refusal(text), Catch::StartsWith("f.yml:1: YAML tag"));
  }
}

TEST_CASE("parse_yaml: merge keys are refused (TV Y03)", "[model]") {
  CHECK_THAT(refusal("a: &x {k: v}\nb:\n  <<: *x\n"), Catch::StartsWith("f.yml:3: merge keys"));
}

TEST_CASE("parse_yaml: a key given twice is refused, naming both lines (TV Y04)", "[model]") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") == "f.yml:3: the key 'a' was already given in line 1");
  CHECK(refusal("{a: 1, 'a': 2}") != "accepted");
  CHECK(refusal("- a: 1\n- a: 2\n") == "accepted");
}

TEST_CASE("parse_yaml: a second document is refused (TV Y04)", "[model]") {
  CHECK_THAT(refusal("a: 1\n---\nb: 2\n"), Catch::Contains("text after the end"));
  CHECK_THAT(refusal("- a\nfoo: bar\n"), Catch::Contains("text after the end"));
  CHECK(refusal("--- \na: 1\n...\n") == "accepted");
}

TEST_CASE("parse_yaml: tabs that indent are refused with their line (TV Y04)", "[model]") {
  CHECK(refusal("a:\n\t- b\n") == "f.yml:2: a tab in the indentation");
  CHECK(refusal("a:\n  \t- b\n") == "f.yml:2: a tab in the indentation");
  CHECK(refusal("a:\t1\nb: |\n  x\ty\n") == "accepted");
}

TEST_CASE("parse_yaml: what is not text in UTF-8 is refused with its line (TV Y04)", "[model]") {
  using namespace std::string_literals;
  CHECK_THAT(refusal("a: 1\nb: \0x\n"s), Catch::StartsWith("f.yml:2: a NUL character"));
  CHECK_THAT(refusal("a\0:\0 \0"s), Catch::Contains("UTF-16"));
  CHECK(refusal("\xFF\xFE"
                "a\0"s) != "accepted");
  CHECK(refusal("a: 1\nb: \xC3\x28\n") == "f.yml:2: not UTF-8");
  CHECK_THAT(refusal("a: \x1B[31m\n"), Catch::Contains("control character ('\\x1b')"));
  CHECK(refusal("a: 1\rb: 2\n") != "accepted");
}

TEST_CASE("parse_yaml: line ends that only some YAML readers know are refused", "[model]") {
  for (const char* separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    CHECK_THAT(refusal("# a" + std::string(separator) + "- b\n"),
               Catch::Contains("line separator"));
}

TEST_CASE("parse_yaml: merge-conflict marks are named", "[model]") {
  CHECK(refusal("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> topic\n") ==
        "f.yml:2: a mark of an unresolved merge conflict");
}

TEST_CASE("parse_yaml: keys must be text", "[model]") {
  for (const char* text : {"[a]: b", "{a: b}: c", "~: a", ": a", "? [a, b]\n: c"}) {
    INFO(text);
    CHECK_THAT(refusal(text), Catch::Contains("a key must be text"));
  }
}

TEST_CASE("parse_yaml: a quote that the end of the file cuts off is refused", "[model]") {
  for (const char* text : {"b: '", "b: 'c", "b: \"c\n", "b: 'it''", "b: \"\\\"", "- &x 'a", "- \"",
                           "'", "a: 'b'\n'c"}) {
    INFO(text);
    CHECK(refusal(text) != "accepted");
  }
  for (const char* text : {"b: 'it''s'", "b: \"\\\"\"", "- &x 'a'", "b: |\n  it's", "b: it's",
                           "\xC3\xA9: 'x'\r\nb: \"y\"\r\n"}) {
    INFO(text);
    CHECK(refusal(text) == "accepted");
  }
}

TEST_CASE("parse_yaml: broken YAML is refused with its line", "[model]") {
  for (const char* text : {"a: 1\nb: c: d\n", "a: 1\n[", "a: 1\n\"x", "a: 1\n- b\n", "a: 1\n]\n",
                           "a: 1\nb: @c\n", "a: 1\nb: \"\\q\"\n"}) {
    INFO(text);
    CHECK_THAT(refusal(text), Catch::StartsWith("f.yml:2: ") || Catch::StartsWith("f.yml:3: "));
  }
}

}  // namespace envlock::test
