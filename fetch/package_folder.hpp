#pragma once

// Private to fetch/: the files below a cache's packages/, by name and never through links.

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "fetch/package_seal.hpp"
#include "model/digest.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// "SHA256.conda", "SHA256.tar.bz2" or "SHA256.whl", by the extension of `file_name`.
/// @throws TrustError where it has another: nothing else is a package
std::string cached_package_name(const Sha256& sha256, std::string_view file_name);
/// The digest in such a name; nothing where it is none.
std::optional<Sha256> digest_of_cached_package(std::string_view name);

inline constexpr std::string_view seal_suffix = ".seal";
inline constexpr std::string_view shared_seal_suffix = ".shared-seal";
/// Smaller packages have no seal: to hash one takes no longer than to open and read a second file,
/// and to make that file takes longer than all else that is done for a small package.
inline constexpr std::uint64_t sealed_from_bytes = std::uint64_t{16} << 10U;
inline constexpr std::string_view partial_suffix = ".part";
inline constexpr std::string_view origin_suffix = ".from";

/// All of an open file. @param path  only names it in messages
/// @throws IoError, Interrupted
Sha256 hash_open_file(int fd, const std::filesystem::path& path, const std::stop_token& stop);

/// Where a file was last touched more than a day ago, its mtime becomes now: the mark of last use
/// that `cache clean` goes by. @param status  of the open file
void mark_used(int fd, const struct stat& status) noexcept;

/// One folder of packages, held open, so that it is the same folder to the end.
class PackageFolder {
 public:
  /// @param dir  judged already (Cache::folder, require_private_path)
  /// @throws IoError where it cannot be opened
  explicit PackageFolder(std::filesystem::path dir);

  [[nodiscard]] const std::filesystem::path& dir() const noexcept { return dir_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::filesystem::path path_of(std::string_view name) const { return dir_ / name; }

  /// Up to `max_bytes` of a small regular file; nothing where there is none, or a longer one.
  /// @param keep_fresh  mark it as used now
  [[nodiscard]] std::optional<std::string> read_small(const std::string& name,
                                                      std::size_t max_bytes,
                                                      bool keep_fresh = false) const;
  /// Writes a small file in place: for what a reader checks for being whole. A failure (a full
  /// disk, say) leaves none or a torn one, and is not reported.
  void write_small(const std::string& name, std::string_view text) const noexcept;
  /// @return false where there was none
  bool remove(const std::string& name) const;
  /// Removes `name` where it still is the file that `seal` describes, not one put there meanwhile.
  void remove_if_same(const std::string& name, const FileSeal& seal) const;

 private:
  std::filesystem::path dir_;
  UniqueFd fd_;
};

/// How a package file fares.
struct PackageCheck {
  enum class Verdict {
    bad,     ///< Not to be used; `why` says why. The zero value refuses.
    absent,  ///< No such file.
    good,    ///< Has the sha256 of its name.
  };
  Verdict verdict = Verdict::bad;
  std::string why;
  FileSeal seal;  ///< Of what is there, unless absent.
};

/// How a package file is to be checked.
struct PackageCheckPlan {
  const PackageFolder& folder;  ///< Where the file is.
  const PackageFolder& seals;   ///< Where its seal is kept: always in the own cache.
  std::string seal_name;
  std::string_view boot;     ///< This boot's id.
  bool shared = false;       ///< A read cache: the file may be root's, and is never touched.
  bool believe_seal = true;  ///< False: hash it in any case.
  std::stop_token stop = {};
};

/// Opens, judges and, where its seal does not hold, hashes one package file; a good one is sealed.
/// What is read is what was judged (one descriptor).
/// @throws IoError where it cannot be read, Interrupted
PackageCheck check_package(const PackageCheckPlan& plan, const std::string& name,
                           const Sha256& expected);

}  // namespace envlock
