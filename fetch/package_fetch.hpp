#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "fetch/package_store.hpp"
#include "fetch/progress.hpp"
#include "fetch/retry.hpp"
#include "fetch/source_health.hpp"
#include "model/url.hpp"

namespace envlock {

/// A place that may serve a package.
struct PackageSource {
  std::string base;  ///< The channel's or mirror's URL, redacted: what is healthy or not.
  Url url;           ///< Of the package there: http, https or file.
  /// Of a wheel, its own URL: it gets the credential of what it lies in alone, see CredentialStore.
  std::optional<Url> beside = {};
};

struct PackageRequest {
  WantedPackage wanted;
  /// In the order of preference, the channel itself last; at least one.
  std::vector<PackageSource> sources;
};

struct FetchedPackage {
  enum class Origin : std::uint8_t {
    cached,      ///< It was in the cache.
    read_cache,  ///< It was in a cache that is only read.
    downloaded,
    copied,  ///< From a local channel.
  };
  FoundPackage found;
  Origin origin = Origin::cached;
  std::string source;               ///< PackageSource::base; empty where it was in a cache.
  std::uint64_t bytes_fetched = 0;  ///< Over the network or from a local channel, in this run.
  /// What came in this run besides, and is not in the package: from a mirror that lied, say.
  std::uint64_t bytes_wasted = 0;
};

struct PackageFetchSettings {
  /// Packages at the same time. At most HttpSettings::max_connections_per_host, because libcurl
  /// counts the time that a request waits for a connection as time of connecting.
  unsigned parallel = 8;
  RetryPolicy retry;
  bool offline = false;  ///< What no cache has and no local channel serves is an error.
};

/// What a fetch works with. All references outlive it.
struct PackageContext {
  PackageFetchSettings settings;
  PackageStore& store;
  HttpClient& http;
  CredentialStore* credentials = nullptr;
  ProgressListener* progress = nullptr;  ///< Items are positions in what is wanted.
  /// Called as soon as a package is there, from any of the threads.
  std::function<void(std::size_t item, const FetchedPackage&)> on_fetched = {};
};

/// Brings packages into the cache: from the healthiest source, several at once, largest first, each
/// checked against size and sha256 before it gets its name there. What a broken transfer got is
/// kept and completed, also from another source: only the hash of the whole counts. A mirror that
/// serves other bytes than the lock says is not asked again in this run.
class PackageFetcher {
 public:
  explicit PackageFetcher(PackageContext context) : context_(std::move(context)) {}

  /// @return in the order of `wanted`
  /// @throws TrustError (6) where no source has the bytes of the lock, NetworkError (5), IoError
  /// (7), Interrupted. Where several packages fail, the others are still brought into the cache and
  /// the message names all; a full disk or an interrupt ends everything at once.
  [[nodiscard]] std::vector<FetchedPackage> fetch(std::span<const PackageRequest> wanted,
                                                  const std::stop_token& stop);

  /// What the user should know, such as a mirror that serves other bytes. Sorted.
  [[nodiscard]] std::vector<std::string> take_notices();

 private:
  PackageContext context_;
  SourceHealth health_;
  Guarded<std::vector<std::string>> notices_;
};

}  // namespace envlock
