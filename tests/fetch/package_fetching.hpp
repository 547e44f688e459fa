#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fetch/package_fetch.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

/// Bytes that no compression or guess makes shorter, the same for the same seed.
std::string package_content(std::size_t bytes, unsigned seed = 1);

inline constexpr const char* numpy_file = "numpy-2.1.0-py312_0.conda";

/// A package with these bytes, at BASE/linux-64/NAME of each of `bases`.
PackageRequest package_request(const std::string& bytes, const std::vector<std::string>& bases,
                               const std::string& name = numpy_file);

/// The bytes of a fetched package, as they lie in the cache.
std::string bytes_of(const FetchedPackage& package);

/// An empty answer but for a short text.
LocalServer::Answer bare_status(int code);
/// One file, whatever is asked for.
LocalServer::Handler serve_one(std::string body, std::string etag = "\"v1\"");

/// A cache of its own, and what fetches packages into it; pauses between retries are short.
struct PackageFetching {
  TempDir dir;
  HttpSettings http;
  PackageFetchSettings settings;
  std::vector<std::string> notices;  ///< Of the last fetch.

  PackageFetching();
  std::vector<FetchedPackage> fetch(const std::vector<PackageRequest>& wanted,
                                    ProgressListener* progress = nullptr);
  /// "EXIT: message | hint", or "no failure".
  std::string failure(const std::vector<PackageRequest>& wanted);
  /// Leaves the first `bytes` of an earlier run behind.
  void leave_partial(const std::string& body, const std::string& validator, std::size_t bytes);
  /// The files below packages/, without their folder.
  [[nodiscard]] std::vector<std::string> cached_files() const;
};

}  // namespace envlock::test
