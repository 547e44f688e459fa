// ELF files: any bytes are judged, and the size of the pieces in which they come does not matter.
#include "pack/elf_needs.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  ElfNeedsReader whole;
  whole.feed(bytes);
  const ElfNeeds expected = whole.finish();
  ElfNeedsReader pieces;
  std::size_t piece = 1;
  for (std::size_t at = 0; at < size; at += piece) {
    piece = std::min<std::size_t>(size - at, 1 + (at % 97));
    pieces.feed(bytes.subspan(at, piece));
  }
  const ElfNeeds found = pieces.finish();
  if (found.is_elf != expected.is_elf || found.glibc != expected.glibc ||
      found.exact != expected.exact) {
    std::abort();
  }
  return 0;
}
