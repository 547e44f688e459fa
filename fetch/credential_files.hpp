#pragma once

#include <filesystem>
#include <string>

#include "model/secret.hpp"

// Secrets out of descriptors, files and the environment (trust rules, section 6).

namespace envlock {

/// Reads a descriptor to its end, 64 KiB at most, and closes it.
/// @param option  the option that named it, for messages
/// @throws UsageError (2) where it is not open for reading, is standard output or error, or a
/// terminal; TrustError for a regular file that others may read, and for more bytes; IoError
Secret read_credential_descriptor(int descriptor, const std::string& option = "--credential-fd");

/// Makes a descriptor close on exec, so that no child inherits it. Does nothing where it is not
/// open.
void keep_from_children(int descriptor) noexcept;

/// Who may be able to read a file of secrets.
enum class FileGuard {
  not_world_readable,  ///< systemd's, and tokens: nothing for others.
  owner_only,          ///< netrc: the user's own, mode 0600 or less.
};
/// Reads a regular file, 64 KiB at most, with line ends at its end left as they are.
/// @return an empty secret where there is no such file
/// @throws TrustError for a file that more people may read, that is not regular or too long;
/// IoError
Secret read_credential_file(const std::filesystem::path& file, FileGuard guard);

/// The content without one line end at its end.
Secret without_line_end(const Secret& content);

/// Takes a variable out of this process's environment and overwrites where it stood, so that
/// neither children nor /proc/PID/environ show it. Only while no other thread reads the
/// environment.
/// @return an empty secret where it is not set
Secret take_environment_secret(const std::string& name);

}  // namespace envlock
