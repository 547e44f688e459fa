#include "pack/environment_files.hpp"

#include "pack/assemble.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {

void put_text(TreeSink& sink, const std::string& path, const std::string& text) {
  const auto file =
      sink.file({.path = path, .mtime_s = file_time_s({}), .size_bytes = text.size()});
  file->write(std::as_bytes(std::span(text)));
  file->close();
}

void put_environment_files(TreeSink& sink, const InstallRequest& request,
                           const std::string& history) {
  put_text(sink, "conda-meta/history", history);
  if (!request.variables.empty()) put_text(sink, "conda-meta/state", state_text(request.variables));
  put_text(sink, std::string(installed_lock_path), request.lock_text);
}

void put_records(TreeSink& sink, const std::vector<PrefixRecord>& records) {
  for (const PrefixRecord& record : records) {
    put_text(sink, "conda-meta/" + prefix_record_file_name(record.record),
             write_prefix_record(record));
  }
}

std::vector<std::string> environment_file_paths(const InstallRequest& request) {
  std::vector<std::string> paths{"conda-meta/history"};
  if (!request.variables.empty()) paths.emplace_back("conda-meta/state");
  paths.emplace_back(installed_lock_path);
  return paths;
}

std::vector<std::string> requested_names(const TreePlan& plan) {
  std::vector<std::string> names;
  for (const PlannedPackage& package : plan.packages) {
    if (package.source.requested && !package.wheel) names.push_back(package.source.record.name);
  }
  return names;
}

std::string dist_name(const PackageRecord& record) {
  return record.name + '-' + record.version + '-' + record.build;
}

}  // namespace envlock
