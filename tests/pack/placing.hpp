#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pack/install.hpp"
#include "pack/tree_plan.hpp"
#include "tests/support/package_builder.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wheel_builder.hpp"

namespace envlock::test {

/// Package archives in a folder, as a plan takes them.
class Packages {
 public:
  /// A .conda. Its record is that of the package, with a time in 2023.
  Packages& add(const ArchiveBuilder& builder, bool requested = false);
  Packages& add_tar_bz2(const ArchiveBuilder& builder);
  /// A wheel, as the lock has it: `name` and `version` as the file's name has them.
  Packages& add_wheel(const WheelBuilder& builder, bool requested = false,
                      const std::string& direct_url = {});
  [[nodiscard]] TreePlan plan(std::vector<ExtraFile> extra = {},
                              std::span<const ClobberRule> clobbers = {}) const;

 private:
  Packages& add_bytes(const ArchiveBuilder& builder, const std::string& bytes,
                      const std::string& extension, bool requested);
  struct One {
    PackageRecord record;
    bool requested;
    std::string direct_url = {};
  };
  TempDir dir_;
  std::vector<One> all_;
};

/// Installs a plan at `prefix` with a lock text of the test's own.
InstallResult install(const TreePlan& plan, const std::filesystem::path& prefix,
                      const std::string& lock_text = "lock one\n");

/// Every path below a folder with its mode and its bytes, link text or "folder", sorted: two equal
/// texts are two equal trees.
std::string tree_text(const std::filesystem::path& folder);

}  // namespace envlock::test
