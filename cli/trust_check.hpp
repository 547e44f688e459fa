#pragma once

#include "cli/command.hpp"

namespace envlock {

/// The options of `envlock trust check`.
OptionGroup trust_check_options();

/// `envlock trust check`: judges content-trust metadata and signed records from files, at the
/// clock's time. Every document gets a verdict, also after a refused one.
/// @return ok where all are accepted, else untrusted
/// @throws UsageError for options that do not go together, IoError for a file that cannot be read
ExitCode trust_check(const ParsedArgs& args, Context& context);

}  // namespace envlock
