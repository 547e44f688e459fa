#include "fetch/package_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "fetch/http_headers.hpp"

namespace envlock {

namespace {

constexpr std::uint64_t max_unknown_size = std::uint64_t{16} << 30U;
/// Below this a partial is not worth two more files: most packages are whole by then.
constexpr std::uint64_t worth_resuming = std::uint64_t{1} << 20U;
constexpr const char* full_disk_hint =
    "'envlock cache clean' frees space; or name a folder on another disk with --cache-dir";

std::string of_bytes(std::uint64_t size) { return std::to_string(size) + " bytes"; }

std::string mismatch_message(const WantedPackage& wanted, const Sha256& sha256,
                             std::uint64_t size) {
  std::string expected = "sha256 " + wanted.sha256.hex();
  if (wanted.size_bytes != 0) expected += " (" + of_bytes(wanted.size_bytes) + ")";
  return "'" + wanted.file_name + "' is not the package that was asked for: expected " + expected +
         ", found " + sha256.hex() + " (" + of_bytes(size) + ")";
}

}  // namespace

PackageMismatch::PackageMismatch(const WantedPackage& wanted, const Sha256& sha256,
                                 std::uint64_t size_bytes, bool was_resumed)
    : TrustError(mismatch_message(wanted, sha256, size_bytes),
                 "the server, the mirror or somebody on the way changed it, or the lock is wrong: "
                 "'envlock solve --check --online' compares the lock with the channel"),
      found_sha256(sha256),
      found_size(size_bytes),
      resumed(was_resumed) {
  add_detail("package", wanted.file_name);
  add_detail("expected_sha256", wanted.sha256.hex());
  add_detail("found_sha256", sha256.hex());
  add_detail("found_bytes", std::to_string(size_bytes));
}

PackageWriter::PackageWriter(std::shared_ptr<const PackageFolder> folder, WantedPackage wanted,
                             std::string boot, UniqueFd partial, std::string name,
                             bool is_ours_alone, bool is_new)
    : folder_(std::move(folder)),
      wanted_(std::move(wanted)),
      boot_(std::move(boot)),
      fd_(std::move(partial)),
      name_(std::move(name)),
      is_ours_alone_(is_ours_alone),
      is_new_(is_new) {}

PackageWriter::~PackageWriter() { let_go(); }

void PackageWriter::let_go() noexcept {
  if (!fd_) return;
  // Still locked, so that nobody else has begun to write to it.
  if (!is_ours_alone_ && origin_stored_ && at_ > 0) {
    fd_.reset();
    return;
  }
  try {
    // The origin first: a partial without one is dropped, an origin alone could get other bytes.
    if (origin_stored_) folder_->remove(name_ + std::string(origin_suffix));
    folder_->remove(name_);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the next run finds it
  }
  fd_.reset();
}

PackageWriter::PackageWriter(PackageWriter&&) noexcept = default;

PackageWriter& PackageWriter::operator=(PackageWriter&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  folder_ = std::move(other.folder_);
  wanted_ = std::move(other.wanted_);
  boot_ = std::move(other.boot_);
  fd_ = std::move(other.fd_);
  name_ = std::move(other.name_);
  is_ours_alone_ = other.is_ours_alone_;
  origin_ = std::move(other.origin_);
  origin_stored_ = other.origin_stored_;
  resumed_ = other.resumed_;
  is_new_ = other.is_new_;
  is_empty_ = other.is_empty_;
  at_ = other.at_;
  hasher_ = std::move(other.hasher_);
  return *this;
}

void PackageWriter::take_over(const std::stop_token& stop) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0)
    throw IoError("cannot read '" + folder_->path_of(name_).string() + "'", errno);
  if (status.st_size == 0) {
    // A kill between the two steps of `discard`. Where the file is new there is no origin: it goes
    // before the partial does.
    if (!is_new_) folder_->remove(name_ + std::string(origin_suffix));
    is_empty_ = true;
    return;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  origin_stored_ = true;  // perhaps; what is dropped below removes it
  const auto text =
      folder_->read_small(name_ + std::string(origin_suffix), max_partial_origin_bytes);
  auto origin = text ? PartialOrigin::parse(*text) : std::nullopt;
  const std::uint64_t limit = wanted_.size_bytes != 0 ? wanted_.size_bytes : max_unknown_size;
  if (size > limit || (!origin && size != wanted_.size_bytes)) {
    discard();
    return;
  }
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  while (at_ < size) {
    if (stop.stop_requested()) {
      fd_.reset();  // what is here stays for the next run
      throw Interrupted();
    }
    const ssize_t got = ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {  // a damaged disk
      discard();
      return;
    }
    hasher_.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    at_ += static_cast<std::uint64_t>(got);
  }
  if (origin) origin_ = *std::move(origin);
  resumed_ = true;
}

