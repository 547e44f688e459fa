#include <array>
#include <optional>

#include "model/error.hpp"
#include "model/match_condition.hpp"
#include "model/match_spec_fields.hpp"
#include "model/match_spec_parser.hpp"
#include "model/package_name.hpp"
#include "model/package_record.hpp"
#include "model/platform.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t npos = std::string_view::npos;

void set_hash(std::optional<std::string>& field, std::string_view key, std::string_view text,
              std::size_t length) {
  std::string hex = parse_spec_hash(key, text, length);
  if (field && *field != hex) {
    throw InputError("two different values of '" + std::string(key) + "'");
  }
  field = std::move(hex);
}

}  // namespace

bool MatchSpec::Parser::is_package_file(std::string_view text) noexcept {
  const std::string_view place = text.substr(0, text.find('#'));
  if (!names_package_file(place) || place.find('[') != npos || place.find("::") != npos) {
    return false;
  }
  return place.find('/') != npos || place.find_first_of(" \t=<>!~") == npos;
}

void MatchSpec::Parser::parse_package_file(std::string_view text) {
  text = take_hash(text);
  if (text.find('/') == npos) {
    throw InputError("a package file without a folder",
                     "write its URL or path: './" + std::string(text) + "'");
  }
  const bool is_relative = text.starts_with("./") || text.starts_with("../");
  const std::string whole = is_relative ? std::string(text) : parse_spec_url(text).to_string();
  const std::size_t slash = whole.rfind('/');
  const std::string_view folder = std::string_view(whole).substr(0, slash);
  const std::string_view fn = std::string_view(whole).substr(slash + 1);
  const std::size_t folder_slash = folder.rfind('/');
  std::optional<FileNameParts> parts = split_file_name(fn);
  const bool is_in_channel = folder_slash != npos && folder_slash > 0 &&
                             is_known_subdir(folder.substr(folder_slash + 1)) && parts &&
                             is_package_name(parts->name) && has_only(parts->build, "_.+") &&
                             Version::parse(parts->version) &&
                             parts->version.find('*') == std::string::npos;
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
std::string_view MatchSpec::Parser::take_hash(std::string_view text) {
  const std::size_t mark = text.find('#');
  if (mark == npos) return text;
  const std::string_view hash = text.substr(mark + 1);
  if (hash.starts_with("sha256:")) {
    set_hash(more_.sha256, "sha256", hash.substr(7), 64);
  } else if (hash.starts_with("md5:")) {
    set_hash(more_.md5, "md5", hash.substr(4), 32);
  } else if (hash.size() == 64) {
    set_hash(more_.sha256, "sha256", hash, 64);
  } else {
    set_hash(more_.md5, "md5", hash, 32);
  }
  return text.substr(0, mark);
}

void MatchSpec::Parser::set(const BracketItem& item) {
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

void MatchSpec::Parser::set_version_key(const BracketItem& item) {
  spec_.version_ = VersionSpec::parse(item.values[0]);
}
void MatchSpec::Parser::set_build_key(const BracketItem& item) {
  if (has_build_key_) throw InputError("key 'build' is given twice");
  has_build_key_ = true;
  set_build(item.values[0]);
}
void MatchSpec::Parser::set_build_number_key(const BracketItem& item) {
  const std::string_view text = trim(item.values[0]);
  if (text != "*") spec_.build_number_ = parse_spec_build_number(text);
}
void MatchSpec::Parser::set_channel_key(const BracketItem& item) {
  const std::optional<std::string> subdir = more_.subdir;
  set_channel(trim(item.values[0]));
  if (!more_.subdir) more_.subdir = subdir;
}
void MatchSpec::Parser::set_subdir_key(const BracketItem& item) {
  set_subdir(item.values[0]);
  key_subdir_ = more_.subdir;  // wins over a channel's subdir, whatever the order
}
void MatchSpec::Parser::set_fn_key(const BracketItem& item) { more_.fn = item.values[0]; }
void MatchSpec::Parser::set_url_key(const BracketItem& item) {
  more_.url = parse_spec_url(take_hash(trim(item.values[0]))).to_string();
}
void MatchSpec::Parser::set_md5_key(const BracketItem& item) {
  set_hash(more_.md5, "md5", item.values[0], 32);
}
void MatchSpec::Parser::set_sha256_key(const BracketItem& item) {
  set_hash(more_.sha256, "sha256", item.values[0], 64);
}
void MatchSpec::Parser::set_track_features_key(const BracketItem& item) {
  more_.track_features = parse_spec_features(item.values[0]);
}
void MatchSpec::Parser::set_license_key(const BracketItem& item) {
  more_.license = StringMatcher::parse(item.values[0], LetterCase::ignored);
}
void MatchSpec::Parser::set_license_family_key(const BracketItem& item) {
  more_.license_family = StringMatcher::parse(item.values[0], LetterCase::ignored);
}
void MatchSpec::Parser::set_when_key(const BracketItem& item) {
  if (!item.is_quoted) throw InputError("the value of 'when' needs quotes");
  check_condition(item.values[0]);
  more_.when = trim(item.values[0]);
}
void MatchSpec::Parser::set_extras_key(const BracketItem& item) {
  more_.extras = parse_spec_extras(item.values);
}
void MatchSpec::Parser::set_flags_key(const BracketItem& item) {
  more_.flags = parse_spec_flags(item.values);
}
void MatchSpec::Parser::ignore_key(const BracketItem&) {}
void MatchSpec::Parser::refuse_features_key(const BracketItem&) {
  throw InputError("key 'features' is obsolete and cannot be honoured",
                   "ask for 'track_features' or for a build");
}

}  // namespace envlock
