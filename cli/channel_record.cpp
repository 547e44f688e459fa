#include "cli/channel_record.hpp"

namespace envlock {
namespace {

template <class Fits>
std::optional<ChannelRecord> find(const SolverChannel& channel, const PackageRecord& wanted,
                                  const Fits& fits) {
  for (std::size_t i = 0; i < channel.subdirs.size(); ++i) {
    const Index& index = *channel.subdirs[i];
    if (index.summary().subdir != wanted.subdir) continue;
    const Index::Range range = index.find(wanted.name);
    for (RecordId id = range.first; id != range.last; ++id) {
      if (!fits(index, id)) continue;
      PackageRecord record = index.record(id);
      record.url = package_url(channel.subdir_urls[i], record.fn).to_string();
      return ChannelRecord{std::move(record), index.signatures(id)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ChannelRecord> find_record(const SolverChannel& channel,
                                         const PackageRecord& wanted) {
  return find(channel, wanted,
              [&](const Index& index, RecordId id) { return index.file_name(id) == wanted.fn; });
}

std::optional<ChannelRecord> find_record_by_digest(const SolverChannel& channel,
                                                   const PackageRecord& wanted) {
  if (!wanted.sha256 && !wanted.md5) return std::nullopt;
  return find(channel, wanted, [&](const Index& index, RecordId id) {
    const PackageRecord record = index.record(id);
    return wanted.sha256 ? record.sha256 == wanted.sha256 : record.md5 == wanted.md5;
  });
}

std::string signature_fault(SignaturePolicy policy,
                            const std::optional<SignatureVerdict>& signatures) {
  if (policy == SignaturePolicy::not_looked_at) return {};
  if (!signatures) return "its signatures were not judged";
  switch (signatures->state) {
    case SignatureVerdict::State::good:
      return {};
    case SignatureVerdict::State::unsigned_record:
      return policy == SignaturePolicy::require
                 ? "the channel's record is not signed, which envlock.yml requires"
                 : "";
    case SignatureVerdict::State::bad:
      break;
  }
  return "the signatures of the channel's record prove nothing: " + signatures->text;
}

}  // namespace envlock
