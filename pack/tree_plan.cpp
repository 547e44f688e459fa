#include "pack/tree_plan.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "model/entry_point.hpp"
#include "model/parallel.hpp"
#include "pack/clobbers.hpp"
#include "pack/wheel_plan.hpp"

namespace envlock {
namespace {

bool comes_before(const PlannedPackage& a, const PlannedPackage& b) {
  const PackageRecord& x = a.source.record;
  const PackageRecord& y = b.source.record;
  const std::string left = distinct_name(x);  // the order of baselines
  const std::string right = distinct_name(y);
  return std::tie(left, x.version, x.build) < std::tie(right, y.version, y.build);
}

std::vector<PlannedPackage> read_infos(std::vector<PackageToPlace> packages, std::size_t threads,
                                       const std::stop_token& stop) {
  std::vector<PlannedPackage> planned;
  planned.reserve(packages.size());
  for (PackageToPlace& package : packages) planned.push_back({std::move(package), {}, {}});
  std::ranges::sort(planned, comes_before);
  parallel_for(planned.size(), threads, stop, [&](std::size_t i) {
    PlannedPackage& one = planned[i];
    if (one.source.archive.is_wheel()) {
      WheelContent content = one.source.archive.read_wheel();
      require_locked_wheel(one.source, content.wheel);
      one.info = std::move(content.info);
      one.wheel = std::move(content.wheel);
      return;
    }
    one.info = one.source.archive.read_info();
    if (const auto fault = identity_fault(one.source.record, one.info.index)) {
      throw TrustError(
          "'" + one.source.archive.file_name() + "' is not what the lock says: " + *fault,
          "the channel's records and its packages contradict each other: tell those "
          "who run it, and lock another build until then");
    }
  });
  return planned;
}

void find_python(TreePlan& plan) {
  for (const PlannedPackage& package : plan.packages) {
    const PackageRecord& record = package.source.record;
    if (record.name != "python") continue;
    plan.python = python_major_minor(record.version).value_or("");
    if (plan.python.empty()) {
      throw Error(ExitCode::unfit, "'" + record.fn + "': the version '" + record.version +
                                       "' of python has no two numbers");
    }
    plan.site_packages = site_packages_of(record.version, record.python_site_packages_path);
  }
  if (!plan.python.empty()) return;
  std::string missing;
  for (const PlannedPackage& package : plan.packages) {
    if (package.source.record.noarch == NoArch::python || package.wheel)
      missing += (missing.empty() ? "" : ", ") + package.source.record.name;
  }
  if (!missing.empty()) {
    throw Error(ExitCode::unfit,
                "these packages are for python, and the environment has none: " + missing,
                "ask for python in environment.yml and solve again");
  }
}

void add_packaged(TreePlan& plan, std::size_t index) {
  PlannedPackage& package = plan.packages[index];
  const bool for_python = package.source.record.noarch == NoArch::python;
  for (const PackagePath& path : package.info.paths) {
    PlannedFile file;
    file.path = for_python ? noarch_python_path(path.path, plan.site_packages) : path.path;
    file.owners = {index};
    file.type = path.type;
    file.source = path.path;
    file.role = role_of(file.path);
    file.sha256 = path.sha256;
    file.size_bytes = path.size_bytes;
    file.placeholder = path.placeholder;
    file.placeholder_mode = path.placeholder_mode;
    if (file.role == FileRole::link_script) package.link_scripts.push_back(file.path);
    plan.files.push_back(std::move(file));
  }
  if (!for_python) return;
  for (const EntryPoint& entry_point : package.info.entry_points) {
    PlannedFile file;
    file.path = "bin/" + entry_point.command;
    file.owners = {index};
    file.content = entry_point_script(entry_point, plan.python);
    file.executable = true;
    file.role = FileRole::entry_point;
    file.sha256 = sha256_of(file.content);
    file.size_bytes = file.content.size();
    file.placeholder = generated_placeholder;
    plan.files.push_back(std::move(file));
  }
}

void add_extra(TreePlan& plan, std::vector<ExtraFile> extra, std::size_t owner) {
  for (ExtraFile& one : extra) {
    PlannedFile file;
    file.path = std::move(one.path);
    file.owners = {owner};
    file.content = std::move(one.content);
    file.executable = one.executable;
    file.role = role_of(file.path);
    file.sha256 = sha256_of(file.content);
    file.size_bytes = file.content.size();
    file.placeholder = std::move(one.placeholder);
    plan.files.push_back(std::move(file));
  }
}

}  // namespace

TreePlan plan_tree(std::vector<PackageToPlace> packages, std::vector<ExtraFile> extra,
                   std::size_t threads, const std::stop_token& stop,
                   std::span<const ClobberRule> clobbers) {
  TreePlan plan;
  plan.packages = read_infos(std::move(packages), threads, stop);
  find_python(plan);
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    if (plan.packages[i].wheel) {
      add_wheel(plan, i);
    } else {
      add_packaged(plan, i);
    }
  }
  add_extra(plan, std::move(extra), plan.packages.size());
  settle_clobbers(plan, clobbers, stop);
  return plan;
}

std::optional<std::size_t> longest_prefix(const TreePlan& plan) {
  std::optional<std::size_t> longest;
  for (const PlannedFile& file : plan.files) {
    if (file.placeholder.empty() || file.placeholder_mode != PlaceholderMode::binary) continue;
    longest = std::min(longest.value_or(file.placeholder.size()), file.placeholder.size());
  }
  return longest;
}

void require_prefix_fits(const TreePlan& plan, std::string_view prefix) {
  std::set<std::string> packages;
  for (const PlannedFile& file : plan.files) {
    if (!file.placeholder.empty() && file.placeholder_mode == PlaceholderMode::binary &&
        file.placeholder.size() < prefix.size())
      packages.insert(plan.packages[file.owners.front()].source.record.fn);
  }
  if (packages.empty()) return;
  std::string names;
  for (const std::string& name : packages) names += (names.empty() ? "" : ", ") + name;
  throw Error(ExitCode::unfit,
              "the prefix '" + std::string(prefix) + "' has " + std::to_string(prefix.size()) +
                  " bytes, and binaries of these packages have room for " +
                  std::to_string(longest_prefix(plan).value_or(0)) + ": " + names,
              "install into a folder with a shorter path");
}

}  // namespace envlock
