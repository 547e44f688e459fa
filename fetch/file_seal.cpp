#include "fetch/file_seal.hpp"

#include <charconv>

namespace envlock {

namespace {

std::int64_t nanoseconds(const struct timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Takes one number and, unless it is the last, the space behind it.
template <class Number>
bool take(std::string_view& text, Number& number, bool last) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (last) return text.empty();
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

FileSeal FileSeal::of(const struct stat& status) noexcept {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = nanoseconds(status.st_mtim),
          .ctime_ns = nanoseconds(status.st_ctim)};
}

std::string FileSeal::to_string() const {
  return std::to_string(device) + ' ' + std::to_string(inode) + ' ' + std::to_string(size_bytes) +
         ' ' + std::to_string(mtime_ns) + ' ' + std::to_string(ctime_ns);
}

std::optional<FileSeal> FileSeal::parse(std::string_view text) noexcept {
  FileSeal seal;
  if (!take(text, seal.device, false) || !take(text, seal.inode, false) ||
      !take(text, seal.size_bytes, false) || !take(text, seal.mtime_ns, false) ||
      !take(text, seal.ctime_ns, true))
    return std::nullopt;
  return seal;
}

}  // namespace envlock
