#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace envlock {

/// BLAKE2b without a key (RFC 7693) over bytes that arrive piece by piece. OpenSSL 3.0 has it with
/// 64 bytes only; minisign needs 32 as well.
class Blake2b {
 public:
  /// @param digest_bytes  length of the digest, 1 to 64
  /// @throws InternalError for another length
  explicit Blake2b(std::size_t digest_bytes);
  void update(std::span<const std::byte> bytes);
  /// Writes the digest. Call once, last; `digest` has the length that the constructor got.
  void finish(std::span<std::byte> digest);
  /// Overwrites what was absorbed: for input that is secret.
  void wipe() noexcept;

 private:
  static constexpr std::size_t block_bytes = 128;
  void compress(std::span<const std::byte, block_bytes> block, bool last) noexcept;

  std::size_t digest_bytes_;
  std::array<std::uint64_t, 8> state_;
  std::uint64_t absorbed_bytes_ = 0;  ///< Below 2^64: no file has more.
  std::array<std::byte, block_bytes> buffer_{};
  std::size_t buffered_ = 0;
};

/// BLAKE2b of `Size` bytes over all of `bytes`.
template <std::size_t Size>
std::array<std::byte, Size> blake2b_of(std::span<const std::byte> bytes) {
  Blake2b hash(Size);
  hash.update(bytes);
  std::array<std::byte, Size> digest{};
  hash.finish(digest);
  return digest;
}

}  // namespace envlock
