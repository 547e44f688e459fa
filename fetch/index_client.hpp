#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "fetch/retry.hpp"
#include "model/digest.hpp"
#include "model/simple_index.hpp"

namespace envlock {

/// A file as it arrived.
struct IndexDownload {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
};

/// Asks indexes of Python packages, with retries and the credentials of envlock.yml. Not
/// thread-safe.
class IndexClient {
 public:
  /// All outlive it. @param credentials  knows the indexes as channels
  IndexClient(HttpClient& http, CredentialStore& credentials, std::stop_token stop,
              RetryPolicy retry = {})
      : http_(http), credentials_(credentials), stop_(std::move(stop)), retry_(retry) {}

  /// The page of a project, JSON where the index has it, else HTML; nothing where the index does
  /// not know the project.
  /// @throws NetworkError, TrustError, InputError (a page that is none), Interrupted
  std::optional<ProjectPage> project(const Url& index, const std::string& project);

  /// A short text, such as a wheel's METADATA; nothing where there is none.
  /// @throws TrustError where it is not `expected`
  /// @param index  whose page names it: its credential goes with it on its server. Without one it
  /// gets that of an index in whose folder it lies, and no other
  std::optional<std::string> text(const Url& url, const std::optional<Sha256>& expected,
                                  const std::optional<Url>& index = {});

  /// @throws TrustError where the file is not `expected`; IoError; NetworkError where there is none
  IndexDownload download(const Url& url, const std::filesystem::path& file,
                         const std::optional<Sha256>& expected,
                         const std::optional<Url>& index = {});

 private:
  HttpResponse ask(const HttpRequest& request, const std::optional<Url>& index = {});
  HttpClient& http_;
  CredentialStore& credentials_;
  std::stop_token stop_;
  RetryPolicy retry_;
};

}  // namespace envlock
