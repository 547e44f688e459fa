#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// What stands before the archive in a self-extracting pack: a POSIX sh script, and the program
/// that it starts. The script needs sh, tail, head, mkdir, chmod and rm; it runs nothing from /tmp.
/// @param program  bin/envlock-env's bytes
std::string self_extracting_head(std::string_view program);

}  // namespace envlock
