#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/url.hpp"

namespace envlock {

/// A place that serves packages. Two channels are the same where their base URLs are (CF 1.4,
/// "choose").
struct Channel {
  std::string name;  ///< As written, or the last part of the URL or path: for display and as the
                     ///< lock's key.
  Url url;           ///< Base URL: no subdir, no trailing slash, no credentials.
  /// Platforms that the user restricted the channel to (`conda-forge/linux-64`, `chan[linux-64]`);
  /// empty: all.
  std::vector<std::string> subdirs;
  friend bool operator==(const Channel&, const Channel&) = default;
};

/// How channel names become URLs. Nothing here is read from the machine.
struct ChannelNames {
  std::string alias = "https://conda.anaconda.org";  ///< A bare name is looked up below it.
  std::map<std::string, Url> named;  ///< envlock.yml's `channels:`; they come first.
  std::string base_dir;              ///< Absolute; relative paths are resolved against it.
};

/// Reads one channel as users write it: a name, a URL, `file://...`, a path (`/x`, `./x`, `../x`,
/// `~` refused). `defaults` gives two channels (pkgs/main, pkgs/r). A trailing known subdir, or
/// `[a,b]`, restricts.
/// @throws InputError for `local`, `<unknown>`, credentials in the URL, unexpanded variables, empty
/// or odd text;
///         the hint says what to write instead
std::vector<Channel> parse_channel(std::string_view text, const ChannelNames& names);

/// The URL of a package file of this channel: base (or `base_url` from repodata, already resolved)
/// + subdir + encoded fn.
Url package_url(const Url& subdir_base, std::string_view file_name);

}  // namespace envlock
