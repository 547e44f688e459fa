#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/error.hpp"
#include "model/match_condition.hpp"
#include "model/match_spec.hpp"
#include "model/match_spec_keys.hpp"
#include "model/package_name.hpp"
#include "model/package_record.hpp"
#include "model/platform.hpp"
#include "model/text.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view white = " \t\n\r\f\v";

constexpr bool is_white(char c) noexcept { return white.find(c) != npos; }

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return text.substr(0, start.size()) == start;
}
bool ends_with(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool names_package_file(std::string_view text) noexcept {
  return ends_with(text, ".conda") || ends_with(text, ".tar.bz2");
}
bool is_lower_hex(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdef") == npos;
}
bool has_only(std::string_view text, std::string_view others) noexcept {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != npos;
  });
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

std::string hex_digest(std::string_view key, std::string_view text, std::size_t length) {
  std::string hex = to_lower(text);
  if (hex.size() != length || !is_lower_hex(hex)) {
    throw InputError(std::string(key) + " '" + std::string(text) + "' is not " +
                     std::to_string(length) + " hexadecimal digits");
  }
  return hex;
}

BuildNumberSpec parse_build_number(std::string_view text) {
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
    if (!starts_with(text, sign)) continue;
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

std::vector<std::string> sorted_set(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::vector<std::string> split_features(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(", "); at != npos;) {
    const std::size_t end = std::min(text.find_first_of(", ", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(", ", end);
  }
  return sorted_set(std::move(words));
}

/// A name in lower case, which must be one by CEP 26.
std::string checked_name(std::string_view name) {
  if (!is_package_name(name)) {
    throw InputError("'" + std::string(name) + "' is not a package name",
                     "names have letters, digits and single '-', '_' or '.' between them");
  }
  return to_lower(name);
}

StringMatcher parse_build(std::string_view text) {
  StringMatcher build = StringMatcher::parse(text, LetterCase::matters);
  if (text.front() != '^' && !has_only(text, "_.+*!-")) {
    throw InputError("'" + std::string(text) + "' is not a build string",
                     "alternatives are written as a regular expression: [build='^(a|b).*$']");
  }
  return build;
}

}  // namespace

/// Reads one text into one MatchSpec, by the steps of CF 4.1.
class MatchSpec::Parser {
 public:
  MatchSpec parse(std::string_view text) {
    text = trim(without_comment(trim(text)));
    if (text.empty()) throw InputError("it is empty");
    if (is_package_file(text)) {
      parse_package_file(text);
    } else if (text.back() == '@' && text.find_first_of("[ \t=") == npos) {
      more_.track_features = {checked_name(text.substr(0, text.size() - 1))};
    } else {
      parse_usual(text);
    }
    if (used_more()) spec_.details_ = std::make_shared<const Details>(std::move(more_));
    return std::move(spec_);
  }

 private:
  // ---- [channel[/subdir]::]name[ version[ build]][[key=value,...]]
  // -------------------------------

  void parse_usual(std::string_view text) {
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

  static std::size_t closing(std::string_view text, std::size_t open) {
    const std::size_t close = closing_bracket(text, open);
    if (close == npos) throw InputError("'[' without ']'");
    return close;
  }

  /// conda's old "(optional,target=...)" after the brackets says nothing to a solver.
  static void check_legacy(std::string_view text) {
    if (text.empty()) return;
    if (text.front() == '(' && text.back() == ')') {
      const std::string_view inside = trim(text.substr(1, text.size() - 2));
      if (starts_with(inside, "optional") || starts_with(inside, "target=")) return;
    }
    throw InputError("'" + std::string(text) + "' follows the brackets",
                     "version and build stand before the brackets");
  }

  void parse_front(std::string_view text) {
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
    std::size_t end = std::min(text.find_first_of(" \t\n\r\f\v=<>!~"), text.size());
    if (starts_with(text, "^") && text.find('$') != npos) end = text.find('$') + 1;
    set_name(text.substr(0, end));
    parse_version_and_build(trim(text.substr(end)));
  }

  void set_name(std::string_view name) {
    if (name.empty()) {
      throw InputError("it has no package name", "'*' stands for any package");
    }
    if (name == "*") return;
    const bool is_regex = name.front() == '^' && name.back() == '$';
    if (!is_regex && name.find('*') == npos) {
      spec_.name_ = checked_name(name);
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
  void parse_version_and_build(std::string_view rest) {
    if (rest.empty()) return;
    std::string_view version = rest;
    std::string_view build;
    char separator = '\0';
    const std::size_t cut = rest.find_last_of(" \t\n\r\f\v=");
    if (cut != npos) {
      const std::string_view word = rest.substr(cut + 1);
      std::string_view before = rest.substr(0, cut + 1);
      before = before.substr(0, before.find_last_not_of(white) + 1);
      const bool by_sign = before.back() == '=';
      if (by_sign) before = trim(before.substr(0, before.size() - 1));
      if (!before.empty() && std::string_view("=!|,<>~(").find(before.back()) == npos &&
          word.find_first_of("-=,|<>~()") == npos) {
        version = before;
        build = word;
        separator = by_sign ? '=' : ' ';
        if (build.empty()) throw InputError("no build follows the last '='");
      }
    }
    set_positional_version(version, separator);
    if (!build.empty()) set_build(build);
  }

  /// A lone "=1.2" before "=BUILD" is exact, a lone "==1.2.*" is a prefix (CF 4.2).
  void set_positional_version(std::string_view text, char build_separator) {
    if (text.find_first_of(",|(") == npos) {
      if (starts_with(text, "==") && text.back() == '*') {
        text.remove_prefix(2);
      } else if (build_separator == '=' && starts_with(text, "=") && !starts_with(text, "==")) {
        text.remove_prefix(1);
      }
    }
    spec_.version_ = VersionSpec::parse(text);
  }

  void set_build(std::string_view text) {
    spec_.build_ = parse_build(text);
    if (spec_.build_->is_any()) spec_.build_.reset();
  }

  /// The last part of a channel may be a subdir; "*" is any channel.
  void set_channel(std::string_view channel) {
    more_.channel.reset();
    more_.subdir.reset();
    while (channel.size() > 1 && channel.back() == '/') channel.remove_suffix(1);
    const auto split_subdir = [&] {
      const std::size_t slash = channel.rfind('/');
      if (slash == npos || !is_known_subdir(channel.substr(slash + 1))) return false;
      more_.subdir = channel.substr(slash + 1);
      channel = channel.substr(0, slash);
      return true;
    };
    if (split_subdir() && split_subdir()) throw InputError("its channel has two subdirs");
    if (channel == "*") return;
    if (channel.empty() || channel.back() == ':' || channel.find("::") != npos) {
      throw InputError("'" + std::string(channel) + "' before '::' is not a channel");
    }
    more_.channel = channel;
  }

  void set_subdir(std::string_view subdir) {
    if (subdir != "noarch" && !Platform::parse(subdir)) {
      throw InputError("'" + std::string(subdir) + "' is not a subdir such as 'linux-64'");
    }
    more_.subdir = subdir;
  }

  // ---- keys in brackets (CF 4.3) ----------------------------------------------------------------

  void set(const BracketItem& item) {
    using Setter = void (Parser::*)(const BracketItem&);
    struct Key {
      std::string_view name;
      Setter setter;
    };
    static constexpr std::array<Key, 21> keys{{
        {"version", &Parser::set_version_key},
        {"build", &Parser::set_build_key},
        {"build_string", &Parser::set_build_key},
        {"build_number", &Parser::set_build_number_key},
        {"channel", &Parser::set_channel_key},
        {"subdir", &Parser::set_subdir_key},
        {"fn", &Parser::set_fn_key},
        {"url", &Parser::set_url_key},
        {"md5", &Parser::set_md5_key},
        {"sha256", &Parser::set_sha256_key},
        {"track_features", &Parser::set_track_features_key},
        {"license", &Parser::set_license_key},
        {"license_family", &Parser::set_license_family_key},
        {"when", &Parser::set_when_key},
        {"extras", &Parser::set_extras_key},
        {"flags", &Parser::set_flags_key},
        // A name before the brackets is never replaced: that would install something else.
        {"name", &Parser::ignore_key},
        {"namespace", &Parser::ignore_key},
        {"optional", &Parser::ignore_key},
        {"target", &Parser::ignore_key},
        {"features", &Parser::refuse_features_key},
    }};
    std::vector<std::string_view> names;
    for (const Key& key : keys) {
      if (key.name == item.key) {
        if (item.is_list && item.key != "extras" && item.key != "flags") {
          throw InputError("key '" + item.key + "' takes no list");
        }
        return (this->*key.setter)(item);
      }
      names.push_back(key.name);
    }
    const std::optional<std::string> near = nearest_word(item.key, names);
    throw InputError("unknown key '" + item.key + "' in the brackets",
                     near ? "did you mean '" + *near + "'?" : "");
  }

  void set_version_key(const BracketItem& item) {
    spec_.version_ = VersionSpec::parse(item.values[0]);
  }
  void set_build_key(const BracketItem& item) {
    if (has_build_key_) throw InputError("key 'build' is given twice");
    has_build_key_ = true;
    set_build(item.values[0]);
  }
  void set_build_number_key(const BracketItem& item) {
    const std::string_view text = trim(item.values[0]);
    if (text != "*") spec_.build_number_ = parse_build_number(text);
  }
  void set_channel_key(const BracketItem& item) { set_channel(trim(item.values[0])); }
  void set_subdir_key(const BracketItem& item) {
    set_subdir(item.values[0]);
    key_subdir_ = more_.subdir;  // wins over a channel's subdir, whatever the order
  }
  void set_fn_key(const BracketItem& item) { more_.fn = item.values[0]; }
  void set_url_key(const BracketItem& item) {
    more_.url = parse_url(take_hash(trim(item.values[0]))).to_string();
  }
  void set_md5_key(const BracketItem& item) { set_hash(more_.md5, "md5", item.values[0], 32); }
  void set_sha256_key(const BracketItem& item) {
    set_hash(more_.sha256, "sha256", item.values[0], 64);
  }
  void set_track_features_key(const BracketItem& item) {
    more_.track_features = split_features(item.values[0]);
  }
  void set_license_key(const BracketItem& item) {
    more_.license = StringMatcher::parse(item.values[0], LetterCase::ignored);
  }
  void set_license_family_key(const BracketItem& item) {
    more_.license_family = StringMatcher::parse(item.values[0], LetterCase::ignored);
  }
  void set_when_key(const BracketItem& item) {
    if (!item.is_quoted) throw InputError("the value of 'when' needs quotes");
    check_condition(item.values[0]);
    more_.when = trim(item.values[0]);
  }
  void set_extras_key(const BracketItem& item) {
    for (const std::string& group : item.values) {
      if (group.size() > 64 || group != to_lower(group) || !has_only(group, "_.+-")) {
        throw InputError("'" + group + "' is not the name of an extra (CEP 44)");
      }
    }
    more_.extras = sorted_set(item.values);
  }
  void set_flags_key(const BracketItem& item) {
    for (const std::string& flag : item.values) {
      if (flag != to_lower(flag) || !has_only(flag, "_:*")) {
        throw InputError("'" + flag + "' is not a flag (CEP 45)");
      }
    }
    more_.flags = sorted_set(item.values);
  }
  void ignore_key(const BracketItem&) {}
  void refuse_features_key(const BracketItem&) {
    throw InputError("key 'features' is obsolete and cannot be honoured",
                     "ask for 'track_features' or for a build");
  }

  // ---- a package's URL or path (CF 4.6) ---------------------------------------------------------

  static bool is_package_file(std::string_view text) {
    const std::string_view place = text.substr(0, text.find('#'));
    if (!names_package_file(place) || place.find('[') != npos || place.find("::") != npos) {
      return false;
    }
    return place.find('/') != npos || place.find_first_of(" \t=<>!~") == npos;
  }

  void parse_package_file(std::string_view text) {
    text = take_hash(text);
    if (text.find('/') == npos) {
      throw InputError("a package file without a folder",
                       "write its URL or path: './" + std::string(text) + "'");
    }
    const bool is_relative = starts_with(text, "./") || starts_with(text, "../");
    const std::string whole = is_relative ? std::string(text) : parse_url(text).to_string();
    const std::size_t slash = whole.rfind('/');
    const std::string_view folder = std::string_view(whole).substr(0, slash);
    const std::string_view fn = std::string_view(whole).substr(slash + 1);
    const std::size_t folder_slash = folder.rfind('/');
    std::optional<FileNameParts> parts = split_file_name(fn);
    const bool is_in_channel = folder_slash != npos && folder_slash > 0 &&
                               is_known_subdir(folder.substr(folder_slash + 1)) && parts &&
                               is_package_name(parts->name) && Version::parse(parts->version);
    if (!is_relative) more_.url = whole;
    if (!is_in_channel) {  // only the URL is certain
      if (is_relative) {
        throw InputError("a relative path that does not end in SUBDIR/NAME-VERSION-BUILD.conda",
                         "give the absolute path");
      }
      return;
    }
    set_channel(folder);
    spec_.name_ = to_lower(parts->name);
    spec_.version_ = VersionSpec::parse("==" + parts->version);
    set_build(parts->build);
    more_.fn = percent_decode(fn);
  }

  /// Keeps what follows '#' as md5 or sha256. @return the text before it
  std::string_view take_hash(std::string_view text) {
    const std::size_t mark = text.find('#');
    if (mark == npos) return text;
    const std::string_view hash = text.substr(mark + 1);
    if (starts_with(hash, "sha256:")) {
      set_hash(more_.sha256, "sha256", hash.substr(7), 64);
    } else if (starts_with(hash, "md5:")) {
      set_hash(more_.md5, "md5", hash.substr(4), 32);
    } else if (hash.size() == 64) {
      set_hash(more_.sha256, "sha256", hash, 64);
    } else {
      set_hash(more_.md5, "md5", hash, 32);
    }
    return text.substr(0, mark);
  }

  static void set_hash(std::optional<std::string>& field, std::string_view key,
                       std::string_view text, std::size_t length) {
    std::string hex = hex_digest(key, text, length);
    if (field && *field != hex)
      throw InputError("two different values of '" + std::string(key) + "'");
    field = std::move(hex);
  }

  static Url parse_url(std::string_view text) {
    if (starts_with(text, "/")) return Url::from_path(text);
    std::optional<Url> url = Url::parse(text);
    if (!url) {
      throw InputError(
          "the address is neither an http, https or file URL without '?' nor an absolute path");
    }
    if (url->has_credentials()) {
      throw InputError("the URL holds credentials", "remove them; see --credential-fd and --netrc");
    }
    return *std::move(url);
  }

  [[nodiscard]] bool used_more() const noexcept {
    const Details& more = more_;
    return more.channel || more.subdir || more.fn || more.url || more.md5 || more.sha256 ||
           more.name || more.license || more.license_family || !more.track_features.empty() ||
           more.when || !more.extras.empty() || !more.flags.empty();
  }

  MatchSpec spec_;
  Details more_;
  std::optional<std::string> key_subdir_;
  bool has_build_key_ = false;
};

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
