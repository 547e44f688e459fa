#include <algorithm>
#include <unordered_map>

#include "model/foreign_fields.hpp"
#include "model/pip_line.hpp"
#include "model/text.hpp"
#include "model/url.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_bytes = std::size_t{64} << 20U;
constexpr std::size_t max_line = std::size_t{8} << 10U;

/// Whether what stands behind "# pip " is a package, and not prose.
bool is_pip_package(std::string_view text) {
  return text.find('@') != std::string_view::npos ||
         text.find("--hash") != std::string_view::npos || text.starts_with('.') ||
         text.starts_with('/') ||
         text.substr(0, text.find(' ')).find("://") != std::string_view::npos;
}

/// What stands behind the '#' of a line (CEP 23).
void read_hash(std::string_view text, PackageRecord& record, const SourcePlace& place) {
  const bool named = text.starts_with("sha256:");
  const std::string_view hex = named ? text.substr(7) : text;
  record.sha256 = Sha256::parse(hex);
  if (!named) record.md5 = Md5::parse(hex);
  if (record.sha256 || record.md5) return;
  throw InputError(place,
                   "expected an MD5 (32 hex digits) or a SHA-256 (64) in lower case behind the "
                   "'#', found '" +
                       printable(text, 80) + "'",
                   "a comment behind a URL is not allowed: give it a line of its own");
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  ForeignLock read(std::string_view text) {
    if (text.size() > max_bytes)
      throw InputError(SourcePlace{file_}, std::to_string(text.size()) + " bytes, more than the " +
                                               std::to_string(max_bytes) + " that are read");
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!explicit_)
      throw InputError(SourcePlace{file_}, "no line '@EXPLICIT': this is no explicit list",
                       "make one with 'conda list --explicit --sha256'");
    find_platform();
    ForeignEnvironment environment;
    environment.name = "default";
    environment.channels = std::move(channels_);
    environment.platforms.push_back(std::move(platform_));
    lock_.environments.push_back(std::move(environment));
    return std::move(lock_);
  }

 private:
  [[nodiscard]] SourcePlace place() const { return {file_, line_, 0}; }

  void read_line(std::string_view raw) {
    if (raw.size() > max_line)
      throw InputError(place(), "a line of more than " + std::to_string(max_line) + " bytes");
    if (!is_utf8(raw)) throw InputError(place(), "not UTF-8");
    const std::string_view line = trim(raw);
    if (line.empty()) return;
    for (std::size_t at = 0; at < line.size();) {
      const char32_t c = next_code_point(line, at);
      if (c != U'\t' && is_unsafe(c))
        throw InputError(place(), "a control character", "save the file as plain text in UTF-8");
    }
    if (line.starts_with("<<<<<<<") || line.starts_with("=======") || line.starts_with(">>>>>>>"))
      throw InputError(place(), "a mark of an unresolved merge conflict",
                       "resolve the conflict between the marks and remove them");
    if (line.front() == '#') {
      read_comment(line.substr(1));
    } else if (line == "@EXPLICIT") {
      explicit_ = true;
    } else {
      read_package(line);
    }
  }

  void read_comment(std::string_view comment) {
    comment = trim(comment);
    if (comment.starts_with("no URL for:")) {
      lock_.without_url.emplace_back(trim(comment.substr(11)));
      return;
    }
    if (comment.starts_with("pip ")) {
      const std::string_view package = trim(comment.substr(4));
      if (is_pip_package(package)) read_pip(package);
      return;
    }
    if (!comment.starts_with("platform:")) return;
    const std::string_view text = trim(comment.substr(9));
    const auto platform = Platform::parse(text);
    if (!platform)
      throw InputError(place(),
                       "expected a platform such as linux-64 behind '# platform:', found '" +
                           printable(text, 80) + "'");
    if (platform_.platform && *platform_.platform != *platform)
      throw InputError(place(), "a second platform, '" + platform->subdir() + "' after '" +
                                    platform_.platform->subdir() + "'");
    platform_.platform = platform;
  }

  /// "# pip NAME @ URL --hash=sha256:HEX", as conda-lock and envlock write it, or with the path of
  /// a wheel. What else looks like a package is named as not locked.
  void read_pip(std::string_view text) {
    require_room(lock_.pypi.size(), place());
    ForeignPypi package;
    try {
      const PipLine read = parse_pip_line(text);
      package.location = read.url ? read.url->to_string() : read.path;
      const std::string file = package.location.substr(package.location.rfind('/') + 1);
      const auto wheel = parse_wheel_name(percent_decode(file).value_or(file));
      if (wheel && read.hashes.size() == 1) {
        package.name = read.requirement.project;
        package.version = wheel->version;
        package.sha256 = read.hashes.front();
      }
    } catch (const InputError&) {
      package.name.clear();
    }
    if (package.name.empty()) {
      lock_.without_url.emplace_back(redact_urls(text));
      return;
    }
    package.line = line_;
    platform_.pypi.push_back(lock_.pypi.size());
    lock_.pypi.push_back(std::move(package));
  }

  void read_package(std::string_view line) {
    require_room(lock_.packages.size(), place());
    ForeignPackage package;
    package.line = line_;
    const std::size_t hash = line.find('#');
    if (hash != std::string_view::npos) read_hash(line.substr(hash + 1), package.record, place());
    const std::string_view location = line.substr(0, hash);
    if (!location.ends_with(".conda") && !location.ends_with(".tar.bz2"))
      throw InputError(place(),
                       "expected the URL of a .conda or .tar.bz2 file, found '" +
                           printable(redact_urls(line), 200) + "'",
                       "an explicit list holds URLs only; specs belong into an environment.yml");
    PackageRecord& record = package.record;
    record.url = foreign_url(location, place(), "the URL", &package.credentials_left_out);
    fill_from_url(record, place());
    record.build_number = build_number_of(record.build);
    require_sound(record, place());
    const auto [first, added] = names_.emplace(record.name, line_);
    if (!added)
      throw InputError(place(),
                       "a second package '" + record.name + "': the first one is in line " +
                           std::to_string(first->second),
                       "an environment has one package of each name: remove one of the lines");
    if (!record.channel_url.empty() &&
        std::ranges::find(channels_, record.channel_url) == channels_.end())
      channels_.push_back(record.channel_url);
    platform_.packages.push_back(lock_.packages.size());
    lock_.packages.push_back(std::move(package));
  }

  /// The platform that the comment says, else that of the packages. All have to be of one.
  void find_platform() {
    for (const ForeignPackage& package : lock_.packages) {
      if (!platform_.platform) platform_.platform = Platform::parse(package.record.subdir);
      if (platform_.platform)
        require_platform(package, *platform_.platform, {file_, package.line, 0});
    }
    platform_.name = platform_.platform ? platform_.platform->subdir() : "noarch";
  }

  const std::string& file_;
  std::size_t line_ = 0;
  bool explicit_ = false;
  ForeignLock lock_;
  ForeignPlatform platform_;
  std::vector<std::string> channels_;
  std::unordered_map<std::string, std::size_t> names_;
};

}  // namespace

ForeignLock read_explicit_list(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

}  // namespace envlock
