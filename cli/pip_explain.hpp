#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/pip_question.hpp"

namespace envlock {

/// What pip failed at, and what is known of it.
struct PipFailure {
  const SolveAsk& ask;
  const Platform& platform;
  const PreparedPip& prepared;
  const PipProxy& proxy;
  const std::filesystem::path& folder;  ///< Of this run.
  const std::string& pip_version;
  const std::vector<std::string>& messages;
};

/// pip's own words under the user's line: what matters of them, with what conda provides and what
/// the indexes lack of the projects that they name.
/// @throws Error (4) where pip found nothing, else (8)
[[noreturn]] void explain_pip_failure(const PipFailure& failure);

/// The projects' names of a text as they are compared (PEP 503), apart from what is no name.
std::string with_project_names(std::string_view text);

/// pip's explanation of why it failed, without its progress and advice, by `with_project_names`.
std::string pip_conflict_text(const std::vector<std::string>& messages);

/// Whether a normalised name stands in such a text, not as a part of another.
bool names_project(std::string_view text, std::string_view project);

/// Without the folder of this run and the proxy's URL, a secret of this run.
std::string without_own_places(std::string line, const PipProxy& proxy,
                               const std::filesystem::path& folder);

/// "(from versions: 0.1, 0.2, ..., 2.0)" with the latest ten alone.
std::string with_latest_versions(std::string line);

}  // namespace envlock
