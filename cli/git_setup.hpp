#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock {

/// A pattern of .gitattributes that matches the file at `path` (from the top of the work tree, '/'
/// separators) and nothing else.
std::string attributes_pattern(const std::string& path);

/// What git has to be told so that it reads locks as text and merges them.
struct GitSetup {
  std::filesystem::path top;  ///< Of the work tree.
  /// Keys of the repository's own configuration with their values.
  std::vector<std::pair<std::string, std::string>> config;
  std::vector<std::string> lines;  ///< Of .gitattributes.
  std::vector<std::string> locks;  ///< Paths from the top that the lines are for.
};

/// @param program   how a shell calls envlock, quoted
/// @param locks     other locks than those that are called envlock.lock, from the top
/// @param offline   the merge driver opens no socket
GitSetup git_setup(std::filesystem::path top, const std::string& program,
                   const std::vector<std::string>& locks, bool offline);

/// One part of the setup, and how it is now.
struct GitSetupPart {
  std::string what;     ///< "git config merge.envlock.driver", ".gitattributes"
  std::string wanted;   ///< The value, or the line.
  std::string found;    ///< Another value that is there; empty: none.
  bool is_set = false;  ///< As wanted.
};
/// @return the parts; where all are set, moreover each lock for which git does something else all
/// the same, since another line or file of attributes says so
std::vector<GitSetupPart> look_at(const GitSetup& setup);

/// Sets what is not as wanted. @return the parts that were not, as they were before
/// @throws IoError
std::vector<GitSetupPart> set_up(const GitSetup& setup);

/// Takes out every key and every line that `set_up` could have written, and nothing else.
/// @return what was taken out
std::vector<GitSetupPart> take_out(const GitSetup& setup);

}  // namespace envlock
