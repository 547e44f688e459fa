#include "model/match_spec_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/error.hpp"
#include "model/package_name.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

std::vector<std::string> sorted_set(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace

bool names_package_file(std::string_view text) noexcept {
  return text.ends_with(".conda") || text.ends_with(".tar.bz2");
}

bool has_only(std::string_view text, std::string_view others) noexcept {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

std::string parse_spec_name(std::string_view text) {
  if (!is_package_name(text)) {
    throw InputError("'" + std::string(text) + "' is not a package name",
                     "names have letters, digits and single '-', '_' or '.' between them");
  }
  return to_lower(text);
}

StringMatcher parse_spec_build(std::string_view text) {
  if (text.front() != '^' && !has_only(text, "_.+*!-")) {
    throw InputError("'" + std::string(text) + "' is not a build string",
                     "alternatives are written as a regular expression: [build='^(a|b).*$']");
  }
  return StringMatcher::parse(text, LetterCase::matters);
}

BuildNumberSpec parse_spec_build_number(std::string_view text) {
  using Op = BuildNumberSpec::Op;
  static constexpr std::array<std::pair<std::string_view, Op>, 7> operators{{
      {"==", Op::equal},
      {"!=", Op::not_equal},
      {"<=", Op::less_equal},
      {">=", Op::greater_equal},
      {"=", Op::equal},
      {"<", Op::less},
      {">", Op::greater},
  }};
  BuildNumberSpec spec;
  std::string_view digits = text;
  for (const auto& [sign, op] : operators) {
    if (!text.starts_with(sign)) continue;
    spec.op = op;
    digits = trim(text.substr(sign.size()));
    break;
  }
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, spec.value);
  if (result.ec != std::errc() || result.ptr != end) {
    throw InputError("build_number '" + std::string(text) + "' is not a number",
                     "write a number, or one of == != < <= > >= and a number");
  }
  return spec;
}

std::string parse_spec_hash(std::string_view key, std::string_view text, std::size_t digits) {
  std::string hex = to_lower(text);
  if (hex.size() != digits || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw InputError(std::string(key) + " '" + std::string(text) + "' is not " +
                     std::to_string(digits) + " hexadecimal digits");
  }
  return hex;
}

std::vector<std::string> parse_spec_features(std::string_view text) {
  constexpr std::string_view separators = ", ";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  if (words.empty()) throw InputError("'track_features' names no feature");
  return sorted_set(std::move(words));
}

std::vector<std::string> parse_spec_extras(std::vector<std::string> groups) {
  for (const std::string& group : groups) {
    if (group.size() > 64 || group != to_lower(group) || !has_only(group, "_.+-")) {
      throw InputError("'" + group + "' is not the name of an extra (CEP 44)");
    }
  }
  return sorted_set(std::move(groups));
}

std::vector<std::string> parse_spec_flags(std::vector<std::string> flags) {
  for (const std::string& flag : flags) {
    if (flag != to_lower(flag) || !has_only(flag, "_:*")) {
      throw InputError("'" + flag + "' is not a flag (CEP 45)");
    }
  }
  return sorted_set(std::move(flags));
}

Url parse_spec_url(std::string_view text) {
  if (!text.empty() && text.front() == '/') return Url::from_path(text);
  std::optional<Url> url = Url::parse(text);
  if (!url) {
    throw InputError("'" + std::string(text) +
                     "' is neither an http, https or file URL without '?' nor an absolute path");
  }
  if (url->has_credentials()) {
    throw InputError("the URL holds credentials",
                     "remove them: files, locks and command lines are read by others");
  }
  return *std::move(url);
}

}  // namespace envlock
