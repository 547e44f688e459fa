#pragma once

// Private to fetch/: the way of one subdir's repodata, for RepodataFetcher.

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "fetch/repodata.hpp"
#include "fetch/repodata_entry.hpp"
#include "model/decompress.hpp"

namespace envlock {

/// One request from start to end. Not thread-safe; several may run at once.
class SubdirFetch {
 public:
  /// @param item  its place in the list, for progress
  SubdirFetch(RepodataContext& context, const SubdirRequest& request, std::size_t item);

  /// The answer where it can be had without a download, a request or a lock.
  /// @throws NetworkError where offline has nothing
  std::optional<SubdirAnswer> without_asking();
  /// Finds what the requests will need to show, before any of them is made.
  /// @throws as CredentialStore::credential_for
  void take_credential(const std::stop_token& stop);
  /// The answer, whatever it takes.
  SubdirAnswer ask(const std::stop_token& stop);

 private:
  /// A cached index that opens.
  struct Cached {
    RepodataState state;
    std::shared_ptr<const MappedFile> index;
    bool sealed = false;
  };
  /// Feeds a sink with what is decompressed of one source, counts and hashes.
  class Intake;

  void load();
  std::optional<SubdirAnswer> unasked();
  SubdirAnswer from_cache(SubdirAnswer::Origin origin);
  SubdirAnswer absent(RepodataState state);
  SubdirAnswer store(RepodataState state, Intake& intake);
  void touch(RepodataState state);

  // Local channels.
  [[nodiscard]] std::filesystem::path local_file(std::string_view name) const;
  std::optional<SubdirAnswer> unchanged_local();
  SubdirAnswer read_local(const std::stop_token& stop);
  SubdirAnswer read_local_file(const std::filesystem::path& file, std::string_view name,
                               const std::stop_token& stop);

  // http and https.
  std::optional<SubdirAnswer> cached_offline();
  [[nodiscard]] SubdirAnswer absent_as_known() const;
  SubdirAnswer download(const std::stop_token& stop);
  /// From `from_`, with retries.
  SubdirAnswer ask_server(const std::stop_token& stop);
  /// From the first mirror that has it; nothing where none does.
  std::optional<SubdirAnswer> ask_mirrors(const NetworkError& failure, const std::stop_token& stop);
  [[nodiscard]] bool asks_mirror() const { return from_ != url_; }
  std::optional<SubdirAnswer> try_file(std::string_view name, RepodataState& found,
                                       std::string& denied, const std::stop_token& stop);
  SubdirAnswer receive(HttpResponse& response, RepodataState state);
  /// A server wants a credential, or another one.
  [[noreturn]] void fail_denied(const std::string& url, int status, const std::stop_token& stop);

  RepodataContext& context_;
  const SubdirRequest& request_;
  std::size_t item_;
  Url url_;
  Url from_;  ///< What is asked: `url_`, or the same of a mirror.
  RepodataEntry entry_;
  std::optional<RepodataState> state_;  ///< As loaded.
  std::optional<Cached> cached_;
  std::shared_ptr<const Credential> credential_;
  unsigned tried_ = 0;  ///< Attempts at a download so far.
};

/// All of `wanted`, in parallel, in this order; those that are missing have the origin `absent`.
/// @throws as RepodataFetcher::fetch, but for channels that do not exist
std::vector<SubdirAnswer> fetch_subdirs(RepodataContext& context,
                                        const std::vector<SubdirRequest>& wanted,
                                        const std::stop_token& stop);

/// @throws NetworkError (5) where `dir` is no folder, IoError (7) where it cannot be looked at
void require_local_channel(const std::filesystem::path& dir);

/// "5 minutes", "3 hours", "12 days"
std::string age_text(Instant then, Instant now);

}  // namespace envlock
