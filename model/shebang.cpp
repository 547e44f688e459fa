#include <algorithm>
#include <optional>

#include "model/relocation.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::string_view blanks = " \t";

std::string replace_all(std::string_view text, std::string_view placeholder,
                        std::string_view prefix) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit = 0; (hit = text.find(placeholder, at)) != std::string_view::npos;) {
    out.append(text.substr(at, hit - at)).append(prefix);
    at = hit + placeholder.size();
  }
  return out.append(text.substr(at));
}

/// The parts of a first line, as the kernel sees them: everything behind the interpreter is one
/// argument.
struct ShebangParts {
  std::string_view interpreter, options;
};

/// Nothing where the interpreter does not stand below the placeholder: then there is no other
/// spelling that would help. Nor where the line ends in a carriage return, which the kernel takes
/// for a part of the name: such a script runs nowhere, and stays as near to its package as it can.
std::optional<ShebangParts> split_shebang(std::string_view line, std::string_view placeholder) {
  if (line.substr(0, 2) != "#!" || line.find('\r') != std::string_view::npos) return std::nullopt;
  const std::size_t start = line.find_first_not_of(blanks, 2);
  if (start == std::string_view::npos) return std::nullopt;
  if (line.substr(start, placeholder.size()) != placeholder) return std::nullopt;
  // The placeholder itself may hold a blank.
  const std::size_t end =
      std::min(line.find_first_of(blanks, start + placeholder.size()), line.size());
  return ShebangParts{line.substr(start, end - start), trim(line.substr(end))};
}

/// True for `stem`, and for `stem` with a version behind it ("python3.11", "perl5.32.1").
bool is_interpreter(std::string_view name, std::string_view stem) {
  return name.substr(0, stem.size()) == stem &&
         name.find_first_not_of("0123456789.", stem.size()) == std::string_view::npos;
}

/// "python3.13t" is python without its global lock.
bool is_python(std::string_view name) {
  if (name.size() > 1 && name.back() == 't' && name[name.size() - 2] != 'p') {
    name.remove_suffix(name.find_first_of("0123456789") == std::string_view::npos ? 0 : 1);
  }
  return is_interpreter(name, "python") || is_interpreter(name, "pypy");
}

/// Options that sh and env split at blanks and otherwise leave as they are.
bool is_plain_words(std::string_view options) {
  return std::all_of(options.begin(), options.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" \t-_=.,:/+@%").find(c) != std::string_view::npos;
  });
}

/// One word for sh that is also harmless inside a python string in three single quotes: no three of
/// them in a row, and no backslash that python would not know (it would warn at each start).
std::string sh_word(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\'') {
      out += out.back() == '\'' ? "\"\"'" : "'";
    } else if (c == '"' || c == '$' || c == '`' || c == '\\') {
      out.append("\"'").append(1, c).append("'\"");
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// One word for `env -S`.
std::string env_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

template <class Quote>
std::string words(std::string_view options, Quote quote) {
  if (options.empty()) return {};
  return ' ' + (is_plain_words(options) ? std::string(options) : quote(options));
}

}  // namespace

std::string installed_shebang(std::string_view packaged, std::string_view placeholder,
                              std::string_view prefix) {
  std::string plain = replace_all(packaged, placeholder, prefix);
  const auto parts = split_shebang(packaged, placeholder);
  if (!parts) return plain;
  const std::string path = replace_all(parts->interpreter, placeholder, prefix);
  const std::string options = replace_all(parts->options, placeholder, prefix);
  const std::string name = path.substr(path.rfind('/') + 1);
  // The kernel gives all options as one argument. Perl and shells take that apart, python does not:
  // "-E -s" is an unknown option to it.
  const bool takes_options = !is_python(name) || options.find_first_of(blanks) == std::string::npos;
  if (plain.size() <= max_shebang_bytes && takes_options &&
      path.find_first_of(" \t\n") == std::string::npos) {
    return plain;
  }
  if (is_python(name)) {
    return "#!/bin/sh\n'''exec' " + sh_word(path) + words(options, sh_word) + " \"$0\" \"$@\" #'''";
  }
  // perl -x starts at the first line that begins with "#!" and has "perl" in it.
  if (is_interpreter(name, "perl")) {
    return "#!/bin/sh\nexec " + sh_word(path) + " -x" + words(options, sh_word) +
           " \"$0\" \"$@\"\n#!perl";
  }
  std::string exact = "#!/usr/bin/env -S " + env_word(path) + words(options, env_word);
  if (exact.size() <= max_shebang_bytes && exact.find('\n') == std::string::npos) return exact;
  return "#!/usr/bin/env " + (options.empty() ? name : "-S " + name + words(options, env_word));
}

}  // namespace envlock
