#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/baseline.hpp"
#include "model/foreign_lock.hpp"
#include "model/lockfile.hpp"
#include "model/prefix_record.hpp"

namespace envlock {

/// What `diff` compares: locks (what shall be), and what a prefix or a baseline says is there.
enum class DiffKind : std::uint8_t { lock, baseline, prefix, explicit_list, conda_lock, pixi };
/// "lock", "baseline", "prefix", "explicit list", "conda-lock.yml", "pixi.lock".
std::string_view to_string(DiffKind kind) noexcept;

/// One package of one platform, from whatever kind of document.
struct DiffPackage {
  const PackageRecord* record = nullptr;  ///< Of the input, or of its `made`.
  std::string_view channel;               ///< For people: a lock's name for it, else its URL.
  const std::vector<std::string>* signed_by = nullptr;  ///< Null: the document tells none.
  bool pypi = false;
  bool requested = false;
};

struct DiffPlatform {
  std::vector<DiffPackage> packages;     ///< Sorted by name, of one name conda before PyPI.
  const LockPlatform* locked = nullptr;  ///< Null: it is no envlock.lock.
};

/// By subdir; "noarch" for an explicit list that does not tell its platform.
using DiffEnvironment = std::map<std::string, DiffPlatform>;

/// A document in the form in which two can be compared. It moves, and is not copied: what is in it
/// points to other parts of it.
struct DiffInput {
  DiffKind kind = DiffKind::lock;
  std::string shown;  ///< As the user named it.
  std::string file;   ///< Of the text, relative to the repository where it is known; may be empty.
  std::optional<Sha256> sha256;                         ///< Of the text; nothing for a prefix.
  std::map<std::string, DiffEnvironment> environments;  ///< "default" where there is only one.
  std::unique_ptr<const Lockfile> lock;                 ///< Null: it is none.
  std::unique_ptr<const Baseline> baseline;             ///< Null: it is none.
  bool has_depends = false;                             ///< Records tell what they need.
  bool has_licenses = false;                            ///< And their licences.
  /// What the user should know of how far it can be compared, a sentence each.
  std::vector<std::string> notes;
  std::map<std::string, std::size_t> lines;  ///< "SUBDIR/NAME" -> line; filled by `find_lines`.

  std::unique_ptr<const ForeignLock> foreign;
  std::vector<PrefixRecord> records;
  std::deque<PackageRecord> made;
};

DiffInput diff_input_of(Lockfile lock);
DiffInput diff_input_of(Baseline baseline);
/// @param environment  empty: all
/// @throws UsageError where it has no such environment
DiffInput diff_input_of(ForeignLock lock, const std::string& environment);
/// A Python distribution that lies in a prefix, and that no package brought.
struct FoundDistribution {
  std::string name, version;
};
/// @param platform  of the prefix; its records may all be noarch
DiffInput diff_input_of_prefix(std::vector<PrefixRecord> records, const Platform& platform,
                               std::vector<FoundDistribution> distributions = {});

/// Where each package of a lock stands in its text; nothing where the text is another's.
void find_lines(DiffInput& input, std::string_view text);

}  // namespace envlock
