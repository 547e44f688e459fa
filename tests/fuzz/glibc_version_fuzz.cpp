// The search for glibc's version in the bytes of a libc.so.6: what is found is a version.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pack/host_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const auto version = glibc_version_in({reinterpret_cast<const char*>(data), size});
  if (version && NumberVersion::parse(version->text()) != version) std::abort();
  return 0;
}
