#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "verify/check_context.hpp"
#include "verify/small_file.hpp"

namespace envlock {

/// One *.json of conda-meta: a record, or why it is none.
struct RecordFile {
  std::string path;                    ///< In the prefix.
  std::optional<PrefixRecord> record;  ///< Nothing, with no fault: JSON that is no record.
  std::string fault;
  Sha256 sha256;  ///< Of its bytes.
};

/// Calls `visit` with each *.json of conda-meta, sorted by name.
/// @param paths  gets the paths of each record before `visit` gets the rest of it; empty: they are
///               in the record
void for_each_record(int prefix_fd, BeneathMethod method,
                     const std::function<void(RecordFile&)>& visit,
                     const PrefixPathSink& paths = {});

/// True for the paths of conda-meta that are not judged as extra files.
/// @param has_lock  it is known what the lock and the variables there must be
bool is_judged_in_conda_meta(std::string_view path, bool has_lock);

/// Holds conda-meta against the baseline: which packages it records, and that each record tells the
/// baseline's files and hashes; the lock and the variables that lie there.
/// @param tree  made from `baseline`
void check_conda_meta(CheckContext& context, const Baseline& baseline, int prefix_fd,
                      BeneathMethod method);

}  // namespace envlock
