#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/cache.hpp"
#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "fetch/mapped_file.hpp"
#include "fetch/progress.hpp"
#include "fetch/repodata_state.hpp"
#include "fetch/shard_table.hpp"
#include "model/digest.hpp"
#include "model/time.hpp"
#include "model/url.hpp"

namespace envlock {

/// Which repodata is wanted: one subdir of one channel.
struct SubdirRequest {
  Url channel;               ///< Base URL of the channel; file, https, or http on loopback.
  std::string channel_name;  ///< For messages.
  std::string subdir;        ///< "linux-64", "noarch"
  /// Names the rule by which signatures are judged while it is read, empty for none: what the
  /// cache has under another rule is not used.
  std::string judged_by = {};
  /// Where its repodata may come from when the channel does not answer, in this order (http or
  /// https). What is taken from there is asked for again at the next run.
  std::vector<Url> mirrors = {};
  /// Its shards may be read instead of the whole (CEP 16), where names are given and it has some.
  bool may_be_sharded = false;
};

/// Which packages a caller will look for, so that no others need be read.
struct WantedNames {
  std::set<std::string> names;  ///< In lower case.
  /// Names that are wanted, too, where it is set: it is asked for each that a channel has.
  std::function<bool(std::string_view name)> matching = {};
  /// Also all that these depend on, whatever the version.
  bool with_dependencies = true;
};

/// Takes the JSON of one repodata, piece by piece as it is decompressed. Whatever it throws ends
/// the fetch and reaches the caller.
class RepodataSink {
 public:
  virtual ~RepodataSink() = default;
  /// May look at it later, and throw then what it finds.
  virtual void feed(std::span<const std::byte> json) = 0;
  /// Looks at all that was fed. Whoever meets a fault further on in the document asks this first,
  /// so that of two faults the first is told. @throws what it finds
  virtual void settle() = 0;
  /// The whole JSON was fed. @return what the cache keeps instead of the JSON
  virtual std::vector<std::byte> finish() = 0;
};

/// What makes indexes of repodata and knows them again; the caller adapts the solver's Index to
/// it. Called from several threads at once, each with its own request.
class RepodataIndexer {
 public:
  virtual ~RepodataIndexer() = default;
  /// Part of the cache's file names: indexes of other versions are not seen.
  [[nodiscard]] virtual std::uint32_t format_version() const = 0;
  /// A new sink for one attempt at a download; one of an earlier attempt has been destroyed.
  /// @param source_name  redacted URL or path, for messages
  virtual std::unique_ptr<RepodataSink> start(const SubdirRequest& request,
                                              const std::string& source_name) = 0;
  /// True where `index`, from the cache, opens as an index of this subdir.
  /// @param sealed  the file is just as envlock left it: its checksum need not be computed
  virtual bool opens(const SubdirRequest& request, std::shared_ptr<const MappedFile> index,
                     bool sealed) = 0;
  /// The dependencies of all records of a package, as written, from an index that opens().
  virtual std::vector<std::string> depends_of(const SubdirRequest& request,
                                              const std::shared_ptr<const MappedFile>& index,
                                              const std::string& name) = 0;
  /// Judges where a channel says that its shards lie. @throws TrustError where that is refused
  virtual void require_shards_base(const SubdirRequest& request, const Url& base) = 0;
};

struct RepodataSettings {
  bool offline = false;     ///< No socket is opened; cached indexes of any age are used.
  bool revalidate = false;  ///< Ask the server even where the cached answer is still fresh.
  Instant now;              ///< The system's clock (never `--now`): ages of cached answers.
  unsigned threads = 8;     ///< Subdirs in work at once.
  std::uint64_t max_json_bytes = std::uint64_t{2} << 30U;  ///< Design section 12, J08 and J09.
  RetryPolicy retry;
  /// How long to wait for another process that fetches the same, before doing it too.
  std::chrono::milliseconds lock_patience{60'000};
};

/// What became of one request.
struct SubdirAnswer {
  /// How the answer was come by.
  enum class Origin {
    absent,       ///< The channel has no such subdir.
    downloaded,   ///< Read whole from its source, now.
    revalidated,  ///< Cached, and the source says that it is still right.
    cached,       ///< Cached and used unasked: within max-age, or offline.
  };
  Origin origin = Origin::absent;
  std::shared_ptr<const MappedFile> index;  ///< Accepted by RepodataIndexer::opens; null if absent.
  bool sealed = false;                      ///< As for RepodataIndexer::opens.
  std::string source;    ///< Redacted URL or path of the file that was read (of the shard index).
  Sha256 served_sha256;  ///< Of the file as served (compressed).
  std::uint64_t served_bytes = 0;
  std::optional<Instant> fetched;    ///< When the source was last asked.
  std::vector<std::string> notices;  ///< For the user, ready to print (redacted, not escaped).
  /// Where `index` holds the wanted names alone: which names there are, and how many shards it is
  /// made of.
  std::shared_ptr<const ShardTable> shards = nullptr;
  std::size_t shard_count = 0;
  /// Why a file that is optional could not be had, where `origin` is absent; empty: there is none.
  std::string failure = {};
};

/// What all subdirs of one fetch share. All references outlive the fetch.
struct RepodataContext {
  RepodataSettings settings;
  const Cache& cache;
  HttpClient& http;
  RepodataIndexer& indexer;
  ProgressListener* progress = nullptr;
  CredentialStore* credentials = nullptr;
  /// The names of the file that is wanted of each subdir; the first that is there is taken.
  std::span<const std::string_view> files = repodata_files;
  /// A subdir can do without: that there is none is remembered, a strange answer means it, and what
  /// failed is told in the answer.
  bool is_optional = false;
};

/// Gets the repodata of subdirs from folders, `file://` and http(s), `.zst` before `.json` before
/// `.bz2` (CF 2.4), through the cache (CF 2.9, docs/cache.md). Only the index is kept, never the
/// JSON. Where only some names are wanted and the channel has shards, it reads those instead (CF
/// 2.5): the index then holds the wanted names alone.
class RepodataFetcher {
 public:
  /// All references must outlive the fetcher. `http` is not touched for local channels or offline.
  RepodataFetcher(RepodataSettings settings, const Cache& cache, HttpClient& http,
                  RepodataIndexer& indexer, ProgressListener* progress = nullptr,
                  CredentialStore* credentials = nullptr)
      : context_{settings, cache, http, indexer, progress, credentials} {}

  /// In parallel. The answers stand in the order of `wanted`.
  /// @throws NetworkError (5) where a channel has none of the subdirs wanted of it ("no such
  /// channel"), wants credentials, answers a web page, cannot be reached, or offline has no copy;
  /// InputError (3) for malformed repodata; TrustError (6) for limits, refused places and, before
  /// any request is made, a private channel without its credential;
  /// IoError (7); Interrupted. Nothing is kept of an answer that failed.
  /// @param names  what will be looked for: with it, shards are read where there are some
  [[nodiscard]] std::vector<SubdirAnswer> fetch(const std::vector<SubdirRequest>& wanted,
                                                const std::stop_token& stop,
                                                const WantedNames* names = nullptr);

 private:
  RepodataContext context_;
};

}  // namespace envlock