void PackageWriter::start(std::string_view url_identity, std::string_view validator,
                          std::uint64_t at) {
  if (at != 0 && at != at_)
    throw InternalError("a download goes on at " + std::to_string(at) + " where " +
                        std::to_string(at_) + " bytes are");
  if (at == 0 && !is_empty_) discard();
  if (at != 0) resumed_ = true;
  PartialOrigin origin;
  if (is_header_text(url_identity)) origin.url = url_identity;
  if (is_header_text(validator)) origin.validator = validator;
  const bool changed = origin != origin_;
  origin_ = std::move(origin);
  if (origin_stored_ && changed) remember_origin();
}

void PackageWriter::remember_origin() {
  if (is_ours_alone_) return;
  folder_->write_small(name_ + std::string(origin_suffix), origin_.to_string());
  origin_stored_ = true;
}

void PackageWriter::write(std::span<const std::byte> bytes) {
  is_empty_ = false;
  const std::uint64_t limit = wanted_.size_bytes != 0 ? wanted_.size_bytes : max_unknown_size;
  if (bytes.size() > limit - at_) {
    discard();
    throw TrustError(
        "'" + wanted_.file_name + "' is longer than the " + of_bytes(limit) +
            (wanted_.size_bytes != 0 ? " that it must have" : " that a package may have"),
        "the server or the mirror sends another file under this name");
  }
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw IoError("cannot write '" + folder_->path_of(name_).string() + "'",
                    written < 0 ? errno : ENOSPC, full_disk_hint);
    const auto count = static_cast<std::size_t>(written);
    hasher_.update(bytes.first(count));
    at_ += count;
    bytes = bytes.subspan(count);
  }
  if (!origin_stored_ && at_ >= worth_resuming) remember_origin();
}

void PackageWriter::discard() {
  at_ = 0;
  resumed_ = false;
  hasher_ = Sha256Hasher();
  origin_ = {};
  // The bytes go before what is said of them: the other order could join old bytes to a new origin.
  if (::ftruncate(fd_.get(), 0) != 0)
    throw IoError("cannot write '" + folder_->path_of(name_).string() + "'", errno);
  is_empty_ = true;
  if (origin_stored_) folder_->remove(name_ + std::string(origin_suffix));
  origin_stored_ = false;
}

FoundPackage PackageWriter::commit() {
  const Sha256 sha256 = hasher_.finish();
  if (sha256 != wanted_.sha256 || (wanted_.size_bytes != 0 && at_ != wanted_.size_bytes)) {
    const PackageMismatch mismatch(wanted_, sha256, at_, resumed_);
    discard();
    throw mismatch;
  }
  const std::string final_name = cached_package_name(wanted_.sha256, wanted_.file_name);
  const std::filesystem::path path = folder_->path_of(final_name);
  const auto fail = [&path](const std::string& what) {
    throw IoError("cannot " + what + " '" + path.string() + "'", errno, full_disk_hint);
  };
  // Not synced where the seal below can say in which boot it was written (PackageSeal), and where
  // there is none because the bytes are hashed each time.
  const bool is_sealed = at_ >= sealed_from_bytes;
  if (is_sealed && boot_.empty() && ::fsync(fd_.get()) != 0) fail("write");
  // Network file systems tell of a full disk when a descriptor is closed; this one holds the lock.
  const int second = ::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0);
  if (second < 0 || (::close(second) != 0 && errno != EINTR)) fail("write");
  // Before the rename: nobody would look for it afterwards. A kill in between leaves a partial that
  // is whole by its size, which needs no origin.
  if (origin_stored_) folder_->remove(name_ + std::string(origin_suffix));
  origin_stored_ = false;
  if (::renameat(folder_->fd(), name_.c_str(), folder_->fd(), final_name.c_str()) != 0)
    fail("put in its place");

  // After the rename, so that a kill before it leaves a partial that can be gone on with. The mode
  // only keeps accidents away: the folder is private.
  if (::fchmod(fd_.get(), 0444) != 0) fail("set the mode of");
  // The seal comes last, because all of this changes the ctime. A kill before it costs hashing the
  // file once more.
  struct stat status {};
  if (is_sealed && ::fstat(fd_.get(), &status) != 0) fail("look at");
  if (is_sealed)
    folder_->write_small(final_name + std::string(seal_suffix),
                         PackageSeal{.file = FileSeal::of(status), .boot = boot_}.to_string());
  fd_.reset();
  return {.file = path, .where = FoundPackage::Where::own, .size_bytes = at_};
}

}  // namespace envlock
