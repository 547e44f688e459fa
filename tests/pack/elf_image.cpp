#include "tests/pack/elf_image.hpp"

namespace envlock::test {
namespace {

class Writer {
 public:
  explicit Writer(const ElfImage& image) : image_(image), bytes_(image.bytes, image.filler) {}

  std::string make() {
    header();
    segments();
    list();
    definitions();
    if (image_.has_dynamic) dynamic();
    return std::move(bytes_);
  }

 private:
  void put(std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t shift = 8 * (image_.big_endian ? size - 1 - i : i);
      bytes_.at(at + i) = static_cast<char>(value >> shift & 0xFFU);
    }
  }
  void word(std::size_t at, std::uint64_t value) { put(at, value, image_.is_64 ? 8 : 4); }

  void header() {
    bytes_.replace(0, 16,
                   std::string("\x7f"
                               "ELF") +
                       std::string(12, '\0'));
    bytes_[4] = image_.is_64 ? 2 : 1;
    bytes_[5] = image_.big_endian ? 2 : 1;
    bytes_[6] = 1;
    put(16, 3, 2);  // ET_DYN
    word(image_.is_64 ? 32 : 28, image_.headers_at);
    put(image_.is_64 ? 54 : 42, image_.is_64 ? 56 : 32, 2);
    put(image_.is_64 ? 56 : 44, 2, 2);
  }

  void segment(std::size_t at, std::uint32_t type, std::uint64_t offset, std::uint64_t bytes) {
    put(at, type, 4);
    const std::size_t w = image_.is_64 ? 8 : 4;
    const std::size_t first = at + w;  // p_flags pads the first word of the 64-bit form
    word(first, offset);
    word(first + w, offset + image_.load_address);
    word(first + 2 * w, offset + image_.load_address);
    word(first + 3 * w, bytes);
    word(first + 4 * w, bytes);
  }

  void segments() {
    const std::size_t size = image_.is_64 ? 56 : 32;
    segment(image_.headers_at, 1, 0, image_.bytes);
    segment(image_.headers_at + size, image_.has_dynamic ? 2 : 4, image_.dynamic_at, 256);
  }

  void list() {
    if (image_.needs.empty()) return;
    std::size_t at = image_.list_at;
    put(at, 1, 2);
    put(at + 2, image_.needs.size(), 2);
    put(at + 4, 1, 4);
    put(at + 8, 16, 4);
    put(at + 12, 0, 4);
    for (std::size_t i = 0; i < image_.needs.size(); ++i) {
      at += 16;
      put(at, sysv_hash(image_.needs[i]), 4);
      put(at + 4, 0, 2);
      put(at + 6, 2 + i, 2);
      put(at + 8, 7, 4);
      put(at + 12, i + 1 < image_.needs.size() ? 16 : image_.last_next, 4);
    }
  }

  void definitions() {
    std::size_t at = image_.defines_at;
    for (const std::string& name : image_.defines) {
      put(at, 1, 2);
      put(at + 4, 2, 2);
      put(at + 6, 1, 2);
      put(at + 8, sysv_hash(name), 4);
      put(at + 12, 20, 4);
      put(at + 16, 28, 4);
      put(at + 20, 7, 8);
      at += 28;
    }
  }

  void dynamic() {
    const std::size_t w = image_.is_64 ? 8 : 4;
    std::size_t at = image_.dynamic_at;
    const auto entry = [&](std::uint64_t tag, std::uint64_t value) {
      word(at, tag);
      word(at + w, value);
      at += 2 * w;
    };
    entry(5, image_.load_address + 64);  // DT_STRTAB, of no interest
    if (!image_.defines.empty()) entry(0x6FFFFFFC, image_.load_address + image_.defines_at);
    if (!image_.needs.empty()) {
      entry(0x6FFFFFFE, image_.load_address + image_.list_at);
      entry(0x6FFFFFFF, 1);
    }
    entry(0, 0);
  }

  const ElfImage& image_;
  std::string bytes_;
};

}  // namespace

std::string make_elf(const ElfImage& image) { return Writer(image).make(); }

std::uint32_t sysv_hash(std::string_view name) {
  unsigned long h = 0;
  for (const char c : name) {
    h = (h << 4U) + static_cast<unsigned char>(c);
    const unsigned long g = h & 0xF0000000UL;
    if (g != 0) h ^= g >> 24U;
    h &= ~g;
  }
  return static_cast<std::uint32_t>(h);
}

}  // namespace envlock::test
