#include "cli/pip_messages.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <utility>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_marked_lines = 2000;
constexpr std::size_t most_other_lines = 60;
constexpr std::size_t most_line_bytes = 2000;

/// "\x1b[31mERROR: x\x1b[0m" -> "ERROR: x"
std::string without_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '[') {
      at += 2;
      while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
      continue;
    }
    out += text[at];
  }
  return out;
}

bool is_marked(std::string_view line) {
  return line.starts_with("WARNING:") || line.starts_with("ERROR:");
}

}  // namespace

bool tells_of_missing_extra(std::string_view line) {
  return line.starts_with("WARNING:") &&
         line.find("does not provide the extra") != std::string_view::npos;
}

std::vector<std::string> pip_messages(std::string_view log) {
  using Numbered = std::pair<std::size_t, std::string>;  // by their place in the log
  std::vector<Numbered> kept;
  std::deque<Numbered> others;
  std::set<std::string> known;
  std::size_t marked = 0;
  for (std::size_t number = 0; !log.empty(); ++number) {
    const std::size_t end = log.find_first_of("\r\n");
    std::string line = without_escapes(log.substr(0, end));
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.pop_back();
    if (line.empty()) continue;
    line = printable(line, most_line_bytes);
    if (is_marked(line)) {
      if (marked >= most_marked_lines && !tells_of_missing_extra(line)) continue;
      if (!known.insert(line).second) continue;
      ++marked;
      kept.emplace_back(number, std::move(line));
    } else {
      others.emplace_back(number, std::move(line));
      if (others.size() > most_other_lines) others.pop_front();
    }
  }
  kept.insert(kept.end(), others.begin(), others.end());
  std::ranges::sort(kept, {}, &Numbered::first);
  std::vector<std::string> lines;
  for (Numbered& line : kept) lines.push_back(std::move(line.second));
  return lines;
}

bool pip_found_nothing(const std::vector<std::string>& messages) {
  constexpr std::array<std::string_view, 6> words{
      "ResolutionImpossible",     "No matching distribution",    "Could not find a version",
      "conflicting dependencies", "requires a different Python", "is not a supported wheel",
  };
  bool found = false;
  for (const std::string& line : messages) {
    if (line.starts_with("Traceback (most recent call last)") ||
        line.starts_with("ERROR: Exception:"))
      return false;
    found = found || (line.starts_with("ERROR:") && std::ranges::any_of(words, [&](auto word) {
                        return line.find(word) != std::string::npos;
                      }));
  }
  return found;
}

}  // namespace envlock
