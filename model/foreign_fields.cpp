#include "model/foreign_fields.hpp"

#include <algorithm>
#include <charconv>

#include "model/text.hpp"
#include "model/url.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// How many bytes of `text` are a variable, "$NAME" or "${NAME}", at its start.
std::size_t variable_length(std::string_view text) noexcept {
  if (text.size() < 2 || text[0] != '$') return 0;
  const bool braces = text[1] == '{';
  const std::size_t start = braces ? 2 : 1;
  std::size_t end = start;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == start) return 0;
  if (!braces) return end;
  return end < text.size() && text[end] == '}' ? end + 1 : 0;
}

/// "$USER:$PASSWORD".
bool is_all_variables(std::string_view userinfo) noexcept {
  while (const std::size_t length = variable_length(userinfo)) {
    userinfo.remove_prefix(length);
    if (userinfo.empty()) return true;
    if (userinfo.front() != ':') return false;
    userinfo.remove_prefix(1);
  }
  return false;
}

/// `text` without the credentials that variables stand for: "https://$USER:$PASSWORD@host/x" and
/// "https://host/t/$TOKEN/x", which conda-lock writes.
std::string without_variables(std::string_view text) {
  const std::size_t authority = text.find("://");
  if (authority == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, authority + 3));
  text.remove_prefix(authority + 3);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::size_t at = text.substr(0, slash).rfind('@');
  if (at != std::string_view::npos && is_all_variables(text.substr(0, at)))
    text.remove_prefix(at + 1);
  if (const std::size_t token = text.find("/t/$"); token != std::string_view::npos) {
    const std::size_t length = variable_length(text.substr(token + 3));
    const std::string_view rest = text.substr(std::min(token + 3 + length, text.size()));
    if (length != 0 && (rest.empty() || rest.front() == '/'))
      return out.append(text.substr(0, token)).append(rest);
  }
  return out.append(text);
}

std::string quoted(std::string_view text) {
  return '\'' + printable(redact_urls(text), 200) + '\'';
}

