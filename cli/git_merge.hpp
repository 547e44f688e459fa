#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `git-setup merge BASE OURS THEIRS MARKERS PATH`: git's merge driver for locks. The working
/// folder is the top of the work tree, as git has it.
///
/// Asks the question of both sides again, with what they locked as preferences, and writes the
/// answer to OURS, whole or not at all. Where that cannot be, OURS becomes what git's own merge of
/// texts makes of it, one line says why, and the exit is 1: for git a conflict.
/// @throws UsageError for other arguments, Interrupted
ExitCode git_merge(const ParsedArgs& args, Context& context);

}  // namespace envlock
