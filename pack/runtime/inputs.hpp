#pragma once

#include <string>

#include "pack/pack_head.hpp"
#include "pack/preflight.hpp"
#include "pack/runtime/arguments.hpp"

namespace envlock::runtime {

/// The folder that an argument names: absolute, its links resolved.
/// @throws UsageError for what no environment's path may be
std::string prefix_argument(const std::string& given);

/// @param pack  its file; empty for an environment that lies here
/// @return who signed the manifest; empty where no key was given, which is told where there is a
///         signature
/// @throws TrustError (6); InputError, IoError for the key
std::string check_signature(const PackHead& head, const Arguments& arguments,
                            const std::string& pack = {});

/// @throws InputError, IoError for the file of --host
PreflightRequest preflight_request(const Arguments& arguments, const std::string& prefix);

}  // namespace envlock::runtime
