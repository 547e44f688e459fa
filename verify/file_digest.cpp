#include "verify/file_digest.hpp"

#include <unistd.h>

#include <cerrno>
#include <tuple>

namespace envlock {
namespace {

auto identity(const struct stat& s) {
  return std::tuple(s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                    s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
}

/// A file of 1 EiB without a block costs its maker nothing and its reader years (V01).
bool is_mostly_holes(const struct stat& facts) {
  constexpr std::int64_t harmless_bytes = std::int64_t{1} << 30U;
  return facts.st_size > harmless_bytes && facts.st_blocks < facts.st_size / 512 / 16;
}

}  // namespace

ReadEnd read_whole(int fd, const struct stat& facts, std::span<std::byte> space,
                   const std::function<void(std::span<const std::byte>)>& sink) {
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  std::uint64_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, space.data(), space.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ReadEnd::failed;
    if (got == 0) return ReadEnd::changed;
    done += static_cast<std::uint64_t>(got);
    if (done > size) return ReadEnd::changed;
    sink(space.first(static_cast<std::size_t>(got)));
  }
  struct stat after {};
  if (::fstat(fd, &after) != 0) return ReadEnd::failed;
  return identity(after) == identity(facts) ? ReadEnd::whole : ReadEnd::changed;
}

std::optional<Sha256> file_digest(int fd, const struct stat& facts, std::span<std::byte> space,
                                  std::uint64_t max_bytes) {
  if (static_cast<std::uint64_t>(facts.st_size) > max_bytes || is_mostly_holes(facts))
    return std::nullopt;
  Sha256Hasher hasher;
  if (::lseek(fd, 0, SEEK_SET) != 0) return std::nullopt;
  const ReadEnd end =
      read_whole(fd, facts, space, [&](std::span<const std::byte> bytes) { hasher.update(bytes); });
  if (end != ReadEnd::whole) return std::nullopt;
  return hasher.finish();
}

}  // namespace envlock
