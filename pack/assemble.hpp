#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "pack/elf_needs.hpp"
#include "pack/file_time.hpp"
#include "pack/tree_plan.hpp"
#include "pack/tree_sink.hpp"

namespace envlock {

class PrefixFiles;

/// What became of a planned file.
struct AssembledFile {
  /// The plan's, except that packages without info/paths.json do not tell links from files.
  PathType type = PathType::file;
  bool executable = false;
  std::uint64_t size_bytes = 0;  ///< As packaged.
  Sha256 sha256;                 ///< As packaged.
  Sha256 sha256_in_prefix;       ///< As written: the packaged bytes' where they stay.
  std::string target;            ///< Of links.
  std::optional<PlaceholderUse> placeholder;
  ElfNeeds elf;  ///< Where AssembleSettings asks for it.
};

struct Assembly {
  std::vector<AssembledFile> files;  ///< One for each of TreePlan::files, in that order.
  /// What the user should know: special mode bits that were not restored, members that no manifest
  /// names. Sorted.
  std::vector<std::string> notices;
};

/// Which part of a plan is assembled, and for which place.
struct AssembleSettings {
  std::string prefix;  ///< What placeholders become; absolute. Empty: they stay, as packaged.
  std::size_t threads = 1;
  /// Which owners' files are wanted, by index into TreePlan::packages, and one more for the
  /// installer's own; empty: all. A file counts for its first owner.
  std::vector<bool> wanted = {};
  bool read_elf_needs = false;  ///< Look what ELF files ask of the host.
  /// Reads the planned files that are in a prefix; null where there are none.
  const PrefixFiles* prefix_files = nullptr;
};

/// Reads each wanted package once, in parallel and the largest first, and hands every planned file
/// to the sink, checked against info/paths.json: a file that is missing, of another type, size or
/// hash ends all of it. The memory is that of a decompressor for each thread.
/// @throws TrustError (6) naming package and path; what the sink throws; Interrupted
Assembly assemble(const TreePlan& plan, TreeSink& sink, const AssembleSettings& settings,
                  const std::stop_token& stop);

}  // namespace envlock
