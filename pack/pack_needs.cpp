#include "pack/pack_needs.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "model/text.hpp"
#include "pack/byte_code.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t block_bytes = 4096;

std::uint64_t on_disk(std::uint64_t bytes) {
  return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

/// Folders count with their block, and paths that only a case-sensitive file system keeps apart.
class Folders {
 public:
  void add(std::string_view path) {
    case_sensitive_ |= !lower_.insert(to_lower(path)).second;
    for (std::size_t end = path.rfind('/'); end != std::string_view::npos; end = path.rfind('/')) {
      path = path.substr(0, end);
      if (!folders_.emplace(path).second) return;
      case_sensitive_ |= !lower_.insert(to_lower(path)).second;
    }
  }
  [[nodiscard]] std::size_t count() const noexcept { return folders_.size(); }
  [[nodiscard]] bool case_sensitive() const noexcept { return case_sensitive_; }

 private:
  std::set<std::string, std::less<>> folders_;
  std::set<std::string> lower_;
  bool case_sensitive_ = false;
};

}  // namespace

HostRequirements pack_needs(HostRequirements needs, const TreePlan& plan,
                            const Assembly& assembly) {
  Folders folders;
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const std::string& path = plan.files[i].path;
    const AssembledFile& done = assembly.files[i];
    if (done.type == PathType::directory) {
      folders.add(path + "/.");
      continue;
    }
    folders.add(path);
    ++needs.inodes;
    if (done.type == PathType::file) needs.disk_bytes += on_disk(done.size_bytes);
    if (done.elf.is_elf) add_elf_needs(needs.glibc_symbols, path, done.elf);
    needs.longest_path_bytes = std::max<std::uint64_t>(needs.longest_path_bytes, path.size());
    const std::size_t name = path.size() - (path.rfind('/') + 1);
    needs.longest_name_bytes = std::max<std::uint64_t>(needs.longest_name_bytes, name);
  }
  // Byte code is about as large as its source.
  for (const ByteCodeJob& job : byte_code_jobs(plan)) {
    for (const std::string& source : job.sources) {
      folders.add(byte_code_path(source, plan.python));
      ++needs.inodes;
      const auto at = std::ranges::lower_bound(plan.files, source, {}, &PlannedFile::path);
      needs.disk_bytes +=
          on_disk(assembly.files[static_cast<std::size_t>(at - plan.files.begin())].size_bytes);
    }
  }
  needs.inodes += folders.count();
  needs.disk_bytes += folders.count() * block_bytes;
  if (const auto longest = longest_prefix(plan)) needs.longest_prefix_bytes = *longest;
  needs.case_sensitive = folders.case_sensitive();
  return needs;
}

}  // namespace envlock
