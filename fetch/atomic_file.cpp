#include "fetch/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "model/error.hpp"

namespace envlock {

namespace {

constexpr std::string_view temporary_prefix = ".envlock-tmp-";

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// The rename is durable only once the folder is written too.
void sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw IoError("cannot open folder " + quoted(folder), errno);
  // Some network file systems cannot sync folders and say EINVAL: there is nothing more to do.
  if (::fsync(fd.get()) != 0 && errno != EINVAL && errno != ENOTSUP)
    throw IoError("cannot write folder " + quoted(folder), errno);
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target, mode_t mode)
    : target_(std::move(target)), mode_(mode) {
  std::string name = (folder_of(target_) / temporary_prefix).string() + "XXXXXX";
  fd_ = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));  // made with mode 0600
  if (!fd_)
    throw IoError("cannot write " + quoted(target_), errno,
                  "check that the folder exists, is yours and is not on a read-only disk");
  temporary_ = name;
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot write " + quoted(target_), errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::finish(Durability durability) {
  if (::fchmod(fd_.get(), mode_) != 0)
    throw IoError("cannot set the mode of " + quoted(target_), errno);
  if (durability == Durability::synced && ::fsync(fd_.get()) != 0)
    throw IoError("cannot write " + quoted(target_), errno);
  // Network file systems report a full disk only here.
  if (::close(fd_.release()) != 0 && errno != EINTR)
    throw IoError("cannot write " + quoted(target_), errno);
}

void AtomicFile::commit(Durability durability) {
  finish(durability);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    throw IoError("cannot put " + quoted(target_) + " in its place", errno);
  temporary_.clear();
  if (durability == Durability::synced) sync_folder(folder_of(target_));
}

void AtomicFile::commit_new(Durability durability) {
  finish(durability);
  // A hard link, unlike a rename, fails where the name is taken.
  if (::link(temporary_.c_str(), target_.c_str()) != 0) {
    if (errno == EEXIST) throw IoError(quoted(target_) + " is there already");
    throw IoError("cannot put " + quoted(target_) + " in its place", errno);
  }
  ::unlink(temporary_.c_str());
  temporary_.clear();
  if (durability == Durability::synced) sync_folder(folder_of(target_));
}

bool AtomicFile::is_temporary_name(std::string_view file_name) noexcept {
  return file_name.starts_with(temporary_prefix);
}

void write_file(const std::filesystem::path& target, std::string_view text, mode_t mode,
                AtomicFile::Durability durability) {
  AtomicFile file(target, mode);
  file.write(text);
  file.commit(durability);
}

std::string read_file(const std::filesystem::path& file, std::size_t max_bytes) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw IoError("cannot open " + quoted(file), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw IoError("cannot read " + quoted(file), errno);
  if (!S_ISREG(status.st_mode)) throw IoError(quoted(file) + " is not a regular file");

  std::string text;
  std::size_t used = 0;
  text.resize(std::min(static_cast<std::size_t>(status.st_size), max_bytes) + 1);
  for (;;) {
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot read " + quoted(file), errno);
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_bytes)
      throw TrustError(quoted(file) + " has more than the " + std::to_string(max_bytes) +
                       " bytes that are allowed here");
    // It may have grown since fstat; and files below /proc say that they have no size.
    if (used == text.size()) text.resize(std::min(used * 2, max_bytes + 1));
  }
  text.resize(used);
  return text;
}

}  // namespace envlock
