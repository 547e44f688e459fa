// The fast reader of block YAML: where it gives a tree, the YAML library gives the same one.
#include "model/yaml_block.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

namespace {

bool is_same(const envlock::YamlNode& a, const envlock::YamlNode& b) {
  if (a.kind != b.kind || a.quoted != b.quoted || a.text != b.text) return false;
  // Where nothing stands, the library says where it noticed.
  if (a.kind != envlock::YamlNode::Kind::null && (a.line != b.line || a.column != b.column))
    return false;
  if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!is_same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const auto& left = a.entries[i];
    const auto& right = b.entries[i];
    if (left.key != right.key || left.line != right.line || left.column != right.column ||
        !is_same(left.value, right.value))
      return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const YamlLimits limits;
  const auto fast = parse_block_yaml(text, limits);
  if (!fast) return 0;
  try {
    if (!is_same(*fast, parse_yaml(text, "text", limits))) std::abort();
  } catch (const InputError& error) {
    // The bytes are judged before: only then may the two differ.
    YamlLimits large = limits;
    large.bytes *= 2;
    try {
      parse_yaml(text, "text", large);
    } catch (const InputError&) {
      return 0;
    }
    std::abort();
  }
  return 0;
}
