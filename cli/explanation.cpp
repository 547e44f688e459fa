#include "cli/explanation.hpp"

#include <algorithm>
#include <string>

namespace envlock {

void print_explanation(Console& console, const Explanation& explanation) {
  for (const ExplanationLine& line : explanation.lines) {
    const auto depth = static_cast<std::size_t>(std::max(line.depth, 0)) + 1;
    Line shown(std::string(depth * 2, ' '));
    shown.add(line.text, line.depth <= 0 ? Tone::bold : Tone::plain);
    if (const std::string place = line.place.to_string(); !place.empty()) {
      shown.add("  (" + place + ")", Tone::dim);
    }
    console.err(shown);
  }
  for (const std::string& suggestion : explanation.suggestions) {
    console.err(Line("  ").add("hint", Tone::bold).add(": ").add(suggestion));
  }
}

void write_explanation(JsonWriter& json, const UnsolvableError& error) {
  json.member("platform", error.platform);
  json.member("headline", error.explanation.headline);
  json.key("lines").begin_array();
  for (const ExplanationLine& line : error.explanation.lines) {
    json.begin_object().member("depth", line.depth).member("text", line.text);
    if (!line.place.file.empty()) json.member("file", line.place.file);
    if (line.place.line != 0) json.member("line", std::uint64_t{line.place.line});
    json.end_object();
  }
  json.end_array();
  json.key("suggestions").begin_array();
  for (const std::string& suggestion : error.explanation.suggestions) json.value(suggestion);
  json.end_array();
}

}  // namespace envlock
