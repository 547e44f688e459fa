#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pack/package_archive.hpp"
#include "pack/tar_reader.hpp"

namespace envlock {

/// Judges the members of one package as a tree, in their order: what each is called (A01 to A03,
/// A20 to A22), what it points at (A06), whether something of that name or in its way came before
/// (A04, A05, A11, A12), whether a hard link names a file that did (A08, A09). No member is then
/// ever written through a link, whatever the visitor does.
class TreeRules {
 public:
  /// @param one_case  refuses names that differ in (ASCII) case alone: of packages for every
  ///                  platform, some of which have file systems that do not tell them apart (A13)
  TreeRules(std::string package, bool one_case)
      : package_(std::move(package)), one_case_(one_case) {}

  /// The entry that `member` is. Nothing for the folder that holds all ("./").
  /// @throws TrustError for what is refused
  std::optional<ArchiveEntry> judge(const TarMember& member);

 private:
  struct Seen {
    ArchiveEntry::Kind kind = ArchiveEntry::Kind::directory;
    bool is_listed = false;  ///< Itself a member, not only on the way to one.
  };

  [[noreturn]] void fail(std::string_view member, const std::string& what,
                         std::string_view rule) const;
  void require_folders_above(const std::string& path);
  void require_one_case(std::string_view path);
  void take_target(const TarMember& member, ArchiveEntry& entry) const;

  std::string package_;
  bool one_case_;
  std::unordered_map<std::string, Seen> seen_;                    ///< By path.
  std::unordered_map<std::string, std::string> hard_links_;       ///< By path: the file.
  std::unordered_map<std::string, std::string> seen_lower_case_;  ///< To the path as spelt.
  std::string last_folder_;  ///< Known to be one, with all above it.
};

/// Whether a path of a package is of its own description: info/ or below.
bool is_info_path(std::string_view path) noexcept;

}  // namespace envlock
