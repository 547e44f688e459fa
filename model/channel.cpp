#include "model/channel.hpp"

#include <algorithm>
#include <array>

#include "model/error.hpp"
#include "model/platform.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_channel_bytes = 2048;
constexpr std::string_view anaconda_repo = "https://repo.anaconda.com/";
/// The names that every conda tool knows without configuration; the first two are `defaults`.
constexpr std::array<std::string_view, 4> built_in = {"pkgs/main", "pkgs/r", "pkgs/msys2",
                                                      "pkgs/pro"};

[[noreturn]] void refuse(std::string_view text, const std::string& why, std::string hint) {
  throw InputError("channel '" + redact_urls(text) + "': " + why, std::move(hint));
}

void refuse_reserved(std::string_view text) {
  if (text.empty())
    throw InputError("a channel is empty", "write its name, URL or path, for example conda-forge");
  if (text.size() > max_channel_bytes)
    refuse(text.substr(0, 64), "longer than " + std::to_string(max_channel_bytes) + " bytes", "");
  if (text == "local")
    refuse(text, "this name means conda-build's output folder on one machine",
           "name the folder by its path: /path/to/conda-bld or file:///path/to/conda-bld");
  if (text == "<unknown>")
    refuse(text, "packages of unknown origin cannot be locked",
           "name the channel that they came from");
  if (text == "nodefaults")
    refuse(text, "this is no channel",
           "leave it out: envlock never adds default channels to those that are listed");
  if (text.front() == '~')
    refuse(text, "home folders are not expanded, since a lock holds for every user",
           "write an absolute path, or one that starts with ./ or ../");
  if (text.find('$') != std::string_view::npos || text.find('%') < text.find('/'))
    refuse(
        text, "variables are not expanded in channel names",
        "write the URL without the variable: envlock expands none, so that a lock means the same "
        "everywhere");
}

/// `C:\x`, `C:/x`, `\\server\share`, `.\x`.
bool is_windows_path(std::string_view text) {
  if (text.find('\\') != std::string_view::npos) return true;
  const bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
  return text.size() >= 2 && letter && text[1] == ':';
}

bool is_path(std::string_view text) {
  return text[0] == '/' || text == "." || text == ".." || text.substr(0, 2) == "./" ||
         text.substr(0, 3) == "../";
}

/// Takes `[linux-64,noarch]` off the end of `text`.
std::vector<std::string> take_bracket(std::string_view whole, std::string_view& text) {
  std::vector<std::string> subdirs;
  if (text.empty() || text.back() != ']') return subdirs;
  const std::size_t open = text.rfind('[');
  // "https://[::1]" ends in an address, not in a list.
  if (open == std::string_view::npos || (open > 0 && text[open - 1] == '/')) return subdirs;
  std::string_view list = text.substr(open + 1, text.size() - open - 2);
  text = text.substr(0, open);
  while (true) {
    const std::size_t end = std::min(list.find_first_of(",|"), list.size());
    const std::string_view subdir = trim(list.substr(0, end));
    if (subdir != "noarch" && !Platform::parse(subdir)) {
      const auto near = nearest_word(subdir, known_subdirs());
      refuse(whole, "'" + std::string(subdir) + "' is not a platform",
             near ? "did you mean '" + *near + "'?" : "write for example [linux-64,noarch]");
    }
    subdirs.emplace_back(subdir);
    if (end == list.size()) break;
    list.remove_prefix(end + 1);
  }
  std::ranges::sort(subdirs);
  subdirs.erase(std::unique(subdirs.begin(), subdirs.end()), subdirs.end());
  return subdirs;
}

/// Takes a known subdir off the end of a path or name. Only there: conda and mamba take the first
/// one anywhere, and so misread a mirror below /srv/linux-64/ (CF 1.3).
std::optional<std::string> take_trailing_subdir(std::string_view& text) {
  while (text.size() > 1 && text.back() == '/') text.remove_suffix(1);
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0 || text[slash - 1] == '/') return std::nullopt;
  const std::string_view last = text.substr(slash + 1);
  if (!is_known_subdir(last)) return std::nullopt;
  text = text.substr(0, slash);
  return std::string(last);
}

/// CEP 26's parts of a channel name, and the few more characters that anaconda.org has let in.
void check_name(std::string_view whole, std::string_view name) {
  const auto is_name_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '+' || c == '~';
  };
  while (true) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    if (part.empty() || part.size() > 128 || part.front() == '.' || part.front() == '-' ||
        !std::ranges::all_of(part, is_name_char))
      refuse(whole, "not a channel's name, URL or path",
             "write a name (conda-forge), a URL (https://host/channel) or a path that starts with "
             "/, ./ or ../");
    if (end == name.size()) return;
    name.remove_prefix(end + 1);
  }
}

