#pragma once

#include "cli/command.hpp"

namespace envlock {

/// The options of `envlock trust init`.
OptionGroup trust_init_options();

/// `envlock trust init [CHANNEL] [--root-sha256 HEX]`: gets a channel's first root, and, where its
/// digest is the one that was given, keeps it beside envlock.yml.
/// @throws UsageError, NetworkError; TrustError for what is no self-signed root or has another
///         digest; IoError, also where another file has the root's name
ExitCode trust_init(const ParsedArgs& args, Context& context);

}  // namespace envlock
