#include "fetch/package_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <vector>

#include "model/error.hpp"

namespace envlock {

namespace {

constexpr std::array<std::string_view, 3> extensions = {".conda", ".tar.bz2", ".whl"};
constexpr std::size_t hex_digits = 64;

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace

std::string cached_package_name(const Sha256& sha256, std::string_view file_name) {
  for (const std::string_view extension : extensions) {
    if (file_name.ends_with(extension)) return sha256.hex() + std::string(extension);
  }
  throw TrustError("'" + std::string(file_name) +
                   "' is no package: expected a name that ends in .conda, .tar.bz2 or .whl");
}

std::optional<Sha256> digest_of_cached_package(std::string_view name) {
  for (const std::string_view extension : extensions) {
    if (name.size() == hex_digits + extension.size() && name.ends_with(extension))
      return Sha256::parse(name.substr(0, hex_digits));
  }
  return std::nullopt;
}

void mark_used(int fd, const struct stat& status) noexcept {
  constexpr std::chrono::hours day{24};
  const auto now = std::chrono::system_clock::now();
  if (now - std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec) > day)
    ::futimens(fd, nullptr);
}

Sha256 hash_open_file(int fd, const std::filesystem::path& path, const std::stop_token& stop) {
  constexpr std::size_t piece_bytes = std::size_t{256} * 1024;
  Sha256Hasher hasher;
  std::vector<std::byte> buffer(sealed_from_bytes);  // enough for a small file
  for (off_t at = 0;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read " + quoted(path), errno);
    if (got == 0) return hasher.finish();
    hasher.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    at += got;
    if (static_cast<std::size_t>(got) == buffer.size()) buffer.resize(piece_bytes);
  }
}

PackageFolder::PackageFolder(std::filesystem::path dir)
    : dir_(std::move(dir)),
      fd_(::open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  if (!fd_) throw IoError("cannot open the folder " + quoted(dir_), errno);
}

std::optional<std::string> PackageFolder::read_small(const std::string& name, std::size_t max_bytes,
                                                     bool keep_fresh) const {
  const UniqueFd file(
      ::openat(fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text(max_bytes + 1, '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  if (got < 0 || static_cast<std::size_t>(got) > max_bytes) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  if (keep_fresh) mark_used(file.get(), status);
  return text;
}

void PackageFolder::write_small(const std::string& name, std::string_view text) const noexcept {
  const UniqueFd file(::openat(
      fd(), name.c_str(),
      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!file) return;
  // Short writes leave a torn file, which no reader takes for a whole one.
  [[maybe_unused]] const ssize_t written = ::write(file.get(), text.data(), text.size());
}

bool PackageFolder::remove(const std::string& name) const {
  if (::unlinkat(fd(), name.c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  throw IoError("cannot remove " + quoted(path_of(name)), errno);
}

void PackageFolder::remove_if_same(const std::string& name, const FileSeal& seal) const {
  struct stat status {};
  if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  const FileSeal now = FileSeal::of(status);
  if (now.device == seal.device && now.inode == seal.inode) remove(name);
}

}  // namespace envlock
