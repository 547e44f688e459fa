#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// Takes a folder for this process alone, as long as the descriptor is open (flock(2), released by
/// the kernel when a process dies). A file system without locks has none.
/// @throws Error (8) where another process has it
void lock_folder(const UniqueFd& folder, const std::string& shown);

/// @param is_private_group  true where a group has no member but the owner, so that its right to
///                          write is the owner's; empty: no group is such
/// @throws TrustError (6) where a prefix is another user's, or others can write it: what is run or
///         read there could be exchanged meanwhile
void require_own_folder(const UniqueFd& folder, const std::string& shown,
                        const std::function<bool(uid_t owner, gid_t group)>& is_private_group = {});

/// The same of a prefix by its path, and that it can be made or written at all: before anything is
/// fetched for it. An empty folder may be anybody's who lets the user write there.
/// @throws TrustError where it is not the user's, or others can write it; IoError
void require_writable_place(const std::string& prefix);

/// Removes a folder of an interrupted run with all that is in it.
/// @throws IoError
void remove_tree(const std::string& path);

/// Removes all that is in an open folder, wherever its name leads by now. @throws IoError
void empty_folder(const UniqueFd& folder, const std::string& shown);

}  // namespace envlock
