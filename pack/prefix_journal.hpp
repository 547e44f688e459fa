#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/unique_fd.hpp"

namespace envlock {

/// What an update does to a prefix once everything new lies in `update_stage_folder`: paths in the
/// prefix.
struct PrefixJournal {
  std::vector<std::string> remove;   ///< Files and links that go.
  std::vector<std::string> folders;  ///< Made where they are missing.
  std::vector<std::string> place;    ///< Moved from the stage, in this order.
  friend bool operator==(const PrefixJournal&, const PrefixJournal&) = default;
};

std::string write_journal(const PrefixJournal& journal);
/// @throws InputError (3); paths are judged, for the file is in a folder that others may reach
PrefixJournal read_journal(std::string_view json, const std::string& file);

/// An interrupted update's journal; nothing where there is none. @throws InputError, IoError
std::optional<PrefixJournal> find_journal(const UniqueFd& prefix, const std::string& shown);

/// Makes the journal the one that holds: from here on the update is completed, by whoever comes.
void commit_journal(const UniqueFd& prefix, const PrefixJournal& journal, const std::string& shown);

/// Does what a journal says and removes it and the stage. Each step may have been done before.
/// @throws IoError; the journal then stays
void apply_journal(const UniqueFd& prefix, const PrefixJournal& journal, const std::string& shown);

}  // namespace envlock
