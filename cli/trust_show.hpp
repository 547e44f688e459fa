#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock trust show [CHANNEL...]`: the rules of envlock.yml, the pinned roots and what was seen
/// of the channels last. Opens no socket.
/// @throws UsageError, InputError, IoError; TrustError for a root or state that proves nothing
ExitCode trust_show(const ParsedArgs& args, Context& context);

}  // namespace envlock
