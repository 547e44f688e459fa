#include "cli/channel_set.hpp"

#include <algorithm>

#include "cli/repodata_index.hpp"

namespace envlock {
namespace {

/// The subdirs of a channel that some platforms need, within what the user restricted it to.
std::vector<std::string> wanted_subdirs(const Channel& channel,
                                        const std::vector<Platform>& platforms) {
  std::vector<std::string> wanted;
  for (const Platform& platform : platforms) wanted.push_back(platform.subdir());
  wanted.emplace_back("noarch");
  if (!channel.subdirs.empty()) {
    std::erase_if(wanted, [&](const std::string& subdir) {
      return std::find(channel.subdirs.begin(), channel.subdirs.end(), subdir) ==
             channel.subdirs.end();
    });
  }
  return wanted;
}

/// Design section 12, J07: where `base_url` may lead, and `shards_base_url`.
/// @param things  what lies there: "packages"
void require_allowed_base(const Url& base, const AskedChannel& channel, const std::string& things,
                          const std::vector<AskedChannel>& all, bool has_channel_policy) {
  const Url& home = channel.channel.url;
  const std::string what = "the repodata of channel '" + channel.channel.name + "' says that its " +
                           things + " lie at '" + base.to_string() + "'";
  if (base.has_credentials())
    throw TrustError(
        what + ", with a user name, password or token",
        "tell the channel's owner; where a credential comes from stands in envlock.yml");
  if (base.origin() == home.origin()) return;
  if (base.is_file() || base.scheme() == "http") {
    // A server, also one of this host, does not say which of the user's files are packages.
    const bool is_local = home.is_file() || (home.is_loopback() && !base.is_file());
    if (is_local && (base.is_file() || base.is_loopback())) return;
    throw TrustError(what + ", which is not https",
                     "tell the channel's owner; envlock takes " + things + " over https only");
  }
  if (!has_channel_policy) return;
  const bool named = std::any_of(all.begin(), all.end(), [&](const AskedChannel& other) {
    return other.channel.url.origin() == base.origin();
  });
  if (!named) {
    throw TrustError(
        what + ", a host that envlock.yml does not name",
        "if you trust it, add a channel with that host under 'channels:' of envlock.yml");
  }
}

void add_count(std::vector<std::string>& notices, std::uint64_t count, const std::string& where,
               const std::string& what) {
  if (count != 0)
    notices.push_back(where + ": " + std::to_string(count) +
                      (count == 1 ? " record " : " records ") + what);
}

void add_summary_notices(std::vector<std::string>& notices, const std::string& where,
                         const IndexSummary& summary) {
  add_count(notices, summary.bad_version, where, "left out: name or version cannot be read");
  add_count(notices, summary.bad_file_name, where, "left out: not the file name of a package");
  add_count(notices, summary.without_sha256, where,
            "never used: without a sha256 nothing can be verified");
  add_count(notices, summary.conditional, where,
            "never used: conditional dependencies, extras or flags");
  add_count(notices, summary.invisible_v3, where, "not seen: only in the repodata's 'v3' part");
  add_count(notices, summary.key_mismatch, where,
            "with a file name unlike name-version-build; the record counts");
  add_count(notices, summary.subdir_mismatch, where,
            "with another subdir than the folder's; the folder counts");
  add_count(notices, summary.orphan_signatures, where,
            "missing that have signatures; never installable");
  add_count(notices, summary.unsigned_records, where, "not signed");
  add_count(notices, summary.badly_signed, where, "with signatures that prove nothing");
}

}  // namespace

ChannelSet::ChannelSet(const std::vector<AskedChannel>& channels,
                       const std::vector<Platform>& platforms, bool has_channel_policy,
                       const RepodataAccess& access, const WantedNames& names)
    : channels_(channels) {
  std::vector<SubdirRequest> wanted;
  std::vector<const AskedChannel*> owners;
  RepodataIndexAdapter::Verifiers verifiers;
  for (const AskedChannel& channel : channels_) {
    std::string judged_by;
    if (channel.trust.looks_at_signatures()) {
      if (!access.verifier_for) throw InternalError("nobody judges the signatures of a channel");
      const auto verifier = access.verifier_for(channel);
      judged_by = verifier->fingerprint();
      verifiers.emplace(judged_by, verifier);
      for (const auto& [key, bytes] : verifier->rule().keys)
        signers_[channel.channel.name].push_back(key);
    }
    for (const std::string& subdir : wanted_subdirs(channel.channel, platforms)) {
      const auto mirrors = access.metadata_mirrors.find(channel.channel.url);
      wanted.push_back(
          {channel.channel.url, channel.channel.name, subdir, judged_by,
           mirrors == access.metadata_mirrors.end() ? std::vector<Url>{} : mirrors->second,
           channel.use_shards});
      owners.push_back(&channel);
    }
  }
  const auto shards_base = [&](const SubdirRequest& request, const Url& base) {
    const auto owner = std::find_if(channels_.begin(), channels_.end(), [&](const auto& channel) {
      return channel.channel.url == request.channel;
    });
    if (owner == channels_.end()) throw InternalError("shards of a channel that nobody asked for");
    require_allowed_base(base, *owner, "shards", channels_, has_channel_policy);
  };
  RepodataIndexAdapter indexer(std::move(verifiers), shards_base);
  RepodataFetcher fetcher(access.settings, access.cache, access.http, indexer, access.progress,
                          access.credentials);
  const std::vector<SubdirAnswer> answers = fetcher.fetch(wanted, access.stop, &names);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    notices_.insert(notices_.end(), answers[i].notices.begin(), answers[i].notices.end());
    if (answers[i].origin != SubdirAnswer::Origin::absent) {
      add(*owners[i], wanted[i].subdir, answers[i], has_channel_policy);
    }
  }
  std::sort(seen_.begin(), seen_.end(), [](const Seen& a, const Seen& b) {
    return std::tie(a.channel, a.subdir) < std::tie(b.channel, b.subdir);
  });
}

