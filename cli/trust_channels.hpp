#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/project_file.hpp"
#include "cli/solve_ask.hpp"

namespace envlock {

/// envlock.yml, by `--project` or in this folder.
std::optional<ProjectFile> trust_project(Context& context);

/// The channels of envlock.yml that demand signatures, in its order.
/// @param names  of channels; only these, where there are any
/// @throws UsageError for a name that envlock.yml does not have, or has without `signatures`;
///         InputError and TrustError as add_trust
std::vector<AskedChannel> signed_channels(const std::optional<ProjectFile>& project,
                                          const std::vector<std::string>& names, Context& context);

/// Says that there is none, and which lines would change that.
void note_no_signed_channel(Context& context);

/// The arguments behind ACTION.
std::vector<std::string> channel_arguments(const ParsedArgs& args);

/// A UsageError for a channel that envlock.yml does not list.
[[noreturn]] void refuse_unlisted(const std::optional<ProjectFile>& project,
                                  const std::string& name);

/// "expires 2027-01-01T00:00:00Z (in 214 days)", whole days alone counted, or "EXPIRED ...".
std::string expiry_text(Instant expiration, Instant now);

}  // namespace envlock
