#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>

#include "model/guarded.hpp"
#include "verify/check_context.hpp"
#include "verify/counted_paths.hpp"
#include "verify/evidence.hpp"
#include "verify/extra_family.hpp"
#include "verify/pip_packages.hpp"
#include "verify/prefix_walk.hpp"
#include "verify/script_claims.hpp"

namespace envlock {

/// Lists a path that no package brought, where the check is asked for that.
/// @param told_at  Finding::path of the finding about it
void note_unowned(CheckContext& context, const WalkEntry& entry, const std::string& told_at,
                  ExtraFamily family, const std::optional<Sha256>& sha256);

/// What nobody's package brought: told file by file, or for a whole folder that no package knows
/// once, with what is in it counted. Any thread, until `finish`.
class ExtraFiles {
 public:
  /// @param pip     must outlive this, as `claims` and `context`
  ExtraFiles(CheckContext& context, const PipPackages& pip, const ScriptClaims& claims);

  /// @param opened  where it is a regular file
  void add(const WalkEntry& entry, const OpenedEntry* opened);

  /// A file of a pip-installed package, which is told as a whole. Told moreover, because whoever
  /// can write a RECORD could excuse it: what always runs, programs, and modules outside of
  /// site-packages. The last two are accepted with their package.
  void add_of_pip(const WalkEntry& entry, const OpenedEntry* opened);

  /// Makes the findings. Call once, after the walk.
  void finish();

  /// What is no finding, counted by family. After the walk.
  [[nodiscard]] const std::map<ExtraFamily, CountedPaths>& tolerated() const { return tolerated_; }

 private:
  static constexpr std::size_t family_count = static_cast<std::size_t>(ExtraFamily::startup) + 1;
  static constexpr std::size_t most_named = 10;
  /// A file that is told alone, or a folder with all that is in it.
  struct Unit {
    bool is_folder = false;
    std::string rule;  ///< Of a file whose family does not say it.
    std::array<std::uint64_t, family_count> counts{};
    std::array<std::string, family_count> examples{};  ///< The first path of each family.
    std::set<std::string> caches;  ///< The first paths of caches of code: `most_named`.
    std::uint64_t bytes = 0;
    PipPackages::Owner owner;  ///< Of a pip-installed package's file.
    std::string origin;        ///< What the prefix says of a file: a link script made it.
    const ExpectedFile* script = nullptr;  ///< All that is as this link script left it.
    std::string found;                     ///< Of a file.
    std::optional<Sha256> only_file;       ///< Of a file.
    Evidence evidence;
  };

  void add_as(ExtraFamily family, std::string_view rule, const WalkEntry& entry,
              const OpenedEntry* opened, PipPackages::Owner owner = {});
  /// Whether the loader may take this one for a package's library of its name: it looks in lib/,
  /// and in folders where packages have libraries. A library in a folder of its own (of a Python
  /// package that brings it along) is found by nobody else.
  [[nodiscard]] bool shadows(std::string_view path) const;
  /// The topmost folder above `path` that neither a package nor pip knows; empty where its own
  /// folder is known.
  [[nodiscard]] std::string unknown_folder(std::string_view path) const;
  /// What to do about a folder with caches of code: it names files, never the folder.
  static void advise_on_caches(Finding& finding, const Unit& unit);
  Finding finding_of(const std::string& path, const Unit& unit) const;

  CheckContext& context_;
  const PipPackages& pip_;
  const ScriptClaims& claims_;
  std::unordered_set<std::string_view> library_stems_;
  /// Where packages have libraries: the loader looks there, by the RPATH of who needs them.
  std::unordered_set<std::string_view> library_folders_;
  Guarded<std::map<std::string, Unit, std::less<>>> units_;
  std::map<ExtraFamily, CountedPaths> tolerated_;  ///< All such families; never changed in size.
};

}  // namespace envlock
