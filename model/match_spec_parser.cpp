#include "model/match_spec_parser.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "model/match_spec_fields.hpp"
#include "model/platform.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t npos = std::string_view::npos;

constexpr bool is_white(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
/// What may follow a package name (CF 4.1, step 8).
constexpr bool ends_name(char c) noexcept {
  return is_white(c) || c == '=' || c == '<' || c == '>' || c == '!' || c == '~';
}
/// What stands around no separator of a build, and in no build: an operator or a parenthesis.
constexpr bool excludes_build(char c) noexcept {
  return c == '=' || c == ',' || c == '|' || c == '<' || c == '>' || c == '~' || c == '(';
}

/// `text` up to a '#' that begins a comment: one outside quotes in brackets that is not the hash
/// after the URL or path of a package.
std::string_view without_comment(std::string_view text) noexcept {
  if (text.find('#') == npos) return text;
  char quote = '\0';
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (depth > 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '[') {
      ++depth;
    } else if (c == ']') {
      --depth;
    } else if (c == '#') {
      const std::string_view before = text.substr(0, i);
      const bool is_hash = names_package_file(before) && before.find('/') != npos &&
                           i + 1 < text.size() && !is_white(text[i + 1]);
      if (!is_hash) return before;
    }
  }
  return text;
}

std::size_t closing(std::string_view text, std::size_t open) {
  const std::size_t close = closing_bracket(text, open);
  if (close == npos) throw InputError("'[' without ']'");
  return close;
}

/// conda's old "(optional,target=...)" after the brackets says nothing to a solver.
void check_legacy(std::string_view text) {
  if (text.empty()) return;
  if (text.front() == '(' && text.back() == ')') {
    const std::string_view inside = trim(text.substr(1, text.size() - 2));
    if (inside.starts_with("optional") || inside.starts_with("target=")) return;
  }
  throw InputError("'" + std::string(text) + "' follows the brackets",
                   "version and build stand before the brackets");
}

}  // namespace

MatchSpec MatchSpec::Parser::parse(std::string_view text) {
  text = trim(without_comment(trim(text)));
  if (text.empty()) throw InputError("it is empty");
  if (is_package_file(text)) {
    parse_package_file(text);
  } else if (text.back() == '@' && text.find_first_of("[ \t=") == npos) {
    more_.track_features = {parse_spec_name(text.substr(0, text.size() - 1))};
  } else {
    parse_usual(text);
  }
  if (has_details()) spec_.details_ = std::make_shared<const Details>(std::move(more_));
  return std::move(spec_);
}

bool MatchSpec::Parser::has_details() const noexcept {
  const Details& more = more_;
  return more.channel || more.subdir || more.fn || more.url || more.md5 || more.sha256 ||
         more.name || more.license || more.license_family || !more.track_features.empty() ||
         more.when || !more.extras.empty() || !more.flags.empty();
}

void MatchSpec::Parser::parse_usual(std::string_view text) {
  std::size_t open = text.find('[');
  if (open != npos) {
    const std::size_t close = closing(text, open);
    if (text.substr(close + 1, 2) == "::") {  // channel[subdir]::name
      const std::string_view subdir = trim(text.substr(open + 1, close - open - 1));
      set_channel(trim(text.substr(0, open)));
      set_subdir(subdir);
      text = trim(text.substr(close + 3));
      open = text.find('[');
    }
  }
  if (open == npos) return parse_front(text);
  const std::size_t close = closing(text, open);
  check_legacy(trim(text.substr(close + 1)));
  parse_front(trim(text.substr(0, open)));
  for (const BracketItem& item : parse_bracket_items(text.substr(open + 1, close - open - 1))) {
    set(item);
  }
  if (key_subdir_) more_.subdir = std::move(key_subdir_);
}

void MatchSpec::Parser::parse_front(std::string_view text) {
  if (const std::size_t last = text.rfind(':'); last != npos) {
    const std::string_view front = text.substr(0, last);
    const std::size_t before = front.rfind(':');
    const std::string_view space = trim(before == npos ? front : front.substr(before + 1));
    if (!has_only(space, "_.-")) {
      throw InputError("'" + std::string(space) + "' before ':' is not a namespace");
    }
    if (before != npos) set_channel(trim(front.substr(0, before)));
    text = trim(text.substr(last + 1));
  }
  auto end =
      static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends_name) - text.begin());
  if (text.starts_with("^") && text.find('$') != npos) end = text.find('$') + 1;
  set_name(text.substr(0, end));
  parse_version_and_build(trim(text.substr(end)));
}

