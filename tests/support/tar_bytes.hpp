#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::test {

/// One entry of a tar as it stands in the file: nothing is checked, so that any lie can be told.
/// What is not given is regular; equal entries give equal bytes.
struct TarEntry {
  std::string name;
  std::string data = {};
  char type = '0';  ///< '0' file, '1' hard link, '2' symlink, '3' and '4' device, '5' folder, '6'
                    ///< FIFO, 'g' and 'x' pax headers, 'L' and 'K' GNU's long names.
  std::string link = {};
  unsigned mode = 0644;
  std::int64_t mtime_s = 1'700'000'000;
  std::uint64_t uid = 0, gid = 0;
  /// What the header says where that is not the length of `data`, which follows all the same.
  std::optional<std::uint64_t> size = {};
  /// Records of a pax header before this entry: {"path", "long/name"}.
  std::vector<std::pair<std::string, std::string>> pax = {};
  /// Names over 100 bytes stand in a pax header, or in GNU's entries of type 'L' and 'K'.
  bool gnu_long_names = false;
  /// Changes the 512 bytes of the header at will; the checksum is computed afterwards.
  std::function<void(std::string& header)> edit = {};
  bool wrong_checksum = false;
};

/// Where things stand in a header (POSIX ustar), for `TarEntry::edit`.
struct TarField {
  std::size_t offset, length;
};
inline constexpr TarField tar_name{0, 100}, tar_mode{100, 8}, tar_uid{108, 8}, tar_gid{116, 8},
    tar_size{124, 12}, tar_mtime{136, 12}, tar_checksum{148, 8}, tar_type{156, 1},
    tar_link{157, 100}, tar_magic{257, 8}, tar_prefix{345, 155};

/// Puts `text`, filled up with NUL, into a field. @throws std::length_error where it is too long
void put_field(std::string& header, TarField field, std::string_view text);

/// One record of a pax header: its length, the key and the value. The length is computed unless it
/// is to lie.
std::string pax_record(std::string_view key, std::string_view value,
                       std::optional<std::size_t> length = {});

/// The blocks of one entry: headers before it, header, data, padding.
std::string tar_entry_bytes(const TarEntry& entry);

/// All entries and the two blocks of zeros at the end.
std::string tar_of(const std::vector<TarEntry>& entries);

}  // namespace envlock::test
