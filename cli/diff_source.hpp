#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "verify/diff/diff_input.hpp"

namespace envlock {

/// One of the two that `diff` compares, and what lies beside it.
struct DiffSource {
  DiffInput input;
  std::string text;  ///< Of the document; empty for a prefix.
  /// A file by its path relative to the document's folder; nothing where there is none.
  std::function<std::optional<std::string>(const std::string& path)> beside;
};

/// Reads a lock, an installed prefix, a baseline, an explicit list, a conda-lock.yml, a pixi.lock
/// (or `FILE#ENVIRONMENT` of one), told apart by their content, or `git:REV:PATH` of such a file.
/// @throws UsageError for an environment that is not there, InputError for what it is none of,
///         IoError
DiffSource read_diff_source(const std::string& argument, Context& context);

/// The first line of an environment file on which a request stands; 0: it was not found.
std::size_t line_of_request(std::string_view yaml, std::string_view spec);

}  // namespace envlock
