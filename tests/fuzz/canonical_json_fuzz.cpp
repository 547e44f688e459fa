// Canonical JSON: its form is its own canonical form, and means what simdjson reads in the
// original.
#include "verify/canonical_json.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/error.hpp"

namespace {

/// Equal values, members of objects in any order.
bool same(simdjson::dom::element a, simdjson::dom::element b) {
  using simdjson::dom::element_type;
  if (a.type() != b.type()) return false;
  if (a.type() == element_type::ARRAY) {
    const simdjson::dom::array left = a;
    const simdjson::dom::array right = b;
    if (left.size() != right.size()) return false;
    auto other = right.begin();
    for (const simdjson::dom::element item : left) {
      if (!same(item, *other)) return false;
      ++other;
    }
    return true;
  }
  if (a.type() == element_type::OBJECT) {
    const simdjson::dom::object left = a;
    const simdjson::dom::object right = b;
    if (left.size() != right.size()) return false;
    for (const simdjson::dom::key_value_pair field : left) {
      simdjson::dom::element other;
      if (right.at_key(field.key).get(other) != simdjson::SUCCESS) return false;
      if (!same(field.value, other)) return false;
    }
    return true;
  }
  return simdjson::minify(a) == simdjson::minify(b);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    (void)json_members(text);
    (void)json_string(text);
    const std::string canonical = canonical_json(text);
    if (canonical_json(canonical) != canonical) std::abort();
    for (const char c : canonical) {
      if (c != '\n' && (c < ' ' || c > '~')) std::abort();
    }
    simdjson::dom::parser parser;
    simdjson::dom::parser parser_of_canonical;
    simdjson::dom::element value;
    const auto code = parser.parse(text.data(), text.size(), true).get(value);
    if (code == simdjson::NUMBER_ERROR) return 0;  // beyond 64 bits
    if (code != simdjson::SUCCESS) std::abort();
    simdjson::dom::element of_canonical;
    if (parser_of_canonical.parse(canonical).get(of_canonical) != simdjson::SUCCESS) std::abort();
    if (!same(value, of_canonical)) std::abort();
  } catch (const InputError&) {  // the refusal of what is not strict JSON
  }
  return 0;
}
