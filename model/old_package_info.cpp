#include "model/old_package_info.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// Calls `visit(line, place)` for each line that is not empty; "\r\n" ends a line, too.
template <class Visit>
void for_each_line(std::string_view text, const std::string& file, Visit visit) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number;
    if (!line.empty()) visit(line, SourcePlace{file, number, 0});
  }
}

/// Splits at blanks; a word that starts with a double quote goes on to the next one.
std::vector<std::string> split_quoted(std::string_view line, const SourcePlace& place) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(blanks, at)) != std::string_view::npos;) {
    const bool quoted = line[at] == '"';
    if (quoted) ++at;
    const std::size_t end = quoted ? line.find('"', at) : line.find_first_of(blanks, at);
    if (quoted && end == std::string_view::npos) throw InputError(place, "a quote is not closed");
    words.emplace_back(line.substr(at, end - at));
    if (end == std::string_view::npos) break;
    at = quoted ? end + 1 : end;
    if (at < line.size() && blanks.find(line[at]) == std::string_view::npos) {
      throw InputError(place, "expected a blank behind a closing quote");
    }
  }
  return words;
}

using Places = std::map<std::string_view, PackagePath*, std::less<>>;

PackagePath& listed(const Places& paths, std::string_view path, const SourcePlace& place) {
  const auto found = paths.find(path);
  if (found == paths.end()) {
    throw InputError(place, "'" + std::string(path) + "' is not in info/files");
  }
  return *found->second;
}

void read_has_prefix(std::string_view text, const Places& paths) {
  for_each_line(text, "info/has_prefix", [&](std::string_view line, const SourcePlace& place) {
    const std::vector<std::string> words = split_quoted(line, place);
    if (words.empty()) return;  // only blanks
    if (words.size() != 1 && words.size() != 3) {
      throw InputError(place, "expected a path, or a placeholder, a mode and a path, found " +
                                  std::to_string(words.size()) + " words");
    }
    PackagePath& path = listed(paths, words.back(), place);
    if (!path.placeholder.empty()) {
      throw InputError(place, "'" + path.path + "' is listed twice");
    }
    path.placeholder = words.size() == 3 ? words[0] : std::string(generated_placeholder);
    if (const auto fault = placeholder_fault(path.placeholder)) {
      throw InputError(place, "the placeholder '" + path.placeholder + "': " + *fault);
    }
    if (words.size() == 1 || words[1] == "text") return;
    if (words[1] != "binary") {
      throw InputError(place, "expected 'text' or 'binary', found '" + words[1] + "'");
    }
    path.placeholder_mode = PlaceholderMode::binary;
  });
}

}  // namespace

std::vector<PackagePath> read_old_package_paths(const PackageInfoFiles& files) {
  const auto ends = std::count(files.files->begin(), files.files->end(), '\n');
  const std::size_t count = static_cast<std::size_t>(ends);
  if (count > max_package_paths) {
    throw InputError(SourcePlace{"info/files", 0, 0}, too_many_paths(count));
  }
  std::vector<PackagePath> paths;
  paths.reserve(count + 1);
  for_each_line(*files.files, "info/files", [&](std::string_view line, const SourcePlace& place) {
    if (const auto fault = package_path_fault(line)) {
      throw InputError(place, "the path '" + std::string(line) + "': " + *fault);
    }
    paths.emplace_back().path = line;
  });
  Places places;
  for (PackagePath& path : paths) places.emplace(path.path, &path);
  if (files.has_prefix) read_has_prefix(*files.has_prefix, places);
  if (files.no_link) {  // to be copied; installing always does
    for_each_line(*files.no_link, "info/no_link",
                  [&](std::string_view line, const SourcePlace& place) {
                    (void)listed(places, line, place);
                  });
  }
  return paths;
}

std::string too_many_paths(std::size_t found) {
  return "expected at most " + std::to_string(max_package_paths) + " paths, found " +
         std::to_string(found);
}

std::optional<std::string> placeholder_fault(std::string_view placeholder) {
  if (placeholder.empty()) return "it is empty";
  std::string_view below = placeholder;
  if (placeholder.size() > 1 && placeholder[1] == ':') below.remove_prefix(2);
  if (below.empty() || (below.front() != '/' && below.front() != '\\')) return "it is relative";
  if (below.size() == 1) return "it is only a root";
  for (std::size_t at = 0; at < placeholder.size();) {
    const char32_t code = next_code_point(placeholder, at);
    if (code == no_code_point) return "it is not UTF-8";
    if (is_unsafe(code)) return "it holds a control character";
  }
  return std::nullopt;
}

}  // namespace envlock
