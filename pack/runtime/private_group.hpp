#pragma once

#include <sys/types.h>

namespace envlock::runtime {

/// As envlock::is_private_group, by /etc/passwd and /etc/group alone: the C library's look-ups load
/// shared libraries, which a static program must not. Users that a directory service knows are not
/// seen, so that their groups count as ones with members.
bool is_private_group(uid_t owner, gid_t group);

}  // namespace envlock::runtime
