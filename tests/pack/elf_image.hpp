#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::test {

/// What an ELF file of the tests is like. Places are offsets in the file, multiples of 8; each
/// part is put where its place says, so that they must not overlap.
struct ElfImage {
  bool is_64 = true;
  bool big_endian = false;
  std::vector<std::string> needs = {"GLIBC_2.2.5", "GLIBC_2.17"};  ///< Of one library.
  std::vector<std::string> defines = {};
  std::size_t headers_at = 64;
  std::size_t list_at = 1024;
  std::size_t defines_at = 4096;
  std::size_t dynamic_at = 8192;
  std::size_t bytes = 10'000;
  /// What the segment adds to an offset, to give an address.
  std::uint64_t load_address = 0x400000;
  bool has_dynamic = true;
  std::uint32_t last_next = 0;  ///< Of the last entry of the list.
  char filler = '\0';
};

std::string make_elf(const ElfImage& image);

/// The System V ABI's hash, by its own text (chapter 5, "Hash Table").
std::uint32_t sysv_hash(std::string_view name);

}  // namespace envlock::test
