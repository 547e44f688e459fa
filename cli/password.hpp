#pragma once

#include <string>

#include "cli/command.hpp"
#include "model/secret.hpp"

namespace envlock {

/// `--password-fd`, for the tables of commands that use a secret key.
Option password_option();

/// True where a user can be asked: standard input and standard error are a terminal.
bool can_ask_password();

/// The password of a key: what `--password-fd` holds without a line end, else what the user types
/// on the terminal, which shows nothing of it. It is hidden in all output from then on.
/// @param question  "Password of 'k.key'"
/// @param twice     ask again and compare, for a new password, which must not be empty
/// @throws UsageError where neither is there, the two answers differ, or it has more than 1024
/// bytes (minisign's limit); Interrupted
Secret read_password(const ParsedArgs& args, Context& context, const std::string& question,
                     bool twice);

}  // namespace envlock
