#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/lockfile.hpp"

// Packages of `pip:` lists in the words of other tools.

namespace envlock {

/// Gives wheels and projects on disk the form that a document has for them.
/// @param lock_dir  absolute; where the lock's references count from
/// @param target  the document's folder, absolute: references from there. Nothing: file URLs
void place_on_disk(Lockfile& lock, const std::string& lock_dir,
                   const std::optional<std::string>& target);

/// A package as pip reads it, without digest: "rich==13.9.2" of PyPI itself, "NAME @ URL" of
/// elsewhere, a path of what lies on disk.
std::string pinned_requirement(const LockedPypi& package);

/// "NAME @ URL" wherever it is from; a path of what lies on disk.
std::string placed_requirement(const LockedPypi& package);

}  // namespace envlock
