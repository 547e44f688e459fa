#pragma once

#include <filesystem>

namespace envlock {

/// Whether a path, as it is written, is a folder or lies below it. Links are not followed.
/// @param path, folder  absolute
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

/// Whether a path stays inside of a folder as it is written and where its links lead, so that no
/// link in a repository makes a file elsewhere part of it. What is not there leads nowhere else.
/// @param path, folder  absolute
bool leads_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

/// Below what the files that a lock names are looked for: the top of the repository that its folder
/// lies in; where there is none, the folder above it. A lock that somebody sent has no say about
/// other places.
/// @param folder  absolute
std::filesystem::path reach_of(const std::filesystem::path& folder);

}  // namespace envlock
