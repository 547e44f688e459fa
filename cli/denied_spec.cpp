#include "cli/denied_spec.hpp"

#include <algorithm>
#include <optional>

#include "model/record_match.hpp"

namespace envlock {

bool DeniedSpec::forbids(const PackageRecord& record) const {
  const bool elsewhere = !channels.empty() && std::ranges::none_of(channels, [&](const Channel& c) {
    return c.url.to_string() == record.channel_url;
  });
  const std::optional<Version> version = Version::parse(record.version);
  return !elsewhere && version && record_matches(spec, record, *version);
}

std::vector<DeniedSpec> denied_specs(const std::vector<Request>& denied,
                                     const ChannelNames& names) {
  std::vector<DeniedSpec> specs;
  for (const Request& request : denied) {
    DeniedSpec one{MatchSpec::parse(request.text), request, {}};
    if (one.spec.channel() && !one.spec.channel()->starts_with('*'))
      one.channels = parse_channel(*one.spec.channel(), names);
    specs.push_back(std::move(one));
  }
  return specs;
}

}  // namespace envlock
