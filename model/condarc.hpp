#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/platform.hpp"
#include "model/project.hpp"
#include "model/url.hpp"

namespace envlock {

/// What a `.condarc` says that an envlock.yml can say (CF 11.3). Read once, by `envlock import`: no
/// command obeys a `.condarc`.
struct Condarc {
  struct Channel {
    std::string name;                  ///< Unique; as written, or the last part of the URL.
    Url url;                           ///< Without credentials.
    std::vector<std::string> mirrors;  ///< mamba's `mirrored_channels`: URLs without credentials.
  };
  /// Something that is not carried over.
  struct Remark {
    std::string key;
    std::string text;  ///< What to do instead. Never a value that may be secret.
  };
  std::vector<Channel> channels;  ///< In priority order, `defaults` and the like taken apart.
  std::optional<ChannelPriority> channel_priority;
  std::string exclude_newer;        ///< As written, or empty.
  std::vector<Platform> platforms;  ///< `subdir`.
  std::vector<std::string> denied;  ///< `disallowed_packages`: specs.
  std::vector<Remark> remarks;      ///< In document order; keys of conda's own affairs last.
};

/// True for a document with a key that only a `.condarc` has.
bool looks_like_condarc(std::string_view text);

/// @param base_dir  absolute; relative paths of channels count from it
/// @throws InputError (exit 3) with the line for what is no YAML, a value of the wrong type, or no
///         channel
Condarc read_condarc(std::string_view text, const std::string& file, const std::string& base_dir);

}  // namespace envlock
