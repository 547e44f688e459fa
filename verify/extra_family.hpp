#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace envlock {

/// What a file that no package brought is, by its place and name (CF 12.2). Ascending: where a
/// folder holds several families, the last of them names it.
enum class ExtraFamily : std::uint8_t {
  conda_state,  ///< conda-meta/history and the like: every tool writes it. No finding.
  data_cache,   ///< Lists and caches of data that programs make on the spot. No finding.
  data,
  code_cache,
  other_code,
  jupyter_code,
  r_library,
  library,
  python_module,
  program,
  conda_configuration,
  environment_variables,
  activation,
  startup,
};

/// The rule of a family; empty for those that are no finding.
std::string_view rule_of(ExtraFamily family) noexcept;
/// "programs", "Python modules", ...: for counts in messages.
std::string_view plural_of(ExtraFamily family) noexcept;
/// "1 data file", "2 files of R libraries": a count with such a text, or with one of the like
/// ("files without a hash in their record").
std::string counted_kind(std::uint64_t count, std::string_view plural);
/// True for what is told file by file, also inside a folder that no package brought.
bool is_told_alone(ExtraFamily family) noexcept;

/// @param path           in the prefix
/// @param executable     is a file with an x bit
/// @param site_packages  where python keeps modules; may be empty
ExtraFamily family_of(std::string_view path, bool executable, std::string_view site_packages);

/// "libssl.so" of "lib/libssl.so.3" and of "lib/libssl.so"; empty for what is no shared library
/// that programs load by name.
std::string_view library_stem(std::string_view path) noexcept;

}  // namespace envlock