/// The last part of a path or URL, and what stands before it, without the separator.
std::pair<std::string_view, std::string_view> split_last(std::string_view path) noexcept {
  const std::size_t slash = path.find_last_of("/\\");
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

YamlLimits foreign_yaml_limits() {
  YamlLimits limits;
  limits.bytes = std::size_t{64} << 20U;
  limits.nodes = 2'000'000;
  return limits;
}

void require_room(std::size_t packages, const SourcePlace& place) {
  constexpr std::size_t most = 100'000;
  if (packages >= most) throw InputError(place, "more than " + std::to_string(most) + " packages");
}

namespace {

std::string without_credentials(std::string_view text, const SourcePlace& place,
                                const std::string& what) {
  std::string plain = without_variables(text);
  if (holds_credentials(plain))
    throw InputError(place, what + " holds credentials: " + quoted(text),
                     "take them out of the file and renew them; docs/credentials.md says how "
                     "envlock is given some");
  return plain;
}

}  // namespace

std::string foreign_location(const std::string& text, const SourcePlace& place) {
  return without_credentials(text, place, "the URL");
}

std::string foreign_url(std::string_view text, const SourcePlace& place, const std::string& what,
                        bool* left_out) {
  const std::string plain = without_credentials(text, place, what);
  if (left_out != nullptr && plain != text) *left_out = true;
  const std::size_t dollar = plain.find('$');
  if (plain.substr(0, 1) == "~" ||
      (dollar != std::string::npos && variable_length(std::string_view(plain).substr(dollar)) != 0))
    throw InputError(place, what + " depends on the machine that reads it: " + quoted(text),
                     "write it out: envlock expands no variables and no '~'");
  if (const auto url = Url::parse(plain)) return url->to_string();
  return plain;
}

std::optional<PackageRecord> record_of_url(const std::string& url) {
  if (subdir_in_url(url).empty() || !split_file_name(split_last(url).second)) return std::nullopt;
  PackageRecord record;
  record.url = url;
  fill_from_url(record, {});
  record.build_number = build_number_of(record.build);
  record.noarch = derived_noarch(record);
  return record;
}

NoArch derived_noarch(const PackageRecord& record) noexcept {
  if (record.subdir != "noarch") return NoArch::none;
  return record.build.starts_with("py") ? NoArch::python : NoArch::generic;
}

std::uint64_t build_number_of(std::string_view build) noexcept {
  std::size_t start = build.size();
  while (start > 0 && build[start - 1] >= '0' && build[start - 1] <= '9') --start;
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(build.data() + start, build.data() + build.size(), number);
  return error == std::errc() && end == build.data() + build.size() ? number : 0;
}

std::string_view subdir_in_url(std::string_view url) noexcept {
  const std::string_view subdir = split_last(split_last(url).first).second;
  return is_known_subdir(subdir) ? subdir : std::string_view();
}

void fill_from_url(PackageRecord& record, const SourcePlace& place) {
  const auto [folder, file] = split_last(record.url);
  if (record.fn.empty()) record.fn = percent_decode(file).value_or(std::string(file));
  const auto parts = split_file_name(file);
  if (!parts && (record.name.empty() || record.version.empty() || record.build.empty()))
    throw InputError(place,
                     "expected the URL or path of a package (NAME-VERSION-BUILD.conda or .tar.bz2),"
                     " found " +
                         quoted(record.url));
  if (record.name.empty()) record.name = to_lower(parts->name);
  if (record.version.empty()) record.version = parts->version;
  if (record.build.empty()) record.build = parts->build;
  const auto [base, subdir] = split_last(folder);
  if (!is_known_subdir(subdir)) return;
  if (record.subdir.empty()) record.subdir = subdir;
  if (record.channel_url.empty() && Url::parse(base)) record.channel_url = base;
}

void require_sound(const PackageRecord& record, const SourcePlace& place) {
  const auto fits = [](char c) { return is_word(c) || c == '-' || c == '.'; };
  if (record.name.empty() || !std::ranges::all_of(record.name, fits))
    throw InputError(place, quoted(record.name) + " is no name of a conda package");
  if (!Version::parse(record.version))
    throw InputError(place, "the version of '" + record.name + "', " + quoted(record.version) +
                                ", cannot be read");
  if (record.build.empty() || !std::ranges::all_of(record.build, [&](char c) {
        return fits(c) || c == '+' || c == '!' || c == '=';
      }))
    throw InputError(place, "the build of '" + record.name + "', " + quoted(record.build) +
                                ", is no build string");
}

Sha256 read_sha256(const YamlReader& reader, const YamlNode& node) {
  const std::string text = reader.text(node, "'sha256'");
  if (const auto digest = Sha256::parse(text)) return *digest;
  throw InputError(reader.place(node),
                   "expected a SHA-256 of 64 lower-case hex digits, found " + quoted(text));
}

Md5 read_md5(const YamlReader& reader, const YamlNode& node) {
  const std::string text = reader.text(node, "'md5'");
  if (const auto digest = Md5::parse(text)) return *digest;
  throw InputError(reader.place(node),
                   "expected an MD5 of 32 lower-case hex digits, found " + quoted(text));
}

std::uint64_t read_count(const YamlReader& reader, const YamlNode& node, const std::string& what) {
  const std::string text = reader.text(node, what);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  throw InputError(reader.place(node), what + ": expected a whole number, found " + quoted(text));
}

std::vector<std::string> read_texts(const YamlReader& reader, const YamlNode& node,
                                    const std::string& what) {
  std::vector<std::string> out;
  for (const YamlNode* item : reader.list(node, what))
    out.push_back(reader.text(*item, "an item of " + what));
  return out;
}

Platform read_platform(const YamlReader& reader, const YamlNode& node, const std::string& what) {
  const std::string text = reader.text(node, what);
  if (const auto platform = Platform::parse(text)) return *platform;
  throw InputError(reader.place(node),
                   what + ": expected a platform such as linux-64, found " + quoted(text));
}

void require_platform(const ForeignPackage& package, const Platform& platform,
                      const SourcePlace& place) {
  const std::string& subdir = package.record.subdir;
  if (subdir.empty() || subdir == "noarch" || subdir == platform.subdir()) return;
  throw InputError(place, "'" + package.record.fn + "' is for " + subdir +
                              ", but it stands among the packages for " + platform.subdir());
}

std::string label_of(const PackageRecord& record) {
  return record.name + ' ' + record.version + ' ' + record.build;
}

}  // namespace envlock
