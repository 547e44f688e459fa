#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace envlock {

/// Fills all of `to` with the bytes of an archive from `offset_bytes` on.
/// @throws IoError where they cannot be read
using ReadAt = std::function<void(std::uint64_t offset_bytes, std::span<std::byte> to)>;

/// A member of a zip file.
struct StoredMember {
  std::string name;
  std::uint64_t offset_bytes = 0;  ///< Of its first byte in the file.
  std::uint64_t size_bytes = 0;    ///< As it lies in the file.
  std::uint32_t crc32 = 0;         ///< As said by the directory.
  bool is_deflated = false;
  std::uint64_t whole_bytes = 0;  ///< Uncompressed, as said by the directory.
  unsigned mode = 0;              ///< Of Unix, with the type; 0 where the directory has none.
};

/// The members of the outer zip of a .conda (CF 7.2), in the order of their bytes. Stricter than
/// APPNOTE.TXT, so that no two readers can see two archives in one file: the members stand one
/// after the other from the first byte of the file, directory and end record follow without a gap,
/// both headers of a member say the same, nothing is compressed, encrypted, commented or named
/// twice (catalogue Z01 to Z06, Z09). ZIP64 and true data descriptors are read.
/// @param package  the file's name, for messages
/// @throws TrustError for what is refused, IoError from `read_at`
std::vector<StoredMember> read_stored_zip(const ReadAt& read_at, std::uint64_t file_size,
                                          const std::string& package);

/// The members of a wheel, as strictly, except that they may be deflated, and have the paths of a
/// tree for names: those are the caller's to judge (`package_path_fault`).
/// @param max_entries  more are refused (A25)
std::vector<StoredMember> read_wheel_zip(const ReadAt& read_at, std::uint64_t file_size,
                                         const std::string& package, std::uint64_t max_entries);

}  // namespace envlock
