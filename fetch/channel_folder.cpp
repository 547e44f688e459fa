#include "fetch/channel_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "fetch/atomic_file.hpp"
#include "fetch/package_folder.hpp"
#include "model/error.hpp"
#include "model/platform.hpp"
#include "model/unique_fd.hpp"
#include "model/wheel_name.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view listing_name = "repodata.json";
constexpr std::size_t max_listing_bytes = std::size_t{512} << 20U;

void make_folder(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) throw IoError("cannot make the folder '" + dir.string() + "'", error.value());
}

/// @return no descriptor where the file system has no such locks
UniqueFd lock_folder(const fs::path& dir, const std::stop_token& stop,
                     const std::function<void()>& on_wait) {
  UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw IoError("cannot open the folder '" + dir.string() + "'", errno);
  constexpr std::chrono::milliseconds pause{20};
  // Not a blocking flock: that could not be interrupted.
  for (bool first = true; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; first = false) {
    if (errno != EWOULDBLOCK && errno != EINTR) return {};  // NFS, for one, locks no folders
    if (stop.stop_requested()) throw Interrupted();
    if (first && on_wait) on_wait();
    std::this_thread::sleep_for(pause);
  }
  return fd;
}

/// What a killed run left: nobody else is at work while the lock is held.
void remove_leftovers(const fs::path& dir) {
  std::error_code error;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (AtomicFile::is_temporary_name(at->path().filename().string()))
      fs::remove(at->path(), ignored);
  }
}

UniqueFd open_regular(const fs::path& file, int flags) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags));
  struct stat status {};
  if (fd && (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
    fd.reset();
    errno = EINVAL;
  }
  return fd;
}

/// The digest of a file of the folder; nothing where there is no regular file of this name.
std::optional<Sha256> digest_of(const fs::path& file) {
  const UniqueFd fd = open_regular(file, O_NOFOLLOW);
  if (!fd) return std::nullopt;
  return hash_open_file(fd.get(), file, {});
}

void copy_hashed(const fs::path& from, const fs::path& to, const PackageRecord& record) {
  const UniqueFd source = open_regular(from, 0);
  if (!source) throw IoError("cannot open '" + from.string() + "'", errno);
  AtomicFile target(to, 0644);
  Sha256Hasher hasher;
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  for (;;) {
    const ssize_t got = ::read(source.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read '" + from.string() + "'", errno);
    if (got == 0) break;
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(got));
    hasher.update(piece);
    target.write(piece);
  }
  if (const Sha256 found = hasher.finish(); found != *record.sha256)
    throw TrustError("'" + from.string() + "' is not the package '" + record.fn +
                         "': expected sha256 " + record.sha256->hex() + ", found " + found.hex(),
                     "'envlock cache verify' finds and removes what is damaged in the cache");
  // Thousands of small files: synced together, in finish.
  target.commit(AtomicFile::Durability::relaxed);
}

std::string described(const PackageRecord& record) {
  const std::string from = record.url.empty() ? "an earlier run's" : record.url;
  return from + " (sha256 " + record.sha256->hex() + ")";
}

[[noreturn]] void refuse_clash(const PackageRecord& one, const PackageRecord& other) {
  throw TrustError("two packages have the place '" + one.subdir + "/" + one.fn +
                       "' in the channel folder: " + described(one) + " and " + described(other),
                   "write each lock or channel into a folder of its own");
}

std::string compressed(std::string_view text) {
  constexpr int level = 19;  // what conda-index takes
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size) != 0U)
    throw IoError(std::string("cannot compress the listing: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

void sync_all(const fs::path& dir) {
  const UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::syncfs(fd.get()) != 0)
    throw IoError("cannot write the folder '" + dir.string() + "'", errno);
}

}  // namespace

void ChannelFolder::make(const fs::path& dir) { make_folder(dir); }

ChannelFolder::ChannelFolder(fs::path dir, const std::stop_token& stop,
                             const std::function<void()>& on_wait)
    : dir_(std::move(dir)) {
  make_folder(dir_);
  lock_ = lock_folder(dir_, stop, on_wait);
}

