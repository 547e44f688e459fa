#include "solver/repodata_record.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "solver/repodata_handler.hpp"

namespace envlock {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t max_items = 10'000;                       // J08
constexpr std::size_t max_text_bytes = std::size_t{64} << 10U;  // J08
constexpr std::int64_t last_second = 253402300799;  // the year 9999: what is larger is milliseconds

enum Field : std::uint32_t {
  f_name = 1U << 0U,
  f_version = 1U << 1U,
  f_build = 1U << 2U,
  f_build_number = 1U << 3U,
  f_depends = 1U << 4U,
  f_constrains = 1U << 5U,
  f_subdir = 1U << 6U,
  f_noarch = 1U << 7U,
  f_timestamp = 1U << 8U,
  f_indexed_timestamp = 1U << 9U,
  f_track_features = 1U << 10U,
  f_license = 1U << 11U,
  f_license_family = 1U << 12U,
  f_md5 = 1U << 13U,
  f_sha256 = 1U << 14U,
  f_size = 1U << 15U,
  f_site_packages = 1U << 16U,
  f_extra_depends = 1U << 17U,
  f_flags = 1U << 18U,
  f_other = 0
};

Field field_of(std::string_view key) noexcept {
  const auto is = [key](std::string_view wanted, Field field) {
    return key == wanted ? field : f_other;
  };
  switch (key.size()) {
    case 3:
      return is("md5", f_md5);
    case 4:
      return key[0] == 'n' ? is("name", f_name) : is("size", f_size);
    case 5:
      return key[0] == 'b' ? is("build", f_build) : is("flags", f_flags);
    case 6:
      switch (key[1]) {
        case 'h':
          return is("sha256", f_sha256);
        case 'u':
          return is("subdir", f_subdir);
        default:
          return is("noarch", f_noarch);
      }
    case 7:
      switch (key[0]) {
        case 'v':
          return is("version", f_version);
        case 'd':
          return is("depends", f_depends);
        default:
          return is("license", f_license);
      }
    case 9:
      return is("timestamp", f_timestamp);
    case 10:
      return is("constrains", f_constrains);
    case 12:
      return is("build_number", f_build_number);
    case 13:
      return is("extra_depends", f_extra_depends);
    case 14:
      return key[0] == 't' ? is("track_features", f_track_features)
                           : is("license_family", f_license_family);
    case 17:
      return is("indexed_timestamp", f_indexed_timestamp);
    case 25:
      return is("python_site_packages_path", f_site_packages);
    default:
      return f_other;
  }
}

std::string_view type_name(element value) noexcept {
  switch (value.type()) {
    case element_type::STRING:
      return "text";
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::BOOL:
      return "true or false";
    case element_type::NULL_VALUE:
      return "null";
    case element_type::DOUBLE:
      return "a number with a fraction";
    case element_type::INT64:
    case element_type::UINT64:
      return "a whole number";
  }
  return "unknown";
}

[[noreturn]] void wrong(std::string_view key, std::string_view expected, element found) {
  throw BadMember{ExitCode::invalid_input,
                  "field '" + std::string(key) + "': expected " + std::string(expected) +
                      ", found " + std::string(type_name(found)),
                  {}};
}
[[noreturn]] void wrong_text(std::string_view key, std::string_view expected,
                             std::string_view found) {
  throw BadMember{ExitCode::invalid_input,
                  "field '" + std::string(key) + "': expected " + std::string(expected) +
                      ", found '" + std::string(found.substr(0, 64)) + "'",
                  {}};
}

std::string_view text(std::string_view key, element value) {
  if (value.type() != element_type::STRING) wrong(key, "text", value);
  const std::string_view found = text_of(value);
  if (found.size() > max_text_bytes)
    throw BadMember{
        ExitCode::untrusted, "field '" + std::string(key) + "': more than 64 KiB of text", {}};
  return found;
}
std::string_view text_or_null(std::string_view key, element value) {
  return value.is_null() ? std::string_view() : text(key, value);
}

std::uint64_t whole_number(std::string_view key, element value) {
  std::uint64_t number = 0;
  if (value.type() == element_type::DOUBLE || value.get_uint64().get(number) != simdjson::SUCCESS)
    wrong(key, "a whole number that is not negative", value);
  return number;
}

/// J03: these two fields occur as digits in quotes.
std::uint64_t whole_number_or_digits(std::string_view key, element value) {
  if (value.type() != element_type::STRING) return whole_number(key, value);
  const std::string_view digits = text_of(value);
  std::uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) wrong_text(key, "a whole number", digits);
  return number;
}

