#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/baseline.hpp"
#include "model/open_beneath.hpp"
#include "verify/advice.hpp"
#include "verify/finding.hpp"

namespace envlock {

/// What an unpacked environment has of envlock's beside the packages' files (design section 9).
struct PackedFiles {
  std::vector<BaselineFile> files;  ///< That must be as the manifest says.
  std::vector<Finding> findings;
  /// What somebody chose when it was packed. The prefix says so of itself, so that it changes the
  /// next step and no finding.
  PackedChoice choice = {};
};

/// Whether a manifest lies in a prefix: it came out of a pack. A link there is none.
bool has_manifest(int prefix_fd, BeneathMethod method);

/// Reads the manifest that lies in a prefix, where one does, and holds it against what is known: it
/// says what `relocate` and bin/envlock-env will make of the files, so that it must be right too.
/// @param baseline  null: nothing is known, and the manifest is believed, also in what it says to
/// be
///                  packed though no package brought it
/// @param program   of the bin/envlock-env that the running envlock carries; nothing: not known,
///                  and the manifest's is no more believed than any other program
PackedFiles read_packed_files(int prefix_fd, const Baseline* baseline,
                              const std::optional<Sha256>& program, BeneathMethod method);

}  // namespace envlock
