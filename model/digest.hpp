#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// A digest of `Size` bytes. Written as lower-case hex; only lower-case hex of the right length is
/// read.
template <std::size_t Size>
class Digest {
 public:
  using Bytes = std::array<std::uint8_t, Size>;
  Digest() = default;  ///< All zero.
  explicit Digest(const Bytes& bytes) : bytes_(bytes) {}
  /// Nothing where `hex` is not exactly 2 * Size lower-case hex digits.
  static std::optional<Digest> parse(std::string_view hex) noexcept;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  Bytes bytes_{};
};

extern template class Digest<16>;
extern template class Digest<32>;

using Md5 = Digest<16>;  ///< Only ever a name for a file, never proof of its content.
using Sha256 = Digest<32>;

/// SHA-256 over bytes that arrive piece by piece. Not copyable; one thread at a time.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// The digest of all that was given. Call once, last.
  [[nodiscard]] Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Sha256 sha256_of(std::span<const std::byte> bytes);
[[nodiscard]] Sha256 sha256_of(std::string_view text);

}  // namespace envlock
