#pragma once

#include <stop_token>

#include "pack/install.hpp"
#include "pack/pending_work.hpp"

namespace envlock {

/// What has to be done for new packages once their files are in place.
/// @param wanted  as AssembleSettings::wanted: which packages are new
PendingWork pending_for(const TreePlan& plan, const InstallRequest& request,
                        const std::vector<bool>& wanted);

/// Compiles byte code, adds it to the packages' records, and runs link scripts; `pending` lies in
/// the prefix already, and goes bit by bit.
/// @throws Error (8) where a link script fails, IoError, Interrupted; what is left stays pending
void finish_install(const UniqueFd& prefix, const TreePlan& plan, const InstallRequest& request,
                    PendingWork pending, InstallResult& result, const std::stop_token& stop);

}  // namespace envlock