ChannelListing ChannelFolder::read_earlier(const std::string& subdir) const {
  const fs::path file = dir_ / subdir / listing_name;
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) return {};
  ChannelListing listing;
  try {
    listing = read_channel_listing(read_file(file, max_listing_bytes), file.string());
  } catch (const InputError& fault) {
    throw InputError(
        "the folder holds a listing that envlock did not write: " + std::string(fault.what()),
        "name another folder: merging would lose what that listing says");
  }
  std::erase_if(listing, [&](const auto& entry) {
    const fs::path package = dir_ / subdir / entry.first;
    std::error_code ignored;
    if (fs::symlink_status(package, ignored).type() != fs::file_type::regular) return true;
    return entry.second.size && fs::file_size(package, ignored) != *entry.second.size;
  });
  return listing;
}

ChannelFolder::Subdir& ChannelFolder::open(Subdirs& subdirs, const std::string& subdir) const {
  const auto known = subdirs.find(subdir);
  if (known != subdirs.end()) return known->second;
  make_folder(dir_ / subdir);
  if (lock_) remove_leftovers(dir_ / subdir);
  return subdirs.emplace(subdir, Subdir{.earlier = read_earlier(subdir), .added = {}})
      .first->second;
}

void ChannelFolder::add(const PackageRecord& record, const fs::path& file) {
  if (!record.sha256) throw InternalError("'" + record.fn + "' comes without sha256");
  if (!is_plain_package_name(record.fn) ||
      (record.subdir != "noarch" && !Platform::parse(record.subdir)))
    throw TrustError("'" + record.subdir + "/" + record.fn + "' cannot be part of a path");
  {
    const auto subdirs = subdirs_.lock();
    Subdir& subdir = open(*subdirs, record.subdir);
    if (const auto known = subdir.earlier.find(record.fn);
        known != subdir.earlier.end() && known->second.sha256 != record.sha256)
      refuse_clash(known->second, record);
    const auto [known, is_new] = subdir.added.emplace(record.fn, record);
    if (!is_new && known->second.sha256 != record.sha256) refuse_clash(known->second, record);
    if (!is_new) return;  // noarch, for a second platform
  }
  const fs::path target = dir_ / record.subdir / record.fn;
  try {
    if (digest_of(target) != record.sha256) copy_hashed(file, target, record);
  } catch (...) {
    subdirs_.lock()->at(record.subdir).added.erase(record.fn);  // not to be listed
    throw;
  }
}

void ChannelFolder::add_wheel(const PackageRecord& record, const fs::path& file) {
  if (!record.sha256) throw InternalError("'" + record.fn + "' comes without sha256");
  if (!parse_wheel_name(record.fn))
    throw TrustError("'" + record.fn + "' is no name of a wheel, and can be none of a file");
  const fs::path target = dir_ / pypi_subdir / record.fn;
  {
    const auto wheels = wheels_.lock();
    if (wheels->empty()) {
      make_folder(target.parent_path());
      if (lock_) remove_leftovers(target.parent_path());
    }
    const auto [known, is_new] = wheels->emplace(record.fn, record);
    if (!is_new && known->second.sha256 != record.sha256) refuse_clash(known->second, record);
    if (!is_new) return;
  }
  const std::optional<Sha256> there = digest_of(target);
  if (there == record.sha256) return;
  if (there) {
    PackageRecord earlier;
    earlier.subdir = record.subdir;
    earlier.fn = record.fn;
    earlier.sha256 = there;
    refuse_clash(earlier, record);
  }
  copy_hashed(file, target, record);
}

void ChannelFolder::write_listing(const std::string& name, const Subdir& subdir) const {
  ChannelListing listing = subdir.earlier;
  for (const auto& [file_name, record] : subdir.added) listing.insert_or_assign(file_name, record);
  const std::string text = write_channel_listing(listing, name);
  const fs::path file = dir_ / name / listing_name;
  write_file(file, text, 0644);
  write_file(file.string() + ".zst", compressed(text), 0644);
}

void ChannelFolder::finish() {
  const auto subdirs = subdirs_.lock();
  open(*subdirs, "noarch");
  sync_all(dir_);  // before a listing names them
  for (const auto& [name, subdir] : *subdirs) write_listing(name, subdir);
}

}  // namespace envlock
