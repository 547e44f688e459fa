#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/import_output.hpp"
#include "model/package_record.hpp"
#include "model/platform.hpp"

namespace envlock {

/// What an export is worth.
struct ProposedEnvironment {
  Imported imported;                 ///< The environment.yml.
  Platform platform;                 ///< That the export is taken to be of.
  std::vector<PackageRecord> found;  ///< The exported packages that channels still have.
};

/// A `conda env export` file as an environment.yml that asks for what nobody else needs, for
/// review. A file that does not list all that its packages need was no full export: its lines are
/// kept.
/// @param platforms  of the exported environment; empty: the file's own, else this machine's
/// @throws InputError for the file, UsageError for several platforms
ProposedEnvironment proposed_environment(std::string_view text, const std::string& file,
                                         const std::vector<Platform>& platforms, Context& context);

/// Solves a proposal that is not written yet, the exported packages being preferred, and writes the
/// lock. Where there is no solution, nothing is written.
/// @param environment  where the proposal will be written
/// @param lock  where the lock goes; what is there is replaced
/// @return lines for people
std::vector<std::string> solve_proposal(const ProposedEnvironment& proposed,
                                        const std::string& environment, const std::string& lock,
                                        const std::vector<std::string>& virtual_packages,
                                        Context& context);

}  // namespace envlock
