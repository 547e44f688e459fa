#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// A file of the host, read whole. Links are followed, as the programs do that read it; FIFOs and
/// devices are not waited for.
struct HostFile {
  std::optional<std::string> text;
  std::string fault;  ///< Why it was not read; empty where it is not there.
  bool is_denied = false;
  mode_t mode = 0;
  uid_t owner = 0;
};

inline constexpr std::string_view not_regular_fault = "it is no regular file";
inline constexpr std::size_t max_host_file_bytes = std::size_t{1} << 20U;

/// Reads up to `max_bytes`; what is larger, no text (it has a NUL) or no regular file is a fault.
/// A link of one user to another's file that not everybody may read is one, too: a report must not
/// tell what is in it.
/// @param may_have_nul  for /proc/PID/cmdline
HostFile read_host_file(const std::string& path, std::size_t max_bytes = max_host_file_bytes,
                        bool may_have_nul = false);

/// True where a user who neither owns the file nor is in its group gets to it: all folders above
/// may be entered. Access lists are not looked at.
bool is_reachable_by_others(const std::string& path);

/// The names in a folder, sorted; nothing where there is none or it cannot be read.
struct HostFolder {
  std::vector<std::string> names;
  bool is_there = false;
  bool is_denied = false;
};
HostFolder list_host_folder(const std::string& path);

/// A user that may log in, by /etc/passwd.
struct HostUser {
  std::string name, home;
  uid_t uid = 0;
};
std::vector<HostUser> users_of(std::string_view passwd);

}  // namespace envlock