void refuse_credentials(const Url& url) {
  if (url.has_credentials())
    refuse(url.to_string(), "was written with a user name, password or token",
           "write the URL without it: files, locks and command lines are read by others; name "
           "where the "
           "secret comes from in envlock.yml: channels: NAME: credentials: {as: token, env: NAME} "
           "(docs/credentials.md)");
}

Url require_url(std::string_view whole, std::string_view text) {
  if (const std::size_t at = text.find_first_of("?#"); at != std::string_view::npos)
    refuse(whole, "a channel's URL has no query and no fragment",
           std::string("write the URL without '") + text[at] + "' and what follows");
  const std::string scheme = to_lower(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https" && scheme != "file")
    refuse(whole, "'" + scheme + "' is not supported", "envlock reads https, http and file URLs");
  const auto url = Url::parse(text);
  if (!url)
    refuse(whole, "not a valid URL",
           "write it as https://host/channel, with odd characters percent-encoded");
  return *url;
}

std::string last_part(const Url& url) {
  const std::string& path = url.path();
  if (path.empty()) return url.host();
  const std::string part = path.substr(path.rfind('/') + 1);
  const auto decoded = percent_decode(part);
  return decoded && is_utf8(*decoded) ? *decoded : part;
}

/// CF 1.4: the name itself, then without its last part, and so on ("mychan/label/dev" is below
/// "mychan").
std::optional<Url> find_named(std::string_view name, const ChannelNames& names) {
  for (std::string_view head = name;; head = head.substr(0, head.rfind('/'))) {
    const auto named = names.named.find(std::string(head));
    if (named != names.named.end()) return named->second.join(name.substr(head.size()));
    if (std::ranges::find(built_in, head) != built_in.end())
      return Url::parse(std::string(anaconda_repo).append(name));
    if (head.find('/') == std::string_view::npos) return std::nullopt;
  }
}

Channel resolve_name(std::string_view whole, std::string_view name, const ChannelNames& names) {
  check_name(whole, name);
  if (const auto url = find_named(name, names)) return {std::string(name), *url, {}};
  return {std::string(name), require_url(whole, names.alias + '/' + std::string(name)), {}};
}

Channel resolve_path(std::string_view whole, std::string_view path, const ChannelNames& names) {
  if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    refuse(whole, "a control character stands in it", "");
  std::string absolute(path);
  if (path[0] != '/') {
    if (names.base_dir.empty())
      refuse(whole, "a relative path has nothing to be relative to", "write an absolute path");
    absolute = names.base_dir + '/' + absolute;
  }
  const Url url = Url::from_path(absolute);
  return {last_part(url), url, {}};
}

}  // namespace

std::vector<Channel> parse_channel(std::string_view whole, const ChannelNames& names) {
  std::string_view text = trim(whole);
  refuse_reserved(text);
  std::vector<std::string> subdirs = take_bracket(whole, text);
  if (text.empty()) refuse(whole, "a list of platforms without a channel", "write NAME[linux-64]");
  if (is_windows_path(text))
    refuse(whole, "a Windows path, which this system cannot read", "write a URL or a Unix path");
  if (const auto subdir = take_trailing_subdir(text)) {
    if (!subdirs.empty())
      refuse(whole, "names its platform twice", "write either the path's end or the brackets");
    subdirs.push_back(*subdir);
  }
  std::vector<Channel> channels;
  if (text.find("://") != std::string_view::npos) {
    const Url url = require_url(whole, text);
    channels.push_back({last_part(url), url, {}});
  } else if (is_path(text)) {
    channels.push_back(resolve_path(whole, text, names));
  } else if (text == "defaults" && !names.named.contains("defaults")) {
    channels = {resolve_name(whole, built_in[0], names), resolve_name(whole, built_in[1], names)};
  } else {
    channels.push_back(resolve_name(whole, text, names));
  }
  for (Channel& channel : channels) {
    refuse_credentials(channel.url);
    if (channel.url.is_file() && channel.url.path().empty())
      refuse(whole, "the root folder is no channel", "name the folder that holds noarch/");
    channel.subdirs = subdirs;
  }
  return channels;
}

Url package_url(const Url& subdir_base, std::string_view file_name) {
  return subdir_base.join(percent_encode_segment(file_name));
}

}  // namespace envlock
