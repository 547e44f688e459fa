#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "fetch/package_folder.hpp"
#include "model/error.hpp"

namespace envlock {

namespace {

using Verdict = PackageCheck::Verdict;

/// What a link or a file of somebody else may not be, whatever its bytes are now: they could be
/// others in a moment. Empty: nothing is wrong.
std::string reason_to_refuse(const struct stat& status, bool shared) {
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  const uid_t user = ::geteuid();
  if (status.st_uid != user && !(shared && status.st_uid == 0))
    return "it belongs to user " + std::to_string(status.st_uid);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
  return {};
}

/// A second change within one tick of the file system's clock does not show in a seal. In the own
/// cache nobody writes to a package after its rename; a read cache may be anybody's work.
bool is_settled(const struct stat& status) {
  constexpr std::chrono::seconds tick{2};  // FAT's, the coarsest
  const auto now = std::chrono::system_clock::now();
  return now - std::chrono::system_clock::from_time_t(status.st_ctim.tv_sec) > tick;
}

PackageCheck judge_link(const PackageFolder& folder, const std::string& name) {
  PackageCheck check{.verdict = Verdict::bad, .why = "it is a symbolic link", .seal = {}};
  struct stat status {};
  if (::fstatat(folder.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    check.seal = FileSeal::of(status);
  return check;
}

}  // namespace

PackageCheck check_package(const PackageCheckPlan& plan, const std::string& name,
                           const Sha256& expected) {
  const UniqueFd file(::openat(plan.folder.fd(), name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  const std::filesystem::path path = plan.folder.path_of(name);
  if (!file && errno == ENOENT) return {.verdict = Verdict::absent, .why = {}, .seal = {}};
  if (!file && errno == ELOOP) return judge_link(plan.folder, name);
  if (!file && errno == ENXIO)  // a socket
    return {.verdict = Verdict::bad, .why = "it is not a regular file", .seal = {}};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw IoError("cannot read '" + path.string() + "'", errno);

  PackageCheck check{.verdict = Verdict::bad,
                     .why = reason_to_refuse(status, plan.shared),
                     .seal = FileSeal::of(status)};
  if (!check.why.empty()) return check;

  // Another name of the same file may lie where others write, so nothing is remembered of it.
  const bool only_name = status.st_nlink == 1;
  const bool is_small = check.seal.size_bytes < sealed_from_bytes;
  std::optional<PackageSeal> seal;
  if (only_name && !is_small) {
    if (const auto text = plan.seals.read_small(plan.seal_name, max_package_seal_bytes, true))
      seal = PackageSeal::parse(*text);
  }
  if (plan.believe_seal && seal && seal->holds(check.seal, plan.boot)) {
    check.verdict = Verdict::good;
    return check;
  }

  const Sha256 found = hash_open_file(file.get(), path, plan.stop);
  if (is_small && found == expected) {
    if (only_name && !plan.shared) mark_used(file.get(), status);  // in place of its seal
    check.verdict = Verdict::good;
    return check;
  }
  struct stat after {};
  if (::fstat(file.get(), &after) != 0) throw IoError("cannot read '" + path.string() + "'", errno);
  if (FileSeal::of(after) != check.seal) {
    check.why = "it changed while it was read";
    return check;
  }
  if (found != expected) {
    check.why = "its sha256 is " + found.hex();
    return check;
  }
  check.verdict = Verdict::good;
  if (!only_name || (plan.shared && !is_settled(status))) return check;
  // Sealed in an earlier boot and still the same: what was just read came from the disk.
  bool durable = !plan.boot.empty() && seal && seal->file == check.seal && seal->boot != plan.boot;
  if (plan.boot.empty()) durable = ::fsync(file.get()) == 0;
  if (durable || !plan.boot.empty()) {
    const PackageSeal renewed{.file = check.seal, .boot = std::string(durable ? "" : plan.boot)};
    if (seal != renewed) plan.seals.write_small(plan.seal_name, renewed.to_string());
  }
  return check;
}

}  // namespace envlock
