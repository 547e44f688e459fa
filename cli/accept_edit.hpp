#pragma once

#include <string>

#include "model/project_accept.hpp"

namespace envlock {

/// The text of an envlock.yml with one more entry in `policy: accept:`; every other line stays as
/// it is.
/// @param path  names the file in messages
/// @throws InputError where the text is no envlock.yml, has that finding already, or is written so
///         that lines cannot be put into it (braces instead of lines): then the hint is the entry
std::string with_acceptance(const std::string& yaml, const Acceptance& acceptance,
                            const std::string& path);

/// The lines of an entry of `accept:`, the first starting with `indent` blanks and a dash.
std::string acceptance_lines(const Acceptance& acceptance, std::size_t indent);

}  // namespace envlock
