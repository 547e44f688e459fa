#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_info.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// One member of a package's tree, judged: its path keeps `package_path_fault`'s rules (info/
/// members are never handed out), its target those of links, its type is one of these four.
struct ArchiveEntry {
  enum class Kind : std::uint8_t { file, link, hard_link, directory };
  std::string path;
  Kind kind = Kind::file;
  bool executable = false;        ///< Any x bit of the archive's mode.
  bool had_special_bits = false;  ///< setuid, setgid or sticky: not restored (A15).
  std::uint64_t size_bytes = 0;   ///< Of files.
  std::string target;  ///< Of links: the text; of hard links: the path of a file that came before.
};

/// Gets the members of an archive in its order. What a function throws ends the reading and passes
/// through.
class ArchiveVisitor {
 public:
  virtual ~ArchiveVisitor() = default;
  virtual void begin(const ArchiveEntry& entry) = 0;
  /// Of the file begun last; as often as needed, never for an empty file.
  virtual void content(std::span<const std::byte> bytes) = 0;
  virtual void end() = 0;  ///< Of the entry begun last, whatever its kind.
};

struct ArchiveLimits {
  int max_window_log = 27;  ///< C02; a policy may raise it to 31.
  std::uint64_t max_entries = 5'000'000;
  std::uint64_t max_info_file_bytes = std::uint64_t{256} << 20U;
};

/// What a wheel says of itself in its .dist-info, as far as an installer must know it.
struct WheelInfo {
  std::string name, version;    ///< As METADATA spells them.
  std::string dist_info, data;  ///< Its folders: "rich-13.7.1.dist-info", "rich-13.7.1.data".
  bool root_is_purelib = true;
  std::vector<EntryPoint> commands;  ///< Of console_scripts and gui_scripts.
  /// Scripts that begin with "#!python", whole, by their path in the wheel.
  std::map<std::string, std::string> python_scripts;
};

struct WheelContent {
  WheelInfo wheel;
  PackageInfo info;  ///< `paths` alone: all files of the wheel, with the hashes of its RECORD.
};

/// What of a .dist-info an installer writes itself, and never takes from a wheel.
bool is_dropped_dist_info(std::string_view name) noexcept;

/// A package archive (.conda or .tar.bz2, told apart by `file_name`) or a wheel (.whl) whose sha256
/// was checked. Reading refuses what the hostile-input catalogue refuses (A, Z, C; design section
/// 12) with a TrustError that names package, member (as found: the console escapes it) and rule.
/// Memory is bounded by the window. The file stays open, except where a process may have few
/// descriptors: then it is opened for each reading, and must still be the same.
class PackageArchive {
 public:
  /// @throws IoError where it cannot be opened
  PackageArchive(std::filesystem::path file, std::string file_name,
                 const ArchiveLimits& limits = {});

  /// A package that is not here: what it brought is read from a prefix. Reading it is a mistake.
  static PackageArchive not_at_hand(std::string file_name);

  [[nodiscard]] bool is_at_hand() const noexcept { return !file_.empty(); }
  [[nodiscard]] const std::string& file_name() const noexcept { return file_name_; }

  /// info/ alone: of a .conda only its info member is read, of a .tar.bz2 as much as is needed.
  [[nodiscard]] PackageInfo read_info() const;
  [[nodiscard]] bool is_wheel() const noexcept { return file_name_.ends_with(".whl"); }
  /// What a wheel says of itself, held against its RECORD (A24) and its file name (A28).
  [[nodiscard]] WheelContent read_wheel() const;

  /// Every member outside of info/ (of a wheel: all), in the archive's order, each once, in one
  /// pass to the archive's end. Output is capped by the sum of the sizes in `info` (C01). Whether
  /// every path of `info` came is for the visitor to know.
  void read_content(const PackageInfo& info, ArchiveVisitor& visitor,
                    const std::stop_token& stop) const;

 private:
  PackageArchive() = default;
  [[nodiscard]] UniqueFd open_file() const;
  [[nodiscard]] UniqueFd reopened() const;  ///< Nothing where it is open.

  std::filesystem::path file_;
  UniqueFd fd_;
  std::array<std::uint64_t, 5> identity_{};
  std::string file_name_;
  ArchiveLimits limits_;
};

}  // namespace envlock
