#include "pack/package_archive.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "model/error.hpp"
#include "pack/archive_part.hpp"
#include "pack/conda_members.hpp"
#include "pack/member_takers.hpp"
#include "pack/refusal.hpp"
#include "pack/wheel_reader.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
constexpr std::uint64_t gib = std::uint64_t{1} << 30U;

// C01.
constexpr std::uint64_t free_output_bytes = 64 * mib;
constexpr std::uint64_t max_ratio = 1000;
constexpr std::uint64_t max_output_bytes = 64 * gib;
/// Of headers and padding for each path: a header, a PAX header with a long name, and its data.
constexpr std::uint64_t header_bytes = 8192;

std::uint64_t cap_by_ratio(std::uint64_t compressed_bytes) {
  if (compressed_bytes > max_output_bytes / max_ratio) return max_output_bytes;
  return std::min(max_output_bytes, free_output_bytes + max_ratio * compressed_bytes);
}

/// By the sizes of all paths; by the ratio where an old package has none.
std::uint64_t cap_by_info(const PackageInfo& info, std::uint64_t compressed_bytes) {
  std::uint64_t sum = free_output_bytes;
  for (const PackagePath& path : info.paths) {
    if (path.type == PathType::file && !path.size_bytes) return cap_by_ratio(compressed_bytes);
    sum += std::min(path.size_bytes.value_or(0), max_output_bytes) + header_bytes;
    if (sum > max_output_bytes) return max_output_bytes;
  }
  return sum;
}

/// Reads from a descriptor, however many calls that takes.
class FileBytes {
 public:
  FileBytes(int fd, const std::string& file) : fd_(fd), file_(file) {}

  [[nodiscard]] std::uint64_t size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) throw IoError("cannot read '" + file_ + "'", errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  void operator()(std::uint64_t offset, std::span<std::byte> to) const {
    while (!to.empty()) {
      const ssize_t count = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw IoError("cannot read '" + file_ + "'", errno);
      if (count == 0) throw IoError("'" + file_ + "' became shorter while it was read");
      offset += static_cast<std::uint64_t>(count);
      to = to.subspan(static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
  const std::string& file_;
};

/// A tar of the package.
struct Choice {
  ArchivePart part;
  TarKind kind;
};

/// The tar that has info/, or the one that has the content: the same in a .tar.bz2.
Choice choose(const FileBytes& bytes, const std::string& package, TarKind wanted) {
  const std::uint64_t size = bytes.size();
  if (package.ends_with(".tar.bz2"))
    return {{package, Compression::bzip2, 0, size}, TarKind::whole};
  if (!package.ends_with(".conda"))
    refuse(package, "", "is neither a .conda nor a .tar.bz2", "C08");
  CondaMembers members = read_conda_members(bytes, size, package);
  StoredMember& member = wanted == TarKind::info ? members.info : members.pkg;
  return {{std::move(member.name), Compression::zstd, member.offset_bytes, member.size_bytes},
          wanted};
}

/// What tells a file from another one, and from itself as it was.
std::array<std::uint64_t, 5> identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          static_cast<std::uint64_t>(status.st_ctim.tv_sec),
          static_cast<std::uint64_t>(status.st_ctim.tv_nsec)};
}

}  // namespace

PackageArchive::PackageArchive(std::filesystem::path file, std::string file_name,
                               const ArchiveLimits& limits)
    : file_(std::move(file)), file_name_(std::move(file_name)), limits_(limits) {
  fd_ = open_file();
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0)
    throw IoError("cannot read '" + file_.string() + "'", errno);
  if (!S_ISREG(status.st_mode)) throw IoError("'" + file_.string() + "' is not a regular file");
  identity_ = identity_of(status);
  // Half of the descriptors that a process may have are for all else.
  rlimit allowed{};
  const bool is_limited =
      ::getrlimit(RLIMIT_NOFILE, &allowed) == 0 && allowed.rlim_cur != RLIM_INFINITY;
  if (is_limited && static_cast<rlim_t>(fd_.get()) >= allowed.rlim_cur / 2) fd_.reset();
}

PackageArchive PackageArchive::not_at_hand(std::string file_name) {
  PackageArchive archive;
  archive.file_name_ = std::move(file_name);
  return archive;
}

UniqueFd PackageArchive::open_file() const {
  if (!is_at_hand()) throw InternalError("'" + file_name_ + "' is not at hand, and was to be read");
  UniqueFd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw IoError("cannot open '" + file_.string() + "'", errno);
  return fd;
}

UniqueFd PackageArchive::reopened() const {
  if (fd_) return {};
  UniqueFd fd = open_file();
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw IoError("cannot read '" + file_.string() + "'", errno);
  // Its sha256 was checked; another file's was not.
  if (identity_of(status) != identity_)
    throw IoError("'" + file_.string() + "' was replaced or changed while it was in use",
                  "run the command again");
  return fd;
}

PackageInfo PackageArchive::read_info() const {
  const UniqueFd again = reopened();
  const FileBytes bytes(again ? again.get() : fd_.get(), file_name_);
  const auto [part, kind] = choose(bytes, file_name_, TarKind::info);
  InfoTaker taker(file_name_, kind, limits_.max_info_file_bytes);
  const PartLimits limits{cap_by_ratio(part.size_bytes), limits_.max_entries,
                          limits_.max_window_log};
  // Twins of what is left out here, and a link.json, are judged when the content is read.
  std::function<bool()> is_enough;
  if (kind == TarKind::whole) is_enough = [&taker] { return taker.has_enough(); };
  read_part(bytes, part, limits, file_name_, taker, {}, is_enough);
  return read_package_info(taker.files(), file_name_);
}

WheelContent PackageArchive::read_wheel() const {
  const UniqueFd again = reopened();
  const FileBytes bytes(again ? again.get() : fd_.get(), file_name_);
  const ReadAt read_at = std::cref(bytes);
  return WheelReader(read_at, bytes.size(), file_name_, limits_).read_content_list();
}

void PackageArchive::read_content(const PackageInfo& info, ArchiveVisitor& visitor,
                                  const std::stop_token& stop) const {
  const UniqueFd again = reopened();
  const FileBytes bytes(again ? again.get() : fd_.get(), file_name_);
  if (is_wheel()) {
    const ReadAt read_at = std::cref(bytes);
    return WheelReader(read_at, bytes.size(), file_name_, limits_).read(visitor, stop);
  }
  const auto [part, kind] = choose(bytes, file_name_, TarKind::pkg);
  ContentTaker taker(file_name_, kind, info.index, limits_.max_info_file_bytes, visitor);
  std::uint64_t cap = cap_by_info(info, part.size_bytes);
  // No list names the files of info/.
  if (kind == TarKind::whole) cap += limits_.max_info_file_bytes;
  const PartLimits limits{cap, limits_.max_entries, limits_.max_window_log};
  read_part(bytes, part, limits, file_name_, taker, stop);
}

}  // namespace envlock
