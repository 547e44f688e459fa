#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace envlock {

/// What an import made of its source.
struct Imported {
  std::string kind;    ///< "lock", "environment", "project".
  std::string format;  ///< Of the source, as messages call it.
  std::string source;
  std::string document;
  std::vector<std::string> summary;  ///< Lines for people, below "Wrote ...".
  std::vector<std::string> notices;  ///< What was assumed or left out.
  std::vector<std::string> unowned;  ///< Of a prefix: paths that no package brought.
};

/// Where an import goes: `-o`, else `usual` in the working folder.
/// @throws UsageError where `usual` is there already, or the place is `source` itself
std::string import_target(const ParsedArgs& args, std::string_view usual,
                          const std::string& source);

/// Writes the document and says what happened.
ExitCode finish_import(const Imported& imported, const std::string& target, Context& context);

}  // namespace envlock
