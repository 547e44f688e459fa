#pragma once

#include <optional>
#include <vector>

#include "cli/command.hpp"
#include "cli/project_file.hpp"
#include "fetch/credential_store.hpp"

namespace envlock {

/// The channels of envlock.yml, as far as their credentials go; none without it.
std::vector<CredentialChannel> credential_channels(const std::optional<ProjectFile>& project);

/// What a run may use as credentials: `channels`, --credential-fd and --netrc. Every secret that is
/// read will be hidden by the console, and closes the process's memory to others.
/// @throws UsageError where --netrc has no file to look into
CredentialSettings credential_settings(Context& context, std::vector<CredentialChannel> channels);

}  // namespace envlock
