#pragma once

#include <optional>
#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// The path that bin/activate says a prefix was made for, whichever version of envlock installed or
/// unpacked it; the script's placeholder where it lies as packed; nothing where no such script is
/// there. Enough to say what to do next, and to try: it proves nothing. (verify, which believes no
/// script, finds the place by digests: verify/moved_prefix.hpp.)
/// @param shown  the prefix, for messages
std::optional<std::string> installed_place(const UniqueFd& prefix, const std::string& shown);

}  // namespace envlock
