// A whole wheel through all layers; the first byte chooses its name. Whatever it is, it is read and
// planned for, or refused as untrusted: no other error, no path out of the prefix, and no more
// output than its directory says.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"
#include "pack/package_archive.hpp"
#include "pack/wheel_plan.hpp"

namespace {

class Counter final : public envlock::ArchiveVisitor {
 public:
  void begin(const envlock::ArchiveEntry& entry) override {
    if (envlock::package_path_fault(entry.path)) std::abort();
    if (entry.kind == envlock::ArchiveEntry::Kind::link ||
        entry.kind == envlock::ArchiveEntry::Kind::hard_link)
      std::abort();
    left_ = entry.size_bytes;
  }
  void content(std::span<const std::byte> bytes) override {
    if (bytes.empty() || bytes.size() > left_) std::abort();
    left_ -= bytes.size();
  }
  void end() override {
    if (left_ != 0) std::abort();
  }

 private:
  std::uint64_t left_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const envlock::UniqueFd file(::memfd_create("wheel", MFD_CLOEXEC));
  if (!file || ::write(file.get(), data + 1, size - 1) != static_cast<ssize_t>(size - 1)) return 0;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const std::string name =
      data[0] % 2 == 0 ? "a-1.0-py3-none-any.whl" : "a-1.0-cp311-cp311-linux_x86_64.whl";
  try {
    envlock::PackageArchive archive(
        path, name, {.max_window_log = 20, .max_entries = 1000, .max_info_file_bytes = 1U << 20U});
    envlock::WheelContent content = archive.read_wheel();
    Counter counter;
    archive.read_content(content.info, counter, {});
    envlock::TreePlan plan;
    plan.python = "3.11";
    plan.site_packages = "lib/python3.11/site-packages";
    envlock::PackageRecord record;
    record.name = "a";
    record.version = "1.0";
    plan.packages.push_back({{record, "pypi", true, std::move(archive)}, content.info, {}});
    plan.packages.front().wheel = content.wheel;
    envlock::add_wheel(plan, 0);
    for (const envlock::PlannedFile& planned : plan.files) {
      if (envlock::package_path_fault(planned.path)) std::abort();
    }
  } catch (const envlock::TrustError&) {  // refused; anything else is a defect
  }
  return 0;
}
