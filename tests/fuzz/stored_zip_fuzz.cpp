// The zip of a .conda: members lie one after the other inside of the file, each name once, and
// every read stays within it.
#include "pack/stored_zip.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const envlock::ReadAt read_at = [&](std::uint64_t offset, std::span<std::byte> to) {
    if (offset > size || to.size() > size - offset) std::abort();
    if (!to.empty()) std::memcpy(to.data(), data + offset, to.size());
  };
  try {
    std::uint64_t at = 0;
    std::set<std::string> names;
    for (const envlock::StoredMember& member :
         envlock::read_stored_zip(read_at, size, "a-1-0.conda")) {
      if (member.offset_bytes <= at || member.offset_bytes > size) std::abort();
      if (member.size_bytes > size - member.offset_bytes) std::abort();
      if (!names.insert(member.name).second) std::abort();
      at = member.offset_bytes + member.size_bytes;
    }
  } catch (const envlock::TrustError&) {  // refused; anything else is a defect
  }
  return 0;
}
