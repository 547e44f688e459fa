#include "pack/tar_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>

#include "model/error.hpp"
#include "pack/tar_header.hpp"

namespace envlock {
namespace {

constexpr std::size_t name_bytes = 100;

/// The fields of a header by their offset (POSIX ustar; GNU's magic).
class Block {
 public:
  Block() : bytes_(tar_block_bytes, '\0') {
    text(257, "ustar  ");
    octal(108, 8, 0);  // user
    octal(116, 8, 0);  // group
  }
  void text(std::size_t offset, std::string_view value) {
    std::ranges::copy(value, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  /// Digits and a NUL.
  void octal(std::size_t offset, std::size_t width, std::uint64_t value) {
    for (std::size_t i = width - 1; i-- > 0; value >>= 3U)
      bytes_[offset + i] = static_cast<char>('0' + (value & 7U));
  }
  /// What octal cannot say, in GNU's base 256.
  void size(std::uint64_t value) {
    if (value <= max_octal_size) return octal(124, 12, value);
    bytes_[124] = '\x80';
    for (std::size_t i = 11; i > 3; --i, value >>= 8U)
      bytes_[124 + i] = static_cast<char>(value & 0xFFU);
  }
  void type(char value) { bytes_[156] = value; }

  std::string take() {
    text(148, "        ");
    const auto sum = std::accumulate(
        bytes_.begin(), bytes_.end(), std::uint64_t{0},
        [](std::uint64_t all, char byte) { return all + static_cast<unsigned char>(byte); });
    octal(148, 7, sum);
    bytes_[154] = '\0';
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

/// The member that gives the next one a long name ('L') or target ('K'), as GNU tar writes it.
std::string long_text(char type, std::string_view text) {
  Block block;
  block.text(0, "././@LongLink");
  block.octal(100, 8, 0644);
  block.size(text.size() + 1);
  block.octal(136, 12, 0);
  block.type(type);
  std::string out = block.take();
  out.append(text).append(1 + tar_padding(text.size() + 1), '\0');
  return out;
}

void require_no_nul(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) throw InternalError("a NUL in a name of a tar");
}

}  // namespace

std::string tar_item_header(const TarItem& item) {
  if (item.mtime_s < 0) throw InternalError("a time before 1970 in a tar");
  const bool is_folder = item.type == PathType::directory;
  const std::string path = is_folder ? item.path + '/' : item.path;
  require_no_nul(path);
  require_no_nul(item.target);
  std::string out;
  if (item.target.size() > name_bytes) out += long_text('K', item.target);
  if (path.size() > name_bytes) out += long_text('L', path);
  Block block;
  block.text(0, std::string_view(path).substr(0, name_bytes));
  const bool is_file = item.type == PathType::file;
  const bool is_link = item.type == PathType::link;
  block.octal(100, 8, is_link ? 0777U : is_folder || item.executable ? 0755U : 0644U);
  block.size(is_file ? item.size_bytes : 0);
  block.octal(136, 12, static_cast<std::uint64_t>(item.mtime_s));
  block.type(is_link ? '2' : is_folder ? '5' : '0');
  block.text(157, std::string_view(item.target).substr(0, name_bytes));
  return out + block.take();
}

std::size_t tar_padding(std::uint64_t size_bytes) noexcept {
  return static_cast<std::size_t>((tar_block_bytes - size_bytes % tar_block_bytes) %
                                  tar_block_bytes);
}

std::string tar_end() { return std::string(2 * tar_block_bytes, '\0'); }

}  // namespace envlock
