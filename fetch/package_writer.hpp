#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "fetch/package_folder.hpp"
#include "fetch/partial_origin.hpp"
#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// A package as a lock names it.
struct WantedPackage {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;  ///< 0: not known; then 16 GiB is the limit.
  std::string file_name;         ///< For messages, and for its extension.
};

/// A package that has the sha256 of the lock.
struct FoundPackage {
  enum class Where {
    own,         ///< In the user's private cache.
    read_cache,  ///< In a cache that is only read.
  };
  std::filesystem::path file;
  Where where = Where::own;
  std::uint64_t size_bytes = 0;
};

/// The bytes that came are not the package that was asked for.
struct PackageMismatch : TrustError {
  PackageMismatch(const WantedPackage& wanted, const Sha256& sha256, std::uint64_t size_bytes,
                  bool was_resumed);
  Sha256 found_sha256;
  std::uint64_t found_size;
  /// Some of the bytes are of an earlier run or another source: the last source may have told the
  /// truth, and a download from the start decides it.
  bool resumed;
};

/// One download on its way into the cache: owns the partial file and its lock. What was written
/// stays for a later run where it is not committed. Not thread-safe.
class PackageWriter {
 public:
  /// Private to fetch/: PackageStore::begin makes writers.
  /// @param partial  open for reading and writing
  /// @param name     of the partial, below `folder`
  /// @param is_ours_alone  a name that nobody else ever looks at: nothing to resume, and removed
  ///                       at the end
  /// @param is_new  made by this process: nothing of an earlier run lies beside it
  PackageWriter(std::shared_ptr<const PackageFolder> folder, WantedPackage wanted, std::string boot,
                UniqueFd partial, std::string name, bool is_ours_alone, bool is_new);
  ~PackageWriter();
  PackageWriter(PackageWriter&&) noexcept;
  PackageWriter& operator=(PackageWriter&& other) noexcept;

  /// Bytes that are here already, of an earlier run or of this one, and are hashed: where the next
  /// download may go on.
  [[nodiscard]] std::uint64_t resume_at() const noexcept { return at_; }
  /// A strong ETag or Last-Modified that was stored with those bytes; empty: none.
  [[nodiscard]] const std::string& validator() const noexcept { return origin_.validator; }
  /// The identity of the URL that they came from, as it was given to `start`; empty: none.
  [[nodiscard]] const std::string& partial_url() const noexcept { return origin_.url; }

  /// Before the first byte of each transfer.
  /// @param url_identity  what partial_url will say: without secrets. As the validator it is kept
  ///                      only where it is visible ASCII of at most 1,024 characters
  /// @param at  0: what is here is dropped; else it must be resume_at()
  void start(std::string_view url_identity, std::string_view validator, std::uint64_t at);
  /// Hashes and writes what comes next.
  /// @throws TrustError where it is more than the package may have (all is dropped then), IoError
  ///         with a full disk (what fitted stays)
  void write(std::span<const std::byte> bytes);
  /// Drops what is here, because it is not to be believed. A new `start` may follow.
  void discard();
  /// Compares size and sha256, and puts the package under its final name. Only after a
  /// PackageMismatch a new `start` may follow.
  /// @throws PackageMismatch (all is dropped then), IoError
  FoundPackage commit();

  /// Private to fetch/: hashes what an earlier run left, or drops it where it is of no use.
  void take_over(const std::stop_token& stop);
  /// Private to fetch/: an earlier run got every byte and was ended before it could commit.
  [[nodiscard]] bool may_be_complete() const noexcept {
    return wanted_.size_bytes != 0 && at_ == wanted_.size_bytes;
  }

 private:
  void let_go() noexcept;
  void remember_origin();

  std::shared_ptr<const PackageFolder> folder_;
  WantedPackage wanted_;
  std::string boot_;
  UniqueFd fd_;
  std::string name_;
  bool is_ours_alone_;
  bool is_new_;
  bool is_empty_ = false;  ///< Known to have no byte: nothing to drop.
  PartialOrigin origin_;
  bool origin_stored_ = false;
  bool resumed_ = false;
  std::uint64_t at_ = 0;
  Sha256Hasher hasher_;
};

}  // namespace envlock
