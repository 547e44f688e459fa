#pragma once

#include <string_view>

// What an update has in a prefix while it is at work, and leaves there when it is killed: written
// by the installer, known to `run` and `verify`.

namespace envlock {

/// New files, until they take their places.
inline constexpr std::string_view update_stage_folder = ".envlock-stage";
/// What is to be moved and removed: from its first moment on the update is completed.
inline constexpr std::string_view update_journal_file = ".envlock-journal";
/// The journal while it is written.
inline constexpr std::string_view update_journal_to_be = ".envlock-journal.envlock-new";
/// Byte code and link scripts that are still to be made and run once the files are there.
inline constexpr std::string_view pending_install_file = "conda-meta/envlock.pending";

}  // namespace envlock