void ChannelSet::add(const AskedChannel& channel, const std::string& subdir,
                     const SubdirAnswer& answer, bool has_channel_policy) {
  std::shared_ptr<const Index> index = open_index(answer);
  const IndexSummary& summary = index->summary();
  Url base = channel.channel.url.join(subdir);
  if (!summary.base_url.empty()) {
    const std::optional<Url> resolved = base.resolve(summary.base_url);
    if (!resolved) {
      throw InputError("'" + answer.source + "': 'base_url' is '" + summary.base_url +
                       "', which is no URL");
    }
    require_allowed_base(*resolved, channel, "packages", channels_, has_channel_policy);
    base = *resolved;
    if (!base.is_under(channel.channel.url)) other_bases_[channel.channel.name].push_back(base);
  }
  add_summary_notices(details_, channel.channel.name + "/" + subdir, summary);
  seen_.push_back(
      {channel.channel.name, subdir, answer.source, answer.served_sha256, summary.records,
       signers_[channel.channel.name], answer.origin != SubdirAnswer::Origin::downloaded,
       answer.shards ? std::optional<std::uint64_t>(answer.shard_count) : std::nullopt});
  subdirs_.emplace(std::pair{channel.channel.name, subdir},
                   Subdir{std::move(index), std::move(base), answer.shards});
}

std::vector<SolverChannel> ChannelSet::for_platform(const Platform& platform) const {
  std::vector<SolverChannel> result;
  for (const AskedChannel& asked : channels_) {
    SolverChannel channel{asked.channel, {}, {}, asked.only_by_name, {}};
    channel.signatures = asked.trust.signatures;
    if (asked.newest) channel.newest_ms = asked.newest->ms;
    std::vector<std::shared_ptr<const ShardTable>> tables;
    for (const std::string& subdir : {platform.subdir(), std::string("noarch")}) {
      const auto found = subdirs_.find({asked.channel.name, subdir});
      if (found == subdirs_.end()) continue;
      channel.subdirs.push_back(found->second.index);
      channel.subdir_urls.push_back(found->second.base);
      if (found->second.shards) tables.push_back(found->second.shards);
    }
    if (!tables.empty()) {
      channel.all_names = [tables] {
        std::vector<std::string_view> names;
        for (const auto& table : tables)
          for (std::size_t i = 0; i < table->size(); ++i) names.push_back(table->name_at(i));
        return names;
      };
    }
    result.push_back(std::move(channel));
  }
  return result;
}

}  // namespace envlock
