#include "pack/prefix_plan.hpp"

#include <algorithm>
#include <utility>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/pack_facts.hpp"

namespace envlock {
namespace {

auto find_planned(TreePlan& plan, std::string_view path) {
  return std::ranges::lower_bound(plan.files, path, {}, &PlannedFile::path);
}

void put(TreePlan& plan, PlannedFile file) {
  const auto at = find_planned(plan, file.path);
  if (at != plan.files.end() && at->path == file.path) {
    *at = std::move(file);
  } else {
    plan.files.insert(at, std::move(file));
  }
}

PlannedFile planned_of(const BaselineFile& file, std::size_t own, PrefixFiles& files) {
  PlannedFile planned;
  planned.path = file.path;
  planned.owners = {file.package == BaselineFile::own ? own : file.package};
  planned.type = file.type;
  planned.is_in_prefix = true;
  planned.role = file.role;
  planned.target = file.target;
  if (file.type != PathType::file) return planned;
  planned.executable = file.executable;
  planned.sha256 = file.sha256;
  planned.size_bytes = file.size_bytes;
  if (file.placeholder) {
    planned.placeholder = file.placeholder->placeholder;
    planned.placeholder_mode = file.placeholder->mode;
  }
  files.restore(file.path, file.placeholder);
  return planned;
}

/// conda-meta is made anew, and a pack has a program and facts of its own.
bool is_made_by_pack(std::string_view path) {
  return path == pack_path::facts || path == pack_path::program || path.starts_with("conda-meta/");
}

}  // namespace

TreePlan plan_from_prefix(const Baseline& baseline, std::vector<PackageToPlace> packages,
                          std::vector<ExtraFile> extra, PrefixFiles& files) {
  TreePlan plan;
  plan.site_packages = baseline.site_packages;
  for (PackageToPlace& package : packages) {
    if (package.record.name == "python")
      plan.python = python_major_minor(package.record.version).value_or("");
    plan.packages.push_back({std::move(package), {}, {}});
  }
  const std::size_t own = plan.packages.size();
  for (const BaselineFile& file : baseline.files) {
    if (file.role == FileRole::byte_code || is_made_by_pack(file.path)) continue;
    PlannedFile planned = planned_of(file, own, files);
    if (planned.role == FileRole::link_script && planned.owners.front() < own)
      plan.packages[planned.owners.front()].link_scripts.push_back(planned.path);
    plan.files.push_back(std::move(planned));
  }
  for (ExtraFile& one : extra) {
    PlannedFile file;
    file.path = std::move(one.path);
    file.owners = {own};
    file.executable = one.executable;
    file.role = role_of(file.path);
    file.sha256 = sha256_of(one.content);
    file.size_bytes = one.content.size();
    file.placeholder = std::move(one.placeholder);
    file.content = std::move(one.content);
    put(plan, std::move(file));
  }
  return plan;
}

TakenPaths take_paths(TreePlan& plan, PrefixFiles& files, std::span<const PathToTake> paths,
                      const std::stop_token& stop) {
  TakenPaths out;
  for (const PathToTake& path : paths) {
    PrefixFiles::Taken taken = files.take(path, stop);
    if (taken.fault.empty() && is_made_by_pack(path.path))
      taken.fault = "'envlock pack' makes its own";
    if (!taken.fault.empty()) {
      out.faults.push_back("'" + path.path + "': " + taken.fault);
      continue;
    }
    if (!taken.notice.empty()) out.notices.push_back(std::move(taken.notice));
    taken.file.owners = {plan.packages.size()};
    put(plan, std::move(taken.file));
  }
  return out;
}

void leave_paths(TreePlan& plan, std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    const auto at = find_planned(plan, path);
    if (at != plan.files.end() && at->path == path) plan.files.erase(at);
  }
}

}  // namespace envlock
