#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "fetch/cache.hpp"
#include "fetch/package_writer.hpp"
#include "model/digest.hpp"
#include "model/guarded.hpp"

namespace envlock {

struct PackageStoreSettings {
  /// How long another process that downloads the same package may make no headway before this one
  /// goes on without waiting for it.
  std::chrono::milliseconds stall_patience = std::chrono::minutes(2);
  std::string boot_id = this_boot_id();  ///< See PackageSeal; tests give another.
};

/// The packages of the cache, and of caches that are only read, by sha256 (docs/cache.md).
/// Thread-safe. Many processes may use one cache at once, and any may be killed at any point: what
/// has a final name is whole, because it got there by rename and only after its sha256 was right.
class PackageStore {
 public:
  using Settings = PackageStoreSettings;
  using Found = FoundPackage;

  /// @param read_caches  folders of other envlock caches, in the order in which they are asked:
  ///                     the user's or root's, with no part of their paths writable by others.
  ///                     One that is none is told in a notice
  /// @throws TrustError (6) for one that is not, IoError (7)
  PackageStore(const Cache& cache, const std::vector<std::filesystem::path>& read_caches,
               Settings settings = {});
  ~PackageStore();
  PackageStore(const PackageStore&) = delete;
  PackageStore& operator=(const PackageStore&) = delete;

  /// The package where it is here and right: by its seal, else by its bytes. What is not right is
  /// removed from the own cache and left alone in a read cache, with a notice.
  /// @throws TrustError where the sha256 fits and the size does not, or the file name is no
  ///         package's; IoError where a file cannot be read
  std::optional<Found> find(const WantedPackage& wanted);

  /// The package where it is here, else the right to download it. Waits while another thread or
  /// process downloads it, and takes what that one gets; where locks do not work, or the other is
  /// stuck, both download, each into a file of its own.
  /// @throws what find and the writer throw; Interrupted
  std::variant<Found, PackageWriter> begin(const WantedPackage& wanted,
                                           const std::stop_token& stop);

  /// What the user should know of what happened since the last call: sorted, each once.
  std::vector<std::string> take_notices();

 private:
  std::optional<Found> find_in(const PackageFolder& folder, bool shared,
                               const WantedPackage& wanted);

  std::shared_ptr<const PackageFolder> own_;
  std::vector<std::unique_ptr<const PackageFolder>> shared_;
  Settings settings_;
  Guarded<std::vector<std::string>> notices_;
};

}  // namespace envlock