std::int64_t milliseconds(std::string_view key, element value, bool may_be_seconds) {
  const std::uint64_t number = whole_number_or_digits(key, value);
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    wrong(key, "a time", value);
  const auto time = static_cast<std::int64_t>(number);
  return may_be_seconds && time <= last_second ? time * 1000 : time;
}

void texts(std::string_view key, element value, std::vector<std::string_view>& out) {
  if (value.type() != element_type::ARRAY) wrong(key, "a list of texts", value);
  for (const element item : array_of(value)) {
    if (out.size() == max_items)
      throw BadMember{
          ExitCode::untrusted, "field '" + std::string(key) + "': more than 10000 items", {}};
    out.push_back(text(key, item));
  }
}

/// A digest of another form is none: its record is no candidate, which is counted. Passes over
/// whole arrays without a branch, which become vector instructions: a large channel has 60 MB of
/// digits.
template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> digest(std::string_view key, element value) {
  const std::string_view digits = text_or_null(key, value);
  if (digits.size() != 2 * Size) return std::nullopt;
  std::array<std::uint8_t, 2 * Size> values;
  std::memcpy(values.data(), digits.data(), values.size());
  std::uint8_t bad = 0;
  for (std::uint8_t& c : values) {
    const auto digit = static_cast<std::uint8_t>(c - '0');
    const auto letter = static_cast<std::uint8_t>((c | 0x20) - 'a');
    bad = static_cast<std::uint8_t>(bad | ((digit > 9) & (letter > 5)));
    c = static_cast<std::uint8_t>(digit > 9 ? letter + 10 : digit);
  }
  if (bad != 0) return std::nullopt;
  std::array<std::uint8_t, Size> bytes;
  for (std::size_t i = 0; i < Size; ++i)
    bytes[i] = static_cast<std::uint8_t>(values[2 * i] << 4U | values[2 * i + 1]);
  return bytes;
}

NoArch read_noarch(std::string_view key, element value) {
  if (value.is_null()) return NoArch::none;
  bool generic = false;
  if (value.get_bool().get(generic) == simdjson::SUCCESS)
    return generic ? NoArch::generic : NoArch::none;  // before conda 4.3
  const std::string_view kind = text(key, value);
  if (kind.empty()) return NoArch::none;
  if (kind == "python") return NoArch::python;
  if (kind == "generic") return NoArch::generic;
  wrong_text(key, "'python' or 'generic'", kind);
}

[[noreturn]] void twice(std::string_view key) {
  throw BadMember{ExitCode::invalid_input, "the field '" + std::string(key) + "' occurs twice", {}};
}

void check_distinct(std::vector<std::string_view>& keys) {
  if (keys.size() < 2) return;
  std::sort(keys.begin(), keys.end());
  const auto same = std::adjacent_find(keys.begin(), keys.end());
  if (same != keys.end()) twice(*same);
}

bool is_empty(std::string_view key, element value) {
  if (value.is_null()) return true;
  if (value.type() == element_type::ARRAY) return array_of(value).size() == 0;
  if (value.type() == element_type::OBJECT) return object_of(value).size() == 0;
  wrong(key, "a list or an object", value);
}

}  // namespace

void RepodataRecord::reset() {
  name = version = build = subdir = license = license_family = python_site_packages_path = {};
  build_number = 0;
  size.reset();
  timestamp_ms.reset();
  indexed_timestamp_ms.reset();
  sha256.reset();
  md5.reset();
  depends.clear();
  constrains.clear();
  track_features.clear();
  noarch = NoArch::none;
  has_v3_fields = false;
  other_keys_.clear();
  seen_ = 0;
}

