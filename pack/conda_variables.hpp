#pragma once

#include <map>
#include <optional>
#include <string>

namespace envlock {

/// What an install makes of conda-meta/state, which two write: envlock the lock's variables, and
/// the user, by `conda env config vars set`, others.
struct CondaVariables {
  bool stays = false;                                 ///< The file is left as it is.
  std::map<std::string, std::string> variables = {};  ///< Else it says these; none: it goes.
  bool is_lost = false;  ///< It could not be read, and the lock has variables.
};

/// The user's variables stay, those of the earlier lock go, and the new lock's hold.
/// @param file    the text; nothing where there is no file
/// @param before  of the lock by which envlock wrote the file; nothing where it is not known
/// @param locked  of the lock that is installed
CondaVariables conda_variables(const std::optional<std::string>& file,
                               const std::optional<std::map<std::string, std::string>>& before,
                               const std::map<std::string, std::string>& locked);

}  // namespace envlock
