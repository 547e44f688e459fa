#include "verify/diff/diff_input.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::string_view only_environment = "default";

void sort_packages(DiffPlatform& platform) {
  const auto less = [](const DiffPackage& a, const DiffPackage& b) {
    return std::tie(a.record->name, a.pypi, a.record->version, a.record->build) <
           std::tie(b.record->name, b.pypi, b.record->version, b.record->build);
  };
  // Most documents are in order, and seeing that is cheaper than sorting.
  if (!std::ranges::is_sorted(platform.packages, less)) std::ranges::sort(platform.packages, less);
}

DiffPackage conda_package(const PackageRecord& record) {
  return {.record = &record, .channel = record.channel_url};
}

const PackageRecord& pypi_record(std::deque<PackageRecord>& made, std::string_view name,
                                 std::string version, std::string url,
                                 const std::optional<Sha256>& sha256) {
  PackageRecord record;
  record.name = project_key(name);  // as another tool may spell it
  record.version = std::move(version);
  record.url = std::move(url);
  record.sha256 = sha256;
  return made.emplace_back(std::move(record));
}

}  // namespace

std::string_view to_string(DiffKind kind) noexcept {
  switch (kind) {
    case DiffKind::baseline:
      return "baseline";
    case DiffKind::prefix:
      return "prefix";
    case DiffKind::explicit_list:
      return "explicit list";
    case DiffKind::conda_lock:
      return "conda-lock.yml";
    case DiffKind::pixi:
      return "pixi.lock";
    case DiffKind::lock:
      break;
  }
  return "lock";
}

DiffInput diff_input_of(Lockfile lock) {
  DiffInput input;
  input.lock = std::make_unique<const Lockfile>(std::move(lock));
  input.has_depends = input.has_licenses = true;
  DiffEnvironment& environment = input.environments[std::string(only_environment)];
  for (const auto& [platform, content] : input.lock->platforms) {
    DiffPlatform& out = environment[platform.subdir()];
    out.locked = &content;
    out.packages.reserve(content.packages.size() + content.pypi.size());
    for (const LockedPackage& package : content.packages) {
      out.packages.push_back({.record = &package.record,
                              .channel = package.channel,
                              .signed_by = &package.signed_by,
                              .requested = package.requested});
    }
    for (const LockedPypi& package : content.pypi) {
      const PackageRecord& record =
          pypi_record(input.made, package.name, package.version,
                      package.url.empty() ? package.path : package.url, package.sha256);
      out.packages.push_back(
          {.record = &record, .channel = "pypi", .pypi = true, .requested = package.requested});
    }
    sort_packages(out);
  }
  return input;
}

DiffInput diff_input_of(Baseline baseline) {
  DiffInput input;
  input.kind = DiffKind::baseline;
  input.baseline = std::make_unique<const Baseline>(std::move(baseline));
  DiffPlatform& out =
      input.environments[std::string(only_environment)][input.baseline->platform.subdir()];
  for (const BaselinePackage& package : input.baseline->packages) {
    if (package.subdir == pypi_subdir && package.name.size() > pypi_subdir.size()) {  // "pypi:NAME"
      const PackageRecord& wheel =
          pypi_record(input.made, std::string_view(package.name).substr(pypi_subdir.size() + 1),
                      package.version, {}, package.sha256);
      out.packages.push_back({.record = &wheel, .channel = "pypi", .pypi = true});
      continue;
    }
    PackageRecord& record = input.made.emplace_back();
    record.name = package.name;
    record.version = package.version;
    record.build = package.build;
    record.subdir = package.subdir;
    record.fn = package.fn;
    record.sha256 = package.sha256;
    out.packages.push_back({.record = &record, .channel = package.channel});
  }
  sort_packages(out);
  return input;
}

