#include "tests/pack/placing.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/wheel_name.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

Packages& Packages::add(const ArchiveBuilder& builder, bool requested) {
  return add_bytes(builder, builder.build_conda(), ".conda", requested);
}

Packages& Packages::add_tar_bz2(const ArchiveBuilder& builder) {
  return add_bytes(builder, builder.build_tar_bz2(), ".tar.bz2", false);
}

Packages& Packages::add_bytes(const ArchiveBuilder& builder, const std::string& bytes,
                              const std::string& extension, bool requested) {
  const ArchiveBuilder::Json index = builder.index();
  PackageRecord record;
  record.name = index.at("name");
  record.version = index.at("version");
  record.build = index.at("build");
  record.build_number = index.at("build_number");
  record.subdir = index.at("subdir");
  const std::string noarch =
      index.contains("noarch") ? index.at("noarch") : ArchiveBuilder::Json("");
  record.noarch = noarch == "python"    ? NoArch::python
                  : noarch == "generic" ? NoArch::generic
                                        : NoArch::none;
  record.channel_url = "https://channel.example/c";
  record.fn = builder.stem() + extension;
  record.url = record.channel_url + '/' + record.subdir + '/' + record.fn;
  record.sha256 = sha256_of(bytes);
  record.size = bytes.size();
  record.timestamp_ms = 1'700'000'000'000;
  dir_.write(record.fn, bytes);
  all_.push_back({std::move(record), requested});
  return *this;
}

Packages& Packages::add_wheel(const WheelBuilder& builder, bool requested,
                              const std::string& direct_url) {
  const std::string bytes = builder.build();
  const auto name = parse_wheel_name(builder.file_name()).value();
  PackageRecord record;
  record.name = project_key(name.name);
  record.version = name.version;
  record.build = pypi_build;
  record.subdir = record.channel_url = pypi_subdir;
  record.fn = builder.file_name();
  record.url = "https://files.example/" + record.fn;
  record.sha256 = sha256_of(bytes);
  record.size = bytes.size();
  dir_.write(record.fn, bytes);
  all_.push_back({std::move(record), requested, direct_url});
  return *this;
}

TreePlan Packages::plan(std::vector<ExtraFile> extra, std::span<const ClobberRule> clobbers) const {
  std::vector<PackageToPlace> packages;
  for (const One& one : all_) {
    packages.push_back(
        {one.record, "c", one.requested, PackageArchive(dir_ / one.record.fn, one.record.fn)});
    packages.back().direct_url = one.direct_url;
  }
  return plan_tree(std::move(packages), std::move(extra), 2, {}, clobbers);
}

InstallResult install(const TreePlan& plan, const fs::path& prefix, const std::string& lock_text) {
  InstallRequest request;
  request.prefix = prefix.string();
  request.lock_text = lock_text;
  request.threads = 2;
  return install_prefix(plan, request, {});
}

std::string tree_text(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat facts {};
    ::lstat(entry.path().c_str(), &facts);
    std::string line = fs::relative(entry.path(), folder).string() + " " +
                       std::to_string(facts.st_mode & 07777U) + " ";
    if (entry.is_symlink()) {
      line += "-> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      line += "folder";
    } else {
      line += std::to_string(facts.st_mtime) + " " + read_file(entry.path());
    }
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

}  // namespace envlock::test
