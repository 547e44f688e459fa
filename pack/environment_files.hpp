#pragma once

#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "pack/install.hpp"
#include "pack/tree_sink.hpp"

namespace envlock {

/// Writes one small file to a sink, with the earliest time.
void put_text(TreeSink& sink, const std::string& path, const std::string& text);

/// conda-meta/ beside the records: history, state, and last of all the lock.
/// @param history  the whole text
void put_environment_files(TreeSink& sink, const InstallRequest& request,
                           const std::string& history);

void put_records(TreeSink& sink, const std::vector<PrefixRecord>& records);

/// The paths of `put_environment_files`, in the order in which they should appear.
std::vector<std::string> environment_file_paths(const InstallRequest& request);

/// What the user asked for of conda's packages, by name, sorted.
std::vector<std::string> requested_names(const TreePlan& plan);

/// "name-version-build"
std::string dist_name(const PackageRecord& record);

}  // namespace envlock
