#pragma once

// Private to fetch/: one package of a PackageFetcher.

#include <exception>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/package_fetch.hpp"

namespace envlock {

/// A file of a local channel or mirror that cannot be read. It says nothing of other files, and
/// nothing of the cache: another source may have the package.
struct SourceError : IoError {
  using IoError::IoError;
};

class PackageDownload {
 public:
  /// All references must outlive it.
  PackageDownload(PackageContext& context, SourceHealth& health,
                  Guarded<std::vector<std::string>>& notices, const PackageRequest& request,
                  std::size_t item);

  /// @throws as PackageFetcher::fetch; SourceError where that is why no source has it
  FetchedPackage run(const std::stop_token& stop);
  /// Its sources did not answer, however often they were asked: others may share that fate.
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }

 private:
  /// One round over all sources. @return nothing where none had it and a later round may help:
  /// `transient_` says why
  std::optional<FetchedPackage> try_sources(PackageWriter& writer, const std::stop_token& stop);
  FetchedPackage take_from(const PackageSource& source, PackageWriter& writer,
                           const std::stop_token& stop);
  /// Writes the whole package, or what is missing of it.
  void download(const PackageSource& source, PackageWriter& writer, const std::stop_token& stop);
  void copy(const PackageSource& source, PackageWriter& writer, const std::stop_token& stop);
  /// Before the first byte of each transfer: what is dropped was fetched for nothing.
  void start(PackageWriter& writer, const PackageSource& source, std::string_view validator,
             std::uint64_t at);
  void write(PackageWriter& writer, std::span<const std::byte> bytes);
  /// Remembers a failure that says more than the one before.
  void remember(std::exception_ptr failure, int weight);
  void distrust(const PackageSource& source, const TrustError& reason);
  void note_failure(const PackageSource& source, const Error& failure);
  /// A mirror that is down is said once a run: else nobody would ever look at it.
  void say_failures(const PackageSource& served_by);

  PackageContext& context_;
  SourceHealth& health_;
  Guarded<std::vector<std::string>>& notices_;
  const PackageRequest& request_;
  std::size_t item_;
  std::uint64_t bytes_fetched_ = 0;  ///< Those that may become part of the package.
  std::uint64_t bytes_wasted_ = 0;
  bool fresh_connection_ = false;
  bool gave_up_ = false;
  std::exception_ptr failure_;
  int failure_weight_ = -1;
  std::optional<TransientError> transient_;
  std::map<std::string, std::string> unsaid_;  ///< First failures of sources, by their base.
};

}  // namespace envlock
