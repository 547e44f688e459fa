#pragma once

#include "cli/environment_plan.hpp"
#include "cli/pack_request.hpp"

namespace envlock {

/// Writes the packages of a lock's platform as a channel folder, the lock beside them. The folder
/// appears whole or not at all.
/// @throws UsageError for options that only packs have; what fetch_packages and ChannelFolder
/// throw; Error (8) where the folder got files
///         meanwhile
ExitCode pack_channel(const ParsedArgs& args, const EnvironmentLock& environment,
                      const PackRequest& request, Context& context);

}  // namespace envlock
