#include "cli/yaml_text.hpp"

#include <algorithm>
#include <array>

#include "model/json_writer.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What YAML 1.1 takes for a boolean or for nothing.
bool is_word_of_yaml(std::string_view text) {
  static constexpr std::array<std::string_view, 9> words{"y",     "n",  "yes", "no",  "true",
                                                         "false", "on", "off", "null"};
  return std::ranges::find(words, to_lower(text)) != words.end();
}

bool is_plain(std::string_view text) {
  if (text.empty() || (!is_letter(text.front()) && text.front() != '_' && text.front() != '/'))
    return false;
  if (text.back() == ':' || text.back() == ' ') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool plain = is_letter(c) || (c >= '0' && c <= '9') ||
                       std::string_view(" /._=+-!:<>~*,|()").find(c) != std::string_view::npos;
    if (!plain || (c == ':' && text[i + 1] == ' ')) return false;
  }
  return !is_word_of_yaml(text);
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace envlock
