#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/url.hpp"

namespace envlock {

/// What was the newest of a channel's roles of trust, as it was served, so that nothing older is
/// believed later and that nothing has to be asked offline. The texts prove themselves each time
/// that they are read; the file is what a rollback is measured by.
struct TrustState {
  std::string url;                 ///< The signing base URL, redacted.
  std::vector<std::string> roots;  ///< Behind the first one that was pinned, in order.
  std::string key_mgr;             ///< Empty: none was seen.

  [[nodiscard]] std::string to_string() const;
  /// @param file  names it in messages
  /// @throws TrustError for what is no such file
  static TrustState parse(std::string_view text, const std::string& file);
};

/// The private folder (0700) of these files, which no cache cleaning touches:
/// `$XDG_STATE_HOME/envlock/trust`, else `~/.local/state/envlock/trust`.
/// @throws IoError where neither variable says an absolute path
std::filesystem::path trust_state_dir(const std::optional<std::string>& xdg_state_home,
                                      const std::optional<std::string>& home);

/// The file for a signing base URL in that folder.
std::filesystem::path trust_state_file(const std::filesystem::path& dir, const Url& trust_url);

/// Nothing where there is none. @throws TrustError for a damaged one, with the next step; IoError
std::optional<TrustState> read_trust_state(const std::filesystem::path& file);

/// Makes the folder (0700) that `file` is kept in. @throws IoError
void prepare_trust_state(const std::filesystem::path& file);

/// Replaces the file (0600) at once. @throws IoError
void write_trust_state(const std::filesystem::path& file, const TrustState& state);

}  // namespace envlock
