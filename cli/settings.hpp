#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"

namespace envlock {

/// Looks up an environment variable; nothing where it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view)>;

/// The global options, read and checked.
struct Settings {
  bool json = false;
  std::string format = "text";  ///< As given, or "text".
  bool quiet = false;
  unsigned verbosity = 0;
  bool offline = false;
  std::size_t threads = 1;
  std::optional<std::string> cache_dir;            ///< As given; see resolve_cache_dir.
  std::vector<std::filesystem::path> read_caches;  ///< In the order given.
  std::optional<std::string> project;              ///< As given.
  // Of commands that use the network.
  std::optional<int> credential_fd;
  bool netrc = false;
};

/// @throws UsageError for values that cannot be, and for `--json` beside another report format
Settings read_settings(const CommandTable& table, const ParsedArgs& args);

/// The number of a file descriptor that `option` was given.
/// @throws UsageError, not repeating the value, where it is none
int read_descriptor(const ParsedArgs& args, std::string_view option);

/// @param source  the option or variable that names the folder, for the message
/// @return `text`; nothing is looked at. @throws UsageError where it is empty or a URL
std::string read_folder(const std::string& source, const std::string& text);

/// The cache folder of design section 5: `--cache-dir`, $ENVLOCK_CACHE_DIR,
/// $XDG_CACHE_HOME/envlock,
/// ~/.cache/envlock. Absolute; nothing is made or looked at.
/// @throws UsageError where none of them says anything
std::filesystem::path resolve_cache_dir(const Settings& settings,
                                        const EnvironmentLookup& environment);

}  // namespace envlock
