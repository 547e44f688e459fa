#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// Programs in bin/ that no package brought and that start an interpreter of another place: what
/// pip wrote into an environment before it was moved or copied. They are somebody's, so that
/// nothing rewrites them unasked.
/// @param prefix_fd    an open folder; nothing is followed out of it
/// @param prefix       absolute: where the environment lies now
/// @param old_prefix   where it lay; empty: not known, and then only interpreters count that are
///                     gone while the environment has one of their name
/// @param is_packaged  whether a path of the prefix is a package's
/// @return paths in the prefix, sorted
std::vector<std::string> stale_scripts(int prefix_fd, const std::string& prefix,
                                       const std::string& old_prefix,
                                       const std::function<bool(std::string_view)>& is_packaged);

/// What to say of them, and what to do.
std::string told_stale_scripts(const std::vector<std::string>& scripts);
std::string stale_scripts_hint(const std::string& prefix);

}  // namespace envlock
