#pragma once

#include <string>

#include "verify/minisign.hpp"

namespace envlock {

/// `--key`: a .pub file, or its line of base64.
/// @throws InputError, IoError
MinisignPublicKey read_public_key(const std::string& key);

}  // namespace envlock
