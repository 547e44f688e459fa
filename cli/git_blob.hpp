#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>

namespace envlock {

/// The content of PATH at REV, asked of the `git` program in the repository around `cwd`.
/// @param spec  "REV:PATH"; PATH from the repository's top, or from `cwd` where it starts with "./"
/// @throws UsageError for another form, IoError where git is missing or does not know it,
/// TrustError above `max_bytes`, Interrupted
std::string read_git_blob(const std::string& spec, const std::filesystem::path& cwd,
                          std::size_t max_bytes, const std::stop_token& stop = {});

/// Whether there is a PATH at REV. @throws as `read_git_blob`, IoError where there is no REV
bool has_git_blob(const std::string& spec, const std::filesystem::path& cwd);

/// The top folder of the repository around `cwd`. @throws IoError where there is none
std::filesystem::path git_top(const std::filesystem::path& cwd);

}  // namespace envlock
