#include "model/yaml_block.hpp"

#include <catch2/catch.hpp>

#include "tests/model/foreign_sample.hpp"

namespace envlock::test {
namespace {

bool is_same(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.quoted != b.quoted || a.text != b.text ||
      a.items.size() != b.items.size() || a.entries.size() != b.entries.size())
    return false;
  if (a.kind != YamlNode::Kind::null && (a.line != b.line || a.column != b.column)) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!is_same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || a.entries[i].line != b.entries[i].line ||
        !is_same(a.entries[i].value, b.entries[i].value))
      return false;
  }
  return true;
}

}  // namespace

TEST_CASE("parse_block_yaml: reads what tools write, as the library reads it", "[yaml]") {
  const auto text = GENERATE(values<std::string>({
      conda_lock_sample(),
      pixi_sample(),
      pixi_5_sample(),
      "a: b\n",
      "a: 'it''s'\n\"b c\": \"x\"\n",
      "a:\n- b\n- c: d\n  e: f\n-   g: h\n",
      "a:\n  - b\n\n  # comment\n  - c\nd:\n",
      "- a: b\n- c\n",
      "a: ~\nb: null\nc: 'null'\nd: []\ne: {}\n",
      "a: b:c\nb: x#y\n",
      "a:   b   \n",
  }));
  CAPTURE(text);
  const auto fast = parse_block_yaml(text, YamlLimits());
  REQUIRE(fast);
  CHECK(is_same(*fast, parse_yaml(text, "text")));
}

TEST_CASE("parse_block_yaml: leaves everything else to the library", "[yaml]") {
  const auto text = GENERATE(values<std::string>({
      "",
      "a\n",
      "- - a\n",
      "-\n  a: b\n",
      "a: [b]\n",
      "a: {b: c}\n",
      "a: &x b\n",
      "a: *x\n",
      "a: !t b\n",
      "a: |\n  b\n",
      "a: >\n  b\n",
      "a: \"b\\n\"\n",
      "a: 'b\n",
      "a: b # c\n",
      "a: b\n  c\n",
      "- a\n  b\n",
      "a: b: c\n",
      "a: b\na: c\n",
      "<<: b\n",
      "~: b\n",
      "? a\n",
      "---\na: b\n",
      "a: b\n...\n",
      "%YAML 1.1\na: b\n",
      "a:\tb\n",
      "a: b\r\n",
      "a: \xC3\xA9\n",
      "a:\n    b: c\n  d: e\n",
      "  a: b\nc: d\n",
      "a: b\n- c\n",
      "a:\n  b\n",
      "[]\n",
      "'a' : b\n",
      "a: -1\n",
  }));
  CAPTURE(text);
  const auto fast = parse_block_yaml(text, YamlLimits());
  CHECK_FALSE(fast);
}

TEST_CASE("parse_block_yaml: limits are the library's to tell", "[yaml]") {
  YamlLimits limits;
  limits.nodes = 3;
  CHECK_FALSE(parse_block_yaml("a:\n- b\n- c\n- d\n", limits));
  std::string deep;
  for (std::size_t i = 0; i < 40; ++i) deep += std::string(i, ' ') + "a:\n";
  CHECK_FALSE(parse_block_yaml(deep, YamlLimits()));
}

}  // namespace envlock::test
