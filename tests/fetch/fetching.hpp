#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/repodata.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

/// Keeps the JSON itself as its "index", behind a line of its own and a checksum of the simplest
/// kind, so that damage shows.
class TextIndexer : public RepodataIndexer {
 public:
  [[nodiscard]] std::uint32_t format_version() const override { return version; }
  std::unique_ptr<RepodataSink> start(const SubdirRequest& request,
                                      const std::string& source_name) override;
  bool opens(const SubdirRequest& request, std::shared_ptr<const MappedFile> index,
             bool sealed) override;
  std::vector<std::string> depends_of(const SubdirRequest& request,
                                      const std::shared_ptr<const MappedFile>& index,
                                      const std::string& name) override;
  /// Refuses what is on another host than the channel.
  void require_shards_base(const SubdirRequest& request, const Url& base) override;

  std::uint32_t version = 1;
  std::atomic<int> started{0};   ///< Sinks made.
  std::atomic<int> finished{0};  ///< Sinks that saw all of their JSON.
  std::atomic<int> checked{0};   ///< Indexes opened without a seal.
};

/// A cache, a client and an indexer of one test; pauses between retries are short.
struct Fetching {
  Fetching();
  /// A fetch of some subdirs of one channel.
  std::vector<SubdirAnswer> fetch(const std::string& channel,
                                  const std::vector<std::string>& subdirs = {"noarch"});
  /// The same, for some names alone.
  std::vector<SubdirAnswer> fetch_names(const std::string& channel, const WantedNames& names,
                                        const std::vector<std::string>& subdirs = {"noarch"});
  SubdirAnswer fetch_one(const std::string& channel) { return fetch(channel).front(); }
  /// The names of all files in the cache's folder for repodata.
  [[nodiscard]] std::vector<std::string> cached_files() const;
  /// The file of the one index in the cache.
  [[nodiscard]] std::filesystem::path index_file() const;
  void later(std::chrono::seconds time) { settings.now.ms += time.count() * 1000; }

  TempDir dir;
  TextIndexer indexer;
  RepodataSettings settings;
  HttpSettings http;
  std::stop_source stop;
};

/// The JSON that an answer's index was made of.
std::string json_of(const SubdirAnswer& answer);

/// What `fetch` throws, as "EXIT: message | hint"; fails the test where it throws nothing.
std::string failure_of(Fetching& fetching, const std::string& channel,
                       const std::vector<std::string>& subdirs = {"noarch"});

// Answers of a LocalServer, and the paths that a channel at "/c" has.
inline const std::string noarch_zst = "/c/noarch/repodata.json.zst";
inline const std::string noarch_json = "/c/noarch/repodata.json";
inline const std::string noarch_bz2 = "/c/noarch/repodata.json.bz2";
/// An empty answer.
LocalServer::Answer status(int code);
LocalServer::Handler always(LocalServer::Answer answer);
/// Answers `first` to the first `times` requests, then as `handler`.
LocalServer::Handler at_first(int times, LocalServer::Answer first, LocalServer::Handler handler);

std::string bz2_compressed(std::string_view text);
std::string zstd_frame(std::string_view text, bool checksum = true);

}  // namespace envlock::test
