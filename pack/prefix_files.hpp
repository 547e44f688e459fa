#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/relocation.hpp"
#include "model/unique_fd.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// A path of a prefix that goes into a pack as it lies there, and what it was when it was looked
/// at.
struct PathToTake {
  std::string path;
  bool is_link = false;
  Sha256 sha256;  ///< Of the bytes there, or of the link's text.
};

/// Reads an installed prefix for a pack: files come out as they are packaged, with a placeholder in
/// the place of the prefix. Each is opened beneath the prefix, never through a link; what is read
/// is hashed, so that who swaps a file meanwhile gains nothing.
class PrefixFiles {
 public:
  /// @param prefix  a folder; links in its path are followed, once
  /// @throws IoError
  explicit PrefixFiles(const std::string& prefix);

  /// What became of a path that is to be taken.
  struct Taken {
    PlannedFile file;    ///< Of the installer's own: `owners` is for the caller.
    std::string fault;   ///< Why it cannot be; empty: it can.
    std::string notice;  ///< What the user should know; empty: nothing.
  };
  /// Reads it once, to know its size and digest as packaged: texts get a placeholder for the
  /// prefix.
  /// @throws TrustError where it is not what it was; IoError; Interrupted
  Taken take(const PathToTake& wanted, const std::stop_token& stop);

  /// Says that a planned file is a package's, with the placeholder's places where it has one.
  void restore(const std::string& path, const std::optional<PlaceholderUse>& use);

  /// Hands on the bytes of a file of `take` or `restore` as packaged. Any thread.
  /// Whether they are the planned ones is for the caller to check.
  /// @throws TrustError where it is no regular file, or does not name this prefix; IoError;
  ///         Interrupted
  void read(const PlannedFile& planned, const ByteSink& sink, const std::stop_token& stop) const;
  /// @throws TrustError where the link is another one by now
  void require_link(const PlannedFile& planned) const;

  [[nodiscard]] std::string shown(const std::string& path) const { return shown_ + '/' + path; }

 private:
  struct Source {
    bool hides_prefix = false;
    std::optional<PlaceholderUse> use;
    std::string link_text;  ///< As it stands in the prefix.
  };
  Taken take_link(const PathToTake& wanted);
  Taken take_file(const PathToTake& wanted, const std::stop_token& stop);
  [[nodiscard]] UniqueFd open(const std::string& path) const;
  /// Reads all of an open file. @throws IoError, Interrupted
  void pass(int fd, const std::string& path, const ByteSink& sink,
            const std::stop_token& stop) const;
  /// What the prefix is called in this file.
  [[nodiscard]] const std::string& spelling(int fd, const PlannedFile& planned,
                                            const PlaceholderUse& use,
                                            const std::stop_token& stop) const;
  [[nodiscard]] std::string link_text(const std::string& path) const;
  [[noreturn]] void changed(const std::string& path) const;

  std::string shown_;
  UniqueFd root_;
  std::vector<std::string> spelled_;  ///< Absolute: without links first, then as it was given.
  std::map<std::string, Source, std::less<>> sources_;
};

}  // namespace envlock
