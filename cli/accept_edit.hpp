#pragma once

#include <optional>
#include <string>

#include "model/project_accept.hpp"

namespace envlock {

/// An envlock.yml with one more acceptance.
struct WithAcceptance {
  std::string text;
  std::optional<Acceptance> replaced;  ///< What it had of the same finding.
};

/// The text of an envlock.yml with an entry in `policy: accept:`, in the place of an older one of
/// the same finding; every other line stays as it is.
/// @param yaml  may be empty, or comments only
/// @param path  names the file in messages
/// @throws InputError where the text is no envlock.yml, or is written so that lines cannot be put
///         into it (braces instead of lines): then the hint is the entry
WithAcceptance with_acceptance(const std::string& yaml, const Acceptance& acceptance,
                               const std::string& path);

/// The lines of an entry of `accept:`, the first starting with `indent` blanks and a dash.
std::string acceptance_lines(const Acceptance& acceptance, std::size_t indent);

}  // namespace envlock
