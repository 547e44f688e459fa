#include "pack/make_baseline.hpp"

#include <utility>

namespace envlock {
namespace {

/// Where nothing goes.
class NoSink final : public TreeSink {
 public:
  void directory(const std::string& /*path*/) override {}
  std::unique_ptr<File> file(const TreeFile& /*file*/) override {
    class Nothing final : public File {
     public:
      void write(std::span<const std::byte> /*bytes*/) override {}
      void close() override {}
    };
    return std::make_unique<Nothing>();
  }
  void link(const std::string& /*path*/, const std::string& /*target*/,
            std::int64_t /*mtime_s*/) override {}
};

BaselinePackage baseline_package(const PackageToPlace& package) {
  const PackageRecord& record = package.record;
  return {.name = distinct_name(record),
          .version = record.version,
          .build = record.build,
          .subdir = record.subdir,
          .channel = package.channel,
          .fn = record.fn,
          .sha256 = record.sha256.value()};
}

}  // namespace

Baseline baseline_of(const TreePlan& plan, const Assembly& assembly, const BaselineFacts& facts) {
  Baseline baseline{.platform = facts.platform,
                    .lock_sha256 = facts.lock_sha256,
                    .site_packages = plan.site_packages,
                    .packages = {},
                    .files = {},
                    .variables = facts.variables};
  for (const PlannedPackage& package : plan.packages)
    baseline.packages.push_back(baseline_package(package.source));
  baseline.files.reserve(plan.files.size());
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const PlannedFile& planned = plan.files[i];
    const AssembledFile& done = assembly.files[i];
    BaselineFile file;
    file.path = planned.path;
    file.package =
        planned.owners.front() < plan.packages.size() ? planned.owners.front() : BaselineFile::own;
    file.type = done.type;
    file.role = planned.role;
    file.target = done.target;
    if (done.type == PathType::file) {
      file.executable = done.executable;
      file.size_bytes = done.size_bytes;
      file.sha256 = done.sha256;
      if (done.placeholder && !done.placeholder->offsets.empty())
        file.placeholder = done.placeholder;
    }
    baseline.files.push_back(std::move(file));
  }
  return baseline;
}

Baseline make_baseline(const TreePlan& plan, const BaselineFacts& facts, std::size_t threads,
                       const std::stop_token& stop, std::vector<std::string>& notices) {
  NoSink sink;
  Assembly assembly = assemble(plan, sink, {.prefix = {}, .threads = threads}, stop);
  notices = std::move(assembly.notices);
  return baseline_of(plan, assembly, facts);
}

}  // namespace envlock