void RepodataRecord::parse(element value) {
  reset();
  if (value.type() != element_type::OBJECT)
    throw BadMember{
        ExitCode::invalid_input, "expected an object, found " + std::string(type_name(value)), {}};
  for (const auto member : object_of(value)) read(member.key, member.value);
  check_distinct(other_keys_);
  constexpr std::array<std::pair<Field, std::string_view>, 4> required = {
      {{f_name, "name"},
       {f_version, "version"},
       {f_build, "build"},
       {f_build_number, "build_number"}}};
  for (const auto& [field, key] : required) {
    if ((seen_ & field) == 0)
      throw BadMember{
          ExitCode::invalid_input, "the field '" + std::string(key) + "' is missing", {}};
  }
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    lower_name_.assign(name);
    for (char& c : lower_name_) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    name = lower_name_;
  }
}

void RepodataRecord::read(std::string_view key, element value) {
  const Field field = field_of(key);
  if ((seen_ & field) != 0) twice(key);
  seen_ |= field;
  switch (field) {
    case f_name:
      name = text(key, value);
      break;
    case f_version:
      version = text(key, value);
      break;
    case f_build:
      build = text(key, value);
      break;
    case f_build_number:
      build_number = whole_number_or_digits(key, value);
      break;
    case f_depends:
      texts(key, value, depends);
      break;
    case f_constrains:
      texts(key, value, constrains);
      break;
    case f_subdir:
      subdir = text_or_null(key, value);
      break;
    case f_noarch:
      noarch = read_noarch(key, value);
      break;
    case f_timestamp:
      if (!value.is_null()) timestamp_ms = milliseconds(key, value, true);
      break;
    case f_indexed_timestamp:
      if (!value.is_null()) indexed_timestamp_ms = milliseconds(key, value, false);
      break;
    case f_track_features:
      if (value.type() == element_type::ARRAY) {
        std::vector<std::string_view> items;
        texts(key, value, items);
        for (const std::string_view item : items) add_track_features(item);
      } else {
        add_track_features(text_or_null(key, value));
      }
      std::sort(track_features.begin(), track_features.end());
      track_features.erase(std::unique(track_features.begin(), track_features.end()),
                           track_features.end());
      break;
    case f_license:
      license = text_or_null(key, value);
      break;
    case f_license_family:
      license_family = text_or_null(key, value);
      break;
    case f_md5:
      md5 = digest<16>(key, value);
      break;
    case f_sha256:
      sha256 = digest<32>(key, value);
      break;
    case f_size:
      if (!value.is_null()) size = whole_number(key, value);
      break;
    case f_site_packages:
      python_site_packages_path = text_or_null(key, value);
      break;
    case f_extra_depends:
    case f_flags:
      has_v3_fields = !is_empty(key, value) || has_v3_fields;
      break;
    case f_other:
      other_keys_.push_back(key);
      break;
  }
}

void RepodataRecord::add_track_features(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(" ,"), list.size());
    if (end > 0) track_features.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool has_conditional_key(std::string_view spec) noexcept {
  const std::size_t open = spec.find('[');
  if (open == std::string_view::npos) return false;
  char quote = 0;
  std::size_t key_at = open + 1;
  for (std::size_t at = open + 1; at < spec.size(); ++at) {
    const char c = spec[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ',' || c == '[') {
      key_at = at + 1;
    } else if (c == '=') {
      std::string_view key = spec.substr(key_at, at - key_at);
      while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
      while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
      if (key == "when" || key == "extras" || key == "flags") return true;
    }
  }
  return false;
}

std::string_view package_extension(std::string_view file_name) noexcept {
  constexpr std::string_view modern = ".conda";
  constexpr std::string_view old = ".tar.bz2";
  std::string_view extension;
  if (file_name.ends_with(modern)) extension = modern;
  if (file_name.ends_with(old)) extension = old;
  if (file_name.size() == extension.size()) return {};
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    const auto c = static_cast<unsigned char>(file_name[i]);
    if (c == '/' || c == '\\' || c < 0x20 || c == 0x7f) return {};
    if (c == '.' && i + 1 < file_name.size() && file_name[i + 1] == '.') return {};
  }
  return extension;
}

}  // namespace envlock
