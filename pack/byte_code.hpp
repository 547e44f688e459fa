#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pack/tree_plan.hpp"

namespace envlock {

/// Sources of one package, sorted by path; compiled by one process, so that the result is the same
/// whatever else is compiled beside it.
struct ByteCodeJob {
  std::size_t package = 0;  ///< Index into TreePlan::packages.
  std::vector<std::string> sources;
};

/// What python would compile on first import: every .py below lib/pythonX.Y or the site-packages
/// whose byte code no package brings.
std::vector<ByteCodeJob> byte_code_jobs(const TreePlan& plan);

/// "a/__pycache__/b.cpython-311.pyc" of "a/b.py" and "3.11" (PEP 3147).
std::string byte_code_path(std::string_view source, std::string_view python);

/// Compiles with the environment's own python, which is run without site-packages, user site or
/// environment variables. Byte code names the source's time and size (PEP 552's first kind): both
/// are the lock's, so that the same lock gives the same bytes; python itself sees an edited source.
/// What python cannot compile is left out, as an import would fail, too.
/// @param tree    where the files are now
/// @param prefix  where they will be: the path that tracebacks show
/// @return why python could not be run; nothing where it could
std::optional<std::string> compile_byte_code(const std::filesystem::path& tree,
                                             const std::string& prefix, std::string_view python,
                                             const std::vector<ByteCodeJob>& jobs,
                                             std::size_t threads, const std::stop_token& stop);

}  // namespace envlock
