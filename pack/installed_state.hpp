#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/platform.hpp"
#include "model/prefix_record.hpp"

namespace envlock {

/// What an existing prefix says of itself.
struct InstalledState {
  struct Package {
    std::string file_name;  ///< In conda-meta/.
    PrefixRecord record;
  };
  std::vector<Package> packages;         ///< Sorted by name.
  std::optional<std::string> lock_text;  ///< Of `installed_lock_path`: envlock made this prefix.
  std::string history;                   ///< conda-meta/history; empty where there is none.
};

/// Reads conda-meta/ below an open folder, following no link.
/// @param shown  the prefix, for messages
/// @param unreadable  gets the names of records that cannot be read, which are then passed over;
///                    null: they are refused
/// @throws InputError (3) for a record that cannot be read, IoError
InstalledState read_installed_state(int prefix_fd, const std::string& shown,
                                    std::vector<std::string>* unreadable = nullptr);

/// The platforms that the packages are for, without noarch; sorted. One that is in order has at
/// most one.
std::set<Platform> platforms_of(const InstalledState& state);

}  // namespace envlock
