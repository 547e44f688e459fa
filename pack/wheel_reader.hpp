#pragma once

// Private to pack/: the inside of a wheel. PackageArchive opens it.

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/wheel_files.hpp"
#include "pack/package_archive.hpp"
#include "pack/stored_zip.hpp"

namespace envlock {

/// Reads a wheel straight from its zip file, member by member. Names are judged by the rules for
/// packages' trees, and what is no file or folder, is named twice or lies about its size or CRC is
/// refused. What it unpacks to is bounded by what its directory says, and that by C01.
class WheelReader {
 public:
  /// @param file_name  the wheel's, for messages and for what must stand in it
  /// @throws TrustError for what is refused, what `read_at` throws. All references outlive this
  WheelReader(const ReadAt& read_at, std::uint64_t file_size, const std::string& file_name,
              const ArchiveLimits& limits);

  /// What the wheel says of itself, each member held against RECORD: all but RECORD itself and its
  /// signatures must be in it, with a sha256, and nothing else. Content is only read of what is not
  /// installed as it is; of all other members the hash is for the visitor to compare.
  [[nodiscard]] WheelContent read_content_list() const;

  /// Every member in the order of its bytes.
  void read(ArchiveVisitor& visitor, const std::stop_token& stop) const;

 private:
  using Sink = std::function<void(std::span<const std::byte>)>;
  struct Member {
    StoredMember zip;
    ArchiveEntry entry;
  };

  [[noreturn]] void fail(std::string_view member, const std::string& what,
                         std::string_view rule) const;
  void judge(StoredMember member, class TreeRules& rules, std::uint64_t& total);
  /// @param is_enough  asked behind each piece: ends the reading early
  void unpack(const Member& member, const Sink& sink, const std::function<bool()>& is_enough) const;
  [[nodiscard]] const Member& find(const std::string& path) const;
  [[nodiscard]] std::string read_whole(const Member& member, std::uint64_t max_bytes) const;
  /// @throws TrustError where it is not what RECORD says of it
  [[nodiscard]] std::string read_checked(const Member& member, const PackagePath& said,
                                         std::uint64_t max_bytes) const;
  [[nodiscard]] bool asks_for_python(const Member& member) const;
  [[nodiscard]] std::string find_dist_info() const;
  [[nodiscard]] std::vector<PackagePath> hold_against_record(const std::string& dist_info) const;

  const ReadAt& read_at_;
  const std::string& file_name_;
  std::vector<Member> members_;                 ///< In the order of their bytes.
  std::map<std::string, std::size_t> by_path_;  ///< Files alone.
};

}  // namespace envlock