DiffInput diff_input_of(ForeignLock lock, const std::string& environment) {
  DiffInput input;
  input.foreign = std::make_unique<const ForeignLock>(std::move(lock));
  const ForeignLock& from = *input.foreign;
  input.kind = from.format == ForeignFormat::explicit_list ? DiffKind::explicit_list
               : from.format == ForeignFormat::conda_lock  ? DiffKind::conda_lock
                                                           : DiffKind::pixi;
  input.has_depends = from.format != ForeignFormat::explicit_list;
  input.has_licenses = from.format == ForeignFormat::pixi;
  if (!environment.empty() && from.find(environment) == nullptr) {
    std::string names;
    for (const ForeignEnvironment& one : from.environments)
      names += (names.empty() ? "" : ", ") + one.name;
    throw UsageError("it has no environment '" + environment + "'", "it has " + names);
  }
  for (const ForeignEnvironment& one : from.environments) {
    if (!environment.empty() && one.name != environment) continue;
    // The one that was asked for is compared with the other side's only one, whatever its name.
    DiffEnvironment& out =
        input.environments[environment.empty() ? one.name : std::string(only_environment)];
    for (const ForeignPlatform& platform : one.platforms) {
      const std::string subdir = platform.platform ? platform.platform->subdir() : "noarch";
      DiffPlatform& content = out[subdir];
      for (const std::size_t i : platform.packages) {
        const ForeignPackage& package = from.packages[i];
        content.packages.push_back(conda_package(package.record));
        input.lines.emplace(subdir + '/' + package.record.name, package.line);
      }
      for (const std::size_t i : platform.pypi) {
        const ForeignPypi& package = from.pypi[i];
        const PackageRecord& record = pypi_record(input.made, package.name, package.version,
                                                  package.location, package.sha256);
        content.packages.push_back({.record = &record, .channel = "pypi", .pypi = true});
        input.lines.emplace(subdir + '/' + package.name, package.line);
      }
      sort_packages(content);
      if (!platform.sources.empty())
        input.notes.push_back(
            counted(platform.sources.size(), "package") + " that pixi builds from source " +
            (platform.sources.size() == 1 ? "is" : "are") + " not compared: no archive is locked");
    }
  }
  for (const std::string& name : from.without_url)
    input.notes.push_back("'" + name + "' has no URL in the list, and is not compared");
  const auto has_no_sha256 = [](const ForeignPackage& package) { return !package.record.sha256; };
  if (const auto count = std::ranges::count_if(from.packages, has_no_sha256); count > 0) {
    input.notes.push_back(
        "of " + counted(static_cast<std::uint64_t>(count), "package") +
        " no sha256 is told: compared by name, version, build and, where it is there, md5");
  }
  return input;
}

DiffInput diff_input_of_prefix(std::vector<PrefixRecord> records, const Platform& platform,
                               std::vector<FoundDistribution> distributions) {
  DiffInput input;
  input.kind = DiffKind::prefix;
  input.records = std::move(records);
  input.has_depends = input.has_licenses = true;
  DiffPlatform& out = input.environments[std::string(only_environment)][platform.subdir()];
  for (const PrefixRecord& record : input.records) {
    if (is_wheel(record.record)) {
      const PackageRecord& said = record.record;
      const PackageRecord& wheel =
          pypi_record(input.made, said.name, said.version, said.url, said.sha256);
      out.packages.push_back({.record = &wheel,
                              .channel = "pypi",
                              .pypi = true,
                              .requested = !record.requested_specs.empty()});
      continue;
    }
    DiffPackage package = conda_package(record.record);
    package.requested = !record.requested_specs.empty();
    out.packages.push_back(package);
  }
  for (FoundDistribution& found : distributions) {
    const PackageRecord& record =
        pypi_record(input.made, found.name, std::move(found.version), {}, std::nullopt);
    out.packages.push_back({.record = &record, .channel = "pypi", .pypi = true});
  }
  sort_packages(out);
  return input;
}

void find_lines(DiffInput& input, std::string_view text) {
  if (!input.lock) return;
  // One key a line, as `write_lockfile` writes it: platforms four columns in, names ten.
  constexpr std::string_view platform_start = "    \"";
  constexpr std::string_view name_start = "          \"name\": \"";
  std::string subdir;
  bool in_platforms = false;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    if (whole == "  \"platforms\": {") in_platforms = true;
    if (!in_platforms) continue;
    const auto value = [&](std::size_t start) {
      return whole.substr(start, whole.find('"', start) - start);
    };
    if (whole.starts_with(name_start)) {
      input.lines.emplace(subdir + '/' + std::string(value(name_start.size())), line);
    } else if (whole.starts_with(platform_start) && whole.ends_with("\": {")) {
      subdir = value(platform_start.size());
    }
  }
}

}  // namespace envlock
