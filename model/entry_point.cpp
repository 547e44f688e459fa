#include "model/entry_point.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

/// Python's keywords (its language reference, 2.3.1); soft keywords are names.
constexpr std::array<std::string_view, 35> keywords{
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// ASCII only: other letters have several spellings of one name.
bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c); }) &&
         std::ranges::find(keywords, text) == keywords.end();
}

bool is_dotted_identifier(std::string_view text) {
  for (std::size_t dot = 0; (dot = text.find('.')) != std::string_view::npos;
       text.remove_prefix(dot + 1)) {
    if (!is_identifier(text.substr(0, dot))) return false;
  }
  return is_identifier(text);
}

/// A file name below bin/ on every system.
bool is_command(std::string_view text) {
  return !text.empty() && text.front() != '.' &&
         text.find_first_of("/\\:=") == std::string_view::npos && !package_path_fault(text);
}

}  // namespace

std::optional<EntryPoint> parse_entry_point(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view target = text.substr(equals + 1);
  const std::size_t colon = target.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  EntryPoint out{std::string(trim(text.substr(0, equals))),
                 std::string(trim(target.substr(0, colon))),
                 std::string(trim(target.substr(colon + 1)))};
  if (!is_command(out.command) || !is_dotted_identifier(out.module) ||
      !is_dotted_identifier(out.function)) {
    return std::nullopt;
  }
  return out;
}

std::string entry_point_script(const EntryPoint& entry_point, std::string_view python) {
  const std::string& function = entry_point.function;
  return "#!" + std::string(generated_placeholder) + "/bin/python" + std::string(python) +
         "\n"
         "# -*- coding: utf-8 -*-\n"
         "import re\n"
         "import sys\n"
         "\n"
         "from " +
         entry_point.module + " import " + function.substr(0, function.find('.')) +
         "\n"
         "\n"
         "if __name__ == '__main__':\n"
         "    sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n"
         "    sys.exit(" +
         function + "())\n";
}

std::optional<std::string> python_major_minor(std::string_view version) {
  const auto skip_digits = [&](std::size_t at) {
    while (at < version.size() && is_digit(version[at])) ++at;
    return at;
  };
  const std::size_t dot = skip_digits(0);
  if (dot == 0 || dot == version.size() || version[dot] != '.') return std::nullopt;
  const std::size_t end = skip_digits(dot + 1);
  if (end == dot + 1) return std::nullopt;
  return std::string(version.substr(0, end));
}

std::string site_packages_of(std::string_view python_version,
                             std::string_view python_site_packages_path) {
  if (!python_site_packages_path.empty() && !package_path_fault(python_site_packages_path)) {
    return std::string(python_site_packages_path);
  }
  const auto python = python_major_minor(python_version);
  return python ? "lib/python" + *python + "/site-packages" : std::string();
}

std::string noarch_python_path(std::string_view path, std::string_view site_packages) {
  const auto moved = [&](std::string_view folder) {
    return path.substr(0, folder.size()) == folder &&
           (path.size() == folder.size() || path[folder.size()] == '/');
  };
  constexpr std::string_view modules = "site-packages";
  constexpr std::string_view scripts = "python-scripts";
  if (moved(modules)) return std::string(site_packages).append(path.substr(modules.size()));
  if (moved(scripts)) return std::string("bin").append(path.substr(scripts.size()));
  return std::string(path);
}

}  // namespace envlock
