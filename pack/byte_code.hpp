#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/unique_fd.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// Sources of one package, sorted by path; compiled by one process, so that the result is the same
/// whatever else is compiled beside it.
struct ByteCodeJob {
  std::size_t package = 0;  ///< Index into TreePlan::packages.
  std::vector<std::string> sources;
};

/// A path of an environment. `path` belongs to whoever lists it.
struct OwnedPath {
  static constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();
  std::string_view path;
  std::size_t package = nobody;  ///< By index.
  bool is_file = false;          ///< No link and no folder.
};

/// What python would compile on first import: every .py below lib/pythonX.Y or the site-packages
/// whose byte code no package brings.
/// @param python  "3.11"; empty without python
/// @param paths   all of the environment, sorted
std::vector<ByteCodeJob> byte_code_jobs(std::string_view python, std::string_view site_packages,
                                        const std::vector<OwnedPath>& paths);
std::vector<ByteCodeJob> byte_code_jobs(const TreePlan& plan);

/// "a/__pycache__/b.cpython-311.pyc" of "a/b.py" and "3.11" (PEP 3147).
std::string byte_code_path(std::string_view source, std::string_view python);

/// Gives each source the time that the byte code which its package brings for it says, so that
/// Python uses that and has no reason to make it anew. Only of wanted packages, by index into
/// TreePlan::packages; empty: all. Byte code that names a hash, or another size than the source's,
/// is left to Python.
void fit_sources_to_byte_code(const UniqueFd& tree, const TreePlan& plan,
                              const std::vector<bool>& wanted);

/// The same for one source. @param compiled  its byte code's path
void fit_source_to_byte_code(const UniqueFd& tree, const std::string& source,
                             const std::string& compiled);

/// Compiles with the environment's own python, which is run without site-packages, user site or
/// environment variables. Byte code names the source's time and size (PEP 552's first kind): both
/// are the lock's, and it calls its source by its path in the prefix, so that the same lock gives
/// the same bytes wherever the prefix lies; python itself sees an edited source, and puts the full
/// path in its place when it imports a module.
/// What python cannot compile is left out, as an import would fail, too.
/// @param tree  where the files are now
/// @return why python could not be run; nothing where it could
std::optional<std::string> compile_byte_code(const std::filesystem::path& tree,
                                             std::string_view python,
                                             const std::vector<ByteCodeJob>& jobs,
                                             std::size_t threads, const std::stop_token& stop);

}  // namespace envlock
