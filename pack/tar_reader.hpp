#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pack/tar_header.hpp"

namespace envlock {

/// One member of a tar, after long names and PAX records; nothing is judged but the type, which is
/// one of '0' file, '1' hard link, '2' link, '5' folder. Only files have a size.
struct TarMember {
  std::string path, link = {};
  char type = '0';
  unsigned mode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_s = 0;  ///< Not judged; 0 where it is no number.
};

/// Gets the members of a tar in its order. What a function throws passes through.
class TarVisitor {
 public:
  virtual ~TarVisitor() = default;
  virtual void member(TarMember member) = 0;
  /// Of the file that came last.
  virtual void data(std::span<const std::byte> bytes) = 0;
  virtual void member_end() = 0;
};

/// Reads a tar as its bytes come, in pieces of any length, and copies none of a file's content.
/// It knows ustar with PAX headers and GNU's long names, and nothing else: what other readers could
/// take for something else is refused (catalogue A10, A14, A16 to A19, C09).
class TarReader {
 public:
  /// Whose tar it is. Of a pack, which our own writer wrote, also those bytes must be as it writes
  /// them that carry nothing: padding is zeros, a checksum six digits, NUL and space.
  enum class From : std::uint8_t { anybody, pack };

  /// @param package  for messages; `visitor` must outlive the reader
  TarReader(std::string package, std::uint64_t max_entries, TarVisitor& visitor,
            From from = From::anybody);

  /// @throws TrustError for what is refused
  void feed(std::span<const std::byte> bytes);
  /// True where the next byte would be the first of a member: a tar that was cut there is whole.
  [[nodiscard]] bool is_between_members() const noexcept;
  /// @throws TrustError where the two blocks of zeros that end a tar have not come
  void finish() const;

 private:
  enum class State : std::uint8_t { header, extension, data, padding, one_zero_block, ended };

  [[noreturn]] void fail(const TarFault& fault) const;
  std::span<const std::byte> take_block(std::span<const std::byte> bytes);
  void block(std::span<const std::byte, tar_block_bytes> bytes);
  void begin_extension();
  void end_extension();
  void begin_member();
  void apply_pax(TarMember& member) const;
  void end_data();

  std::string package_;
  std::uint64_t entries_left_;
  TarVisitor& visitor_;
  From from_;
  State state_ = State::header;
  std::array<std::byte, tar_block_bytes> block_{};
  std::size_t block_size_ = 0;  ///< Of a header that has come in part.
  TarHeader header_;
  std::uint64_t left_ = 0;          ///< Of the data, or of the padding.
  std::uint64_t padding_left_ = 0;  ///< After the data.
  std::string extension_;           ///< The data of an entry that describes the next one.
  std::optional<std::string> long_name_, long_link_;
  std::optional<PaxRecords> pax_;
};

}  // namespace envlock
