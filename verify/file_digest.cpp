#include "verify/file_digest.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
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

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Goes on with a file's name: "/opt/env-2" does not name "/opt/env". (What a pack puts a
/// placeholder for is judged more closely; where the two differ, an acceptance does not hold.)
bool is_name_part(char c) noexcept {
  const bool is_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_word || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("._-+~@%=").find(c) != std::string_view::npos;
}

/// Cuts what it is fed, in pieces of any size, wherever a path is.
class Cutter {
 public:
  explicit Cutter(std::string_view path) : path_(path) {}
  /// @param part  called with each piece of text, and whether the path follows it
  template <typename Part>
  void feed(std::string_view bytes, const Part& part) {
    held_ += bytes;
    // What stands behind a path must be known to judge it.
    cut(held_.size() > path_.size() ? held_.size() - path_.size() : 0, part);
  }
  template <typename Part>
  void finish(const Part& part) {
    cut(held_.size(), part);
  }

 private:
  /// @param end  paths that begin before it are looked for
  template <typename Part>
  void cut(std::size_t end, const Part& part) {
    std::size_t from = 0;
    for (std::size_t at = 0; (at = held_.find(path_, at)) < end;) {
      const std::size_t behind = at + path_.size();
      if (behind < held_.size() && is_name_part(held_[behind])) {
        ++at;
        continue;
      }
      part(std::string_view(held_).substr(from, at - from), true);
      at = from = behind;
    }
    const std::size_t done = std::max(from, end);
    part(std::string_view(held_).substr(from, done - from), false);
    held_.erase(0, done);
  }

  std::string_view path_;
  std::string held_;
};

/// Of the texts between the names of the prefix: their digests, hashed, so that no other texts
/// have the same.
class EvidenceBetween {
 public:
  explicit EvidenceBetween(std::string_view prefix) : cutter_(prefix) {
    all_.update("between the names of the prefix\n");
  }
  void feed(std::span<const std::byte> bytes) {
    cutter_.feed(text_of(bytes),
                 [this](std::string_view text, bool is_whole) { take(text, is_whole); });
  }
  Sha256 finish() {
    cutter_.finish([this](std::string_view text, bool is_whole) { take(text, is_whole); });
    end_part();
    return all_.finish();
  }
  /// Whether the prefix was named; call it after `finish`.
  [[nodiscard]] bool names_it() const noexcept { return names_it_; }

 private:
  void take(std::string_view text, bool is_whole) {
    part_.update(text);
    if (is_whole) end_part();
    names_it_ |= is_whole;
  }
  void end_part() {
    all_.update(std::as_bytes(std::span(part_.finish().bytes())));
    part_ = Sha256Hasher();
  }

  Cutter cutter_;
  Sha256Hasher all_, part_;
  bool names_it_ = false;
};

constexpr std::uint64_t max_searched_bytes = std::uint64_t{64} << 20U;

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

std::optional<PlacedDigest> placed_digest(int fd, const struct stat& facts,
                                          std::span<std::byte> space, std::uint64_t max_bytes,
                                          std::string_view prefix) {
  const auto content = file_digest(fd, facts, space, max_bytes);
  if (!content) return std::nullopt;
  const PlacedDigest plain{*content, *content};
  if (static_cast<std::uint64_t>(facts.st_size) > max_searched_bytes || prefix.size() < 2)
    return plain;
  if (::lseek(fd, 0, SEEK_SET) != 0) return std::nullopt;
  bool is_binary = false;
  EvidenceBetween between(prefix);
  const ReadEnd end = read_whole(fd, facts, space, [&](std::span<const std::byte> bytes) {
    is_binary |= text_of(bytes).find('\0') != std::string_view::npos;
    if (!is_binary) between.feed(bytes);
  });
  if (end != ReadEnd::whole) return std::nullopt;
  if (is_binary) return plain;
  const Sha256 evidence = between.finish();
  return between.names_it() ? PlacedDigest{*content, evidence} : plain;
}

}  // namespace envlock
