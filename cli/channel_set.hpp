#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/solve_ask.hpp"
#include "fetch/repodata.hpp"
#include "solver/index.hpp"
#include "solver/solve.hpp"
#include "verify/record_verifier.hpp"

namespace envlock {

/// Where repodata comes from in one run of the program.
struct RepodataAccess {
  const Cache& cache;
  HttpClient& http;
  RepodataSettings settings;
  ProgressListener* progress = nullptr;
  CredentialStore* credentials = nullptr;
  std::stop_token stop;
  /// Who judges the signatures of a channel that is to be proved; throws where its roles of trust
  /// cannot be had.
  std::function<std::shared_ptr<const RecordVerifier>(const AskedChannel&)> verifier_for = {};
  /// By channel: mirrors whose repodata may stand in for its own.
  std::map<Url, std::vector<Url>> metadata_mirrors = {};
};

/// The repodata of some channels for some platforms, loaded once and shared by all solves of a run.
class ChannelSet {
 public:
  struct Seen {
    std::string channel;  ///< Name.
    std::string subdir;
    std::string source;  ///< Redacted URL or path.
    Sha256 sha256;       ///< Of the file as served.
    std::uint64_t records = 0;
    std::vector<std::string> signers = {};  ///< Keys that count, where signatures are looked at.
    bool from_cache = false;
    /// Where only the wanted names were read: of how many shards `records` are.
    std::optional<std::uint64_t> shards = {};
  };

  /// Loads each channel's platforms and noarch, all in parallel: whole, or where a channel has
  /// shards only what `names` need. Then no other name may be looked for.
  /// @param has_channel_policy  envlock.yml lists the channels: packages may then only come from
  /// their hosts (J07)
  /// @throws as RepodataFetcher::fetch; TrustError for a `base_url` that leads where it may not
  ChannelSet(const std::vector<AskedChannel>& channels, const std::vector<Platform>& platforms,
             bool has_channel_policy, const RepodataAccess& access, const WantedNames& names);

  /// The channels as the solver wants them for one platform.
  [[nodiscard]] std::vector<SolverChannel> for_platform(const Platform& platform) const;
  [[nodiscard]] const std::vector<Seen>& seen() const noexcept {
    return seen_;
  }  ///< Sorted by channel, subdir.
  [[nodiscard]] const std::vector<std::string>& notices() const noexcept { return notices_; }
  /// Counts of records that were left out or are odd: for `-v`.
  [[nodiscard]] const std::vector<std::string>& details() const noexcept { return details_; }
  /// Bases of package URLs that lie elsewhere than the channel (`base_url`), by channel name.
  [[nodiscard]] const std::map<std::string, std::vector<Url>>& other_bases() const noexcept {
    return other_bases_;
  }

 private:
  struct Subdir {
    std::shared_ptr<const Index> index;
    Url base;
    std::shared_ptr<const ShardTable> shards;  ///< Where `index` holds the wanted names alone.
  };
  void add(const AskedChannel& channel, const std::string& subdir, const SubdirAnswer& answer,
           bool has_channel_policy);
  std::vector<AskedChannel> channels_;
  std::map<std::pair<std::string, std::string>, Subdir> subdirs_;  ///< (channel name, subdir)
  std::vector<Seen> seen_;
  std::map<std::string, std::vector<std::string>> signers_;  ///< By channel name.
  std::vector<std::string> notices_;
  std::vector<std::string> details_;
  std::map<std::string, std::vector<Url>> other_bases_;
};

}  // namespace envlock
