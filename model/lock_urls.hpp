#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/lockfile.hpp"
#include "model/url.hpp"

// The two forms of a URL that may be local: see LockChannel.

namespace envlock {

/// True for a relative reference in the canonical form that a lock holds: ".", "./a/b", "../../a"
/// with no further dot segments, no empty ones, and percent-encoding as Url has it.
bool is_local_reference(std::string_view text);

/// The absolute form of what a lock holds; nothing where it is neither a canonical http(s) URL
/// without credentials nor a local reference.
std::optional<std::string> absolute_url(std::string_view lock_text, const Url& lock_folder);

/// The lock's form of a package's absolute URL.
/// @param channel_url  the absolute form of `channel.url`
/// @throws InternalError where the URL may not enter a lock
std::string package_url_for_lock(const std::string& url, const LockChannel& channel,
                                 const std::string& channel_url);

}  // namespace envlock
