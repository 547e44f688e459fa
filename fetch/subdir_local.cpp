#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "fetch/subdir_fetch.hpp"
#include "fetch/subdir_intake.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

/// Nothing where there is no such file.
std::optional<struct stat> stat_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw IoError("cannot look at '" + file.string() + "'", errno);
}

/// Two writes within one tick of the file system's clock look the same: a source that changed
/// just now proves nothing about what will be read later.
std::optional<FileSeal> provable(const FileSeal& seal, Instant now) {
  constexpr std::int64_t tick_ns = 2'000'000'000;  // FAT's, the coarsest
  const std::int64_t now_ns = now.ms * 1'000'000;
  if (seal.mtime_ns > now_ns - tick_ns || seal.ctime_ns > now_ns - tick_ns) return std::nullopt;
  return seal;
}

/// Reads all of a source that must not change meanwhile.
template <class Take>
FileSeal read_source(const fs::path& file, const std::stop_token& stop, Take take) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat before {};
  if (!fd || ::fstat(fd.get(), &before) != 0)
    throw IoError("cannot open '" + file.string() + "'", errno);
  if (!S_ISREG(before.st_mode)) throw IoError("'" + file.string() + "' is not a regular file");
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read '" + file.string() + "'", errno);
    if (got == 0) break;
    take(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(got)));
  }
  struct stat after {};
  if (::fstat(fd.get(), &after) != 0) throw IoError("cannot read '" + file.string() + "'", errno);
  if (FileSeal::of(after) != FileSeal::of(before))
    throw IoError("'" + file.string() + "' changed while it was read",
                  "wait until whoever writes it is done, and run again");
  return FileSeal::of(after);
}

}  // namespace

void require_local_channel(const fs::path& dir) {
  struct stat status {};
  if (::stat(dir.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      throw NetworkError("no such channel: there is no folder '" + dir.string() + "'",
                         "a relative path counts from the environment file's folder");
    throw IoError("cannot look at the channel '" + dir.string() + "'", errno);
  }
  if (!S_ISDIR(status.st_mode))
    throw NetworkError("no such channel: '" + dir.string() + "' is a file, not a folder",
                       "name the folder that holds linux-64/, noarch/ and so on");
}

fs::path SubdirFetch::local_file(std::string_view name) const {
  return fs::path(url_.local_path()) / name;
}

std::optional<SubdirAnswer> SubdirFetch::unchanged_local() {
  if (!cached_ || !cached_->state.source) return std::nullopt;
  for (const std::string_view name : repodata_files) {
    const auto status = stat_of(local_file(name));
    if (!status) continue;
    if (name != cached_->state.file || FileSeal::of(*status) != *cached_->state.source)
      return std::nullopt;
    SubdirAnswer answer = from_cache(SubdirAnswer::Origin::revalidated);
    answer.fetched = context_.settings.now;
    return answer;
  }
  return std::nullopt;
}

SubdirAnswer SubdirFetch::read_local(const std::stop_token& stop) {
  for (const std::string_view name : repodata_files)
    if (const fs::path file = local_file(name); stat_of(file))
      return read_local_file(file, name, stop);
  return absent({});
}

SubdirAnswer SubdirFetch::read_local_file(const fs::path& file, std::string_view name,
                                          const std::stop_token& stop) {
  // Touched, copied or checked out anew, but perhaps the same: hashing what is compressed costs
  // far less than indexing what is not.
  const auto status = stat_of(file);
  if (cached_ && cached_->state.file == name && status &&
      static_cast<std::uint64_t>(status->st_size) == cached_->state.served_bytes) {
    Sha256Hasher hasher;
    const FileSeal seal = read_source(file, stop, [&](auto bytes) { hasher.update(bytes); });
    if (hasher.finish() == cached_->state.served_sha256) {
      RepodataState state = cached_->state;
      state.source = provable(seal, context_.settings.now);
      state.fetched = context_.settings.now;
      touch(std::move(state));
      return from_cache(SubdirAnswer::Origin::revalidated);
    }
  }
  const auto total =
      status ? std::optional(static_cast<std::uint64_t>(status->st_size)) : std::nullopt;
  Intake intake(context_, request_, item_, name, file.string(), total);
  RepodataState state;
  state.file = name;
  const FileSeal seal = read_source(file, stop, [&](auto bytes) { intake.feed(bytes); });
  state.source = provable(seal, context_.settings.now);
  return store(std::move(state), intake);
}

}  // namespace envlock
