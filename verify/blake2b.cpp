#include "verify/blake2b.hpp"

#include <algorithm>
#include <bit>

#include "model/error.hpp"
#include "model/secret.hpp"

namespace envlock {
namespace {

// RFC 7693, section 2.6.
constexpr std::array<std::uint64_t, 8> initial{
    0x6a09e667f3bcc908U, 0xbb67ae8584caa73bU, 0x3c6ef372fe94f82bU, 0xa54ff53a5f1d36f1U,
    0x510e527fade682d1U, 0x9b05688c2b3e6c1fU, 0x1f83d9abfb41bd6bU, 0x5be0cd19137e2179U};

// RFC 7693, section 2.7; rounds 10 and 11 use rows 0 and 1 again.
constexpr std::array<std::array<std::uint8_t, 16>, 10> sigma{{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}};
constexpr std::size_t rounds = 12;

std::uint64_t load_little_endian(const std::byte* bytes) noexcept {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i) word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
}

/// RFC 7693, section 3.1.
void mix(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d, std::uint64_t x,
         std::uint64_t y) noexcept {
  a += b + x;
  d = std::rotr(d ^ a, 32);
  c += d;
  b = std::rotr(b ^ c, 24);
  a += b + y;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 63);
}

template <class T>
void wipe_object(T& object) noexcept {
  envlock::wipe(std::span<char>(reinterpret_cast<char*>(&object), sizeof object));
}

}  // namespace

Blake2b::Blake2b(std::size_t digest_bytes) : digest_bytes_(digest_bytes), state_(initial) {
  if (digest_bytes == 0 || digest_bytes > 64) throw InternalError("BLAKE2b has 1 to 64 bytes");
  state_[0] ^= 0x01010000U ^ digest_bytes;  // no key
}

void Blake2b::update(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // A full block waits for more: the last one is compressed with a flag of its own.
    if (buffered_ == block_bytes) {
      absorbed_bytes_ += block_bytes;
      compress(buffer_, false);
      buffered_ = 0;
    }
    const std::size_t taken = std::min(block_bytes - buffered_, bytes.size());
    std::copy_n(bytes.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_));
    buffered_ += taken;
    bytes = bytes.subspan(taken);
  }
}

void Blake2b::finish(std::span<std::byte> digest) {
  if (digest.size() != digest_bytes_) throw InternalError("a BLAKE2b digest of another length");
  absorbed_bytes_ += buffered_;
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_), buffer_.end(), std::byte{0});
  compress(buffer_, true);
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::byte>(state_[i / 8] >> (8 * (i % 8)));
  }
}

void Blake2b::wipe() noexcept {
  wipe_object(state_);
  wipe_object(buffer_);
  buffered_ = 0;
}

void Blake2b::compress(std::span<const std::byte, block_bytes> block, bool last) noexcept {
  std::array<std::uint64_t, 16> m{};
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = load_little_endian(&block[8 * i]);
  std::array<std::uint64_t, 16> v{};
  std::copy(state_.begin(), state_.end(), v.begin());
  std::copy(initial.begin(), initial.end(), v.begin() + 8);
  v[12] ^= absorbed_bytes_;
  if (last) v[14] = ~v[14];
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto& s = sigma[round % sigma.size()];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] ^= v[i] ^ v[i + 8];
}

}  // namespace envlock
