#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "verify/check_context.hpp"
#include "verify/pip_record.hpp"
#include "verify/prefix_walk.hpp"

namespace envlock {

/// What pip and its like installed beside the packages: their files belong to them, and are held
/// against their own RECORD.
class PipPackages {
 public:
  /// Reads the RECORD of each distribution that no package brought.
  /// @param context  must outlive this
  PipPackages(CheckContext& context, int prefix_fd, BeneathMethod method);
  ~PipPackages();
  PipPackages(const PipPackages&) = delete;
  PipPackages& operator=(const PipPackages&) = delete;

  [[nodiscard]] bool owns(std::string_view path) const { return files_.contains(path); }
  /// A folder that holds a file of theirs.
  [[nodiscard]] bool has_folder(std::string_view path) const { return folders_.contains(path); }

  /// Who has a path that `owns` says is theirs: the package as findings name it, and the id of the
  /// finding about it.
  struct Owner {
    std::string package, finding;
  };
  [[nodiscard]] Owner owner_of(std::string_view path) const;

  /// Holds a path that `owns` against its RECORD. Any thread.
  /// @param opened  where it is a regular file
  void check(const WalkEntry& entry, const OpenedEntry* opened);
  /// It is there, and judged by others (byte code).
  void note(std::string_view path);

  /// Says what there is, what is missing, and what has the name of a package. Call once, after the
  /// walk.
  void finish();

 private:
  struct Distribution;
  struct Place {
    Distribution* distribution;
    std::size_t file;
  };
  void finish(Distribution& distribution);
  /// The command that takes off what has the name of a package, where one is known.
  void add_uninstall(Finding& finding, const std::string& name) const;

  CheckContext& context_;
  bool was_unpacked_;
  std::vector<std::unique_ptr<Distribution>> distributions_;
  std::unordered_map<std::string_view, Place> files_;
  std::unordered_set<std::string_view> folders_;
};

}  // namespace envlock
