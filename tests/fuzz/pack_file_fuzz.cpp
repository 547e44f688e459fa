// A pack's bytes through PackFile: whoever reads gets the head once and first, members whole, and
// never anything but a refusal for the rest.
#include "pack/pack_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <list>
#include <string>

#include "model/error.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Checked final : public envlock::TarVisitor {
 public:
  void member(envlock::TarMember member) override {
    require(left_ == 0);
    left_ = member.size_bytes;
  }
  void data(std::span<const std::byte> bytes) override {
    require(bytes.size() <= left_);
    left_ -= bytes.size();
  }
  void member_end() override { require(left_ == 0); }

 private:
  std::uint64_t left_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const envlock::UniqueFd fd(::memfd_create("pack", MFD_CLOEXEC));
  require(static_cast<bool>(fd));
  for (std::size_t at = 0; at < size;) {
    const ssize_t count = ::write(fd.get(), data + at, size - at);
    require(count > 0);
    at += static_cast<std::size_t>(count);
  }
  try {
    envlock::PackFile pack("/proc/self/fd/" + std::to_string(fd.get()));
    std::list<Checked> visitors;
    int heads = 0;
    pack.read([&](const envlock::PackHead&) { require(++heads == 1 && visitors.empty()); },
              [&]() -> envlock::TarVisitor& {
                require(heads == 1);
                return visitors.emplace_back();
              },
              1, {});
    require(heads == 1);
  } catch (const envlock::TrustError&) {  // the refusal of what is none
  }
  return 0;
}
