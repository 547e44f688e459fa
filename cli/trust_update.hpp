#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock trust update [CHANNEL...]`: asks each channel that demands signatures for its newest
/// root and key manager.
/// @throws UsageError, InputError, TrustError, NetworkError, IoError; what was proved before stays
ExitCode trust_update(const ParsedArgs& args, Context& context);

}  // namespace envlock