void MatchSpec::Parser::set_name(std::string_view name) {
  if (name.empty()) {
    throw InputError("it has no package name", "'*' stands for any package");
  }
  if (name == "*") return;
  const bool is_regex = name.front() == '^' && name.back() == '$';
  if (!is_regex && name.find('*') == npos) {
    spec_.name_ = parse_spec_name(name);
    return;
  }
  if (!is_regex && !has_only(name, "_.-*")) {
    throw InputError("'" + std::string(name) + "' is not a pattern for package names");
  }
  more_.name = StringMatcher::parse(name, LetterCase::ignored);
  if (more_.name->is_any()) more_.name.reset();
}

/// CF 4.1: the build is the last word after white space or a single '=', unless that stands
/// beside another operator.
void MatchSpec::Parser::parse_version_and_build(std::string_view rest) {
  if (rest.empty()) return;
  std::string_view version = rest;
  std::string_view build;
  char separator = '\0';
  std::size_t cut = rest.size();
  while (cut > 0 && !is_white(rest[cut - 1]) && rest[cut - 1] != '=') --cut;
  if (cut > 0) {
    const std::string_view word = rest.substr(cut);
    std::string_view before = trim(rest.substr(0, cut));
    const bool by_sign = before.back() == '=';
    if (by_sign) before = trim(before.substr(0, before.size() - 1));
    const bool is_separator =
        !before.empty() && before.back() != '!' && !excludes_build(before.back());
    if (is_separator && std::none_of(word.begin(), word.end(), [](char c) {
          return c == '-' || c == ')' || excludes_build(c);
        })) {
      if (word.empty()) throw InputError("no build follows the last '='");
      version = before;
      build = word;
      separator = by_sign ? '=' : ' ';
    }
  }
  set_positional_version(version, separator);
  if (!build.empty()) set_build(build);
}

/// Where a MatchSpec reads the operator in front otherwise than a version constraint does (CF 4.2):
/// "==1.2.*" is a prefix, as conda drops the "==", and a lone "=1.2" before "=BUILD" is exact.
void MatchSpec::Parser::set_positional_version(std::string_view text, char build_separator) {
  if (text.starts_with("=")) {
    const bool is_exact = text.starts_with("==");
    const std::string_view rest = trim(text.substr(is_exact ? 2 : 1));
    const auto clause_end = std::find_if(rest.begin(), rest.end(), [](char c) {
      return c == ',' || c == '|' || c == '(' || is_white(c);
    });
    const bool is_lone = clause_end == rest.end();
    const bool has_star = clause_end != rest.begin() && *(clause_end - 1) == '*';
    if (is_exact ? has_star : is_lone && build_separator == '=') text = rest;
  }
  spec_.version_ = VersionSpec::parse(text);
}

void MatchSpec::Parser::set_build(std::string_view text) {
  spec_.build_ = parse_spec_build(text);
  if (spec_.build_->is_any()) spec_.build_.reset();
}

/// The last part of a channel may be a subdir; "*" is any channel.
void MatchSpec::Parser::set_channel(std::string_view channel) {
  more_.channel.reset();
  more_.subdir.reset();
  const auto drop_slashes = [&] {
    while (channel.size() > 1 && channel.back() == '/') channel.remove_suffix(1);
  };
  const auto split_subdir = [&] {
    const std::size_t slash = channel.rfind('/');
    if (slash == npos || !is_known_subdir(channel.substr(slash + 1))) return false;
    more_.subdir = channel.substr(slash + 1);
    channel = channel.substr(0, slash);
    drop_slashes();
    return true;
  };
  drop_slashes();
  if (split_subdir() && split_subdir()) throw InputError("its channel has two subdirs");
  if (channel == "*") return;
  if (channel.empty() || channel.back() == ':' || channel.find("::") != npos) {
    throw InputError("'" + std::string(channel) + "' before '::' is not a channel");
  }
  more_.channel = channel;
}

void MatchSpec::Parser::set_subdir(std::string_view subdir) {
  if (subdir != "noarch" && !Platform::parse(subdir)) {
    throw InputError("'" + std::string(subdir) + "' is not a subdir such as 'linux-64'");
  }
  more_.subdir = subdir;
}

MatchSpec MatchSpec::parse(std::string_view text) {
  constexpr std::size_t shown = 200;
  const auto described = [&] {
    if (text.size() <= shown) return "package spec '" + std::string(text) + "': ";
    return "package spec '" + std::string(text.substr(0, shown)) + "...': ";
  };
  if (text.size() > max_text_bytes) {
    throw InputError(described() + "it is longer than " + std::to_string(max_text_bytes) +
                     " bytes");
  }
  try {
    return Parser().parse(text);
  } catch (const InputError& error) {
    throw InputError(described() + error.what(), error.hint());
  }
}

}  // namespace envlock
