// A whole package file through all layers; the first byte chooses the format. Whatever it is, it is
// read, or refused as untrusted: no other error, and no more memory or output than allowed.
#include "pack/package_archive.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace {

class Counter final : public envlock::ArchiveVisitor {
 public:
  void begin(const envlock::ArchiveEntry& entry) override { left_ = entry.size_bytes; }
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
  const envlock::UniqueFd file(::memfd_create("package", MFD_CLOEXEC));
  if (!file || ::write(file.get(), data + 1, size - 1) != static_cast<ssize_t>(size - 1)) return 0;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  try {
    const envlock::PackageArchive archive(
        path, data[0] % 2 == 0 ? "a-1-0.conda" : "a-1-0.tar.bz2",
        {.max_window_log = 20, .max_entries = 1000, .max_info_file_bytes = 1U << 20U});
    Counter counter;
    archive.read_content(archive.read_info(), counter, {});
  } catch (const envlock::TrustError&) {  // refused; anything else is a defect
  }
  return 0;
}
