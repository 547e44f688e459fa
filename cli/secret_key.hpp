#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "cli/command.hpp"
#include "verify/minisign_secret_key.hpp"

namespace envlock {

/// The secret key of `--key`, its password asked for where it has one.
/// @throws InputError, IoError, UsageError
MinisignSecretKey load_secret_key(const ParsedArgs& args, Context& context);

struct HashedFile {
  MinisignDigest digest{};
  std::uint64_t size_bytes = 0;
};

/// What a signature signs of a file. @throws IoError, Interrupted
HashedFile hash_for_signature(const std::string& file, const std::stop_token& stop);

/// Whether the last part of a path can stand in a trusted comment.
bool is_signable_name(const std::string& file);

/// Name and size, so that a signature cannot be moved to another file of the same publisher
/// unnoticed; the time only where it was given, so that equal inputs give equal bytes.
/// @throws UsageError for a name that cannot stand there
std::string signature_comment(const std::string& file, std::uint64_t size_bytes,
                              const Clock& clock);

}  // namespace envlock
