#include "model/match_spec.hpp"

#include "model/match_spec_keys.hpp"
#include "model/platform.hpp"
#include "model/text.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

std::string joined(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

/// Two spellings of one URL may differ in what they percent-encode: "x264-1%21164" and
/// "x264-1!164".
bool same_url(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const std::optional<std::string> decoded = percent_decode(a);
  return decoded && decoded == percent_decode(b);
}

/// Whether CF 4.1's rule reads `build` back as the build after a '='.
bool is_positional_build(const StringMatcher& build) noexcept {
  return build.is_exact() && build.text().find_first_of("-=,|<>~()^$ ") == std::string::npos;
}

/// Whether `channel` survives in front of "::".
bool is_positional_channel(std::string_view channel) noexcept {
  for (const char c : channel) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && std::string_view("_-./:+~%@").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !channel.empty() && channel.back() != ':';
}

}  // namespace

bool BuildNumberSpec::matches(std::uint64_t build_number) const noexcept {
  switch (op) {
    case Op::equal:
      return build_number == value;
    case Op::not_equal:
      return build_number != value;
    case Op::less:
      return build_number < value;
    case Op::less_equal:
      return build_number <= value;
    case Op::greater:
      return build_number > value;
    case Op::greater_equal:
      return build_number >= value;
  }
  return false;
}

std::string BuildNumberSpec::to_string() const {
  static constexpr std::string_view signs[]{"", "!=", "<", "<=", ">", ">="};
  return std::string(signs[static_cast<std::size_t>(op)]) + std::to_string(value);
}

const MatchSpec::Details& MatchSpec::details() const noexcept {
  static const Details none;
  return details_ ? *details_ : none;
}

bool MatchSpec::matches_name(std::string_view name) const {
  if (has_exact_name()) return name == name_ || to_lower(name) == name_;
  return !details().name || details().name->matches(name);
}

bool MatchSpec::is_conditional() const noexcept {
  const Details& more = details();
  return more.when || !more.extras.empty() || !more.flags.empty();
}

bool MatchSpec::matches(const MatchFields& fields) const {
  if (!matches_name(fields.name)) return false;
  if (!version_.is_any() && (fields.version == nullptr || !version_.matches(*fields.version))) {
    return false;
  }
  if (!matches_build(fields.build, fields.build_number)) return false;
  if (!details_) return true;
  const Details& more = *details_;
  if (more.subdir && *more.subdir != fields.subdir) return false;
  if (more.fn && *more.fn != fields.fn) return false;
  if (more.url && !same_url(*more.url, fields.url)) return false;
  if (more.md5 && *more.md5 != fields.md5) return false;
  if (more.sha256 && *more.sha256 != fields.sha256) return false;
  if (more.license && (fields.license.empty() || !more.license->matches(fields.license))) {
    return false;
  }
  if (more.license_family &&
      (fields.license_family.empty() || !more.license_family->matches(fields.license_family))) {
    return false;
  }
  return more.track_features.empty() || joined(more.track_features, ' ') == fields.track_features;
}

std::string MatchSpec::to_string() const {
  const Details& more = details();
  std::string brackets;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!brackets.empty()) brackets += ',';
    brackets.append(key).append("=").append(value);
  };
  const auto add_quoted = [&](std::string_view key, std::string_view value) {
    add(key, quote_bracket_value(value));
  };
  const auto add_list = [&](std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string list = "[";
    for (const std::string& value : values) {
      if (list.size() > 1) list += ',';
      list += quote_bracket_value(value);
    }
    add(key, list + ']');
  };

  std::string out;
  const bool channel_in_front = more.channel && is_positional_channel(*more.channel);
  const bool subdir_in_front = channel_in_front && more.subdir && is_known_subdir(*more.subdir);
  if (channel_in_front) {
    out += *more.channel;
    if (subdir_in_front) out += '/' + *more.subdir;
    out += "::";
  }
  out += has_exact_name() ? name_ : more.name ? more.name->text() : "*";

  bool build_in_front = false;
  if (const Version* exact = version_.exact_version()) {
    out += "==" + to_lower(exact->text());
    build_in_front = build_ && is_positional_build(*build_);
    if (build_in_front) out += '=' + build_->text();
  } else if (const Version* prefix = version_.version_prefix()) {
    out += '=' + to_lower(prefix->text());
  } else if (!version_.is_any()) {
    add_quoted("version", version_.to_string());
  }
  if (build_ && !build_in_front) add_quoted("build", build_->text());
  if (build_number_) add_quoted("build_number", build_number_->to_string());
  if (more.channel && !channel_in_front) add_quoted("channel", *more.channel);
  if (more.subdir && !subdir_in_front) add_quoted("subdir", *more.subdir);
  if (more.fn) add_quoted("fn", *more.fn);
  if (more.url) add_quoted("url", *more.url);
  if (more.md5) add_quoted("md5", *more.md5);
  if (more.sha256) add_quoted("sha256", *more.sha256);
  if (!more.track_features.empty()) add_quoted("track_features", joined(more.track_features, ' '));
  if (more.license) add_quoted("license", more.license->text());
  if (more.license_family) add_quoted("license_family", more.license_family->text());
  if (more.when) add_quoted("when", *more.when);
  add_list("extras", more.extras);
  add_list("flags", more.flags);
  if (!brackets.empty()) out += '[' + brackets + ']';
  return out;
}

}  // namespace envlock
