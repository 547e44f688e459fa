#include "cli/trust_update.hpp"

#include <algorithm>

#include "cli/channel_trust.hpp"
#include "cli/json_output.hpp"
#include "cli/network_rules.hpp"
#include "cli/repodata_session.hpp"
#include "cli/trust_channels.hpp"

namespace envlock {
namespace {

struct Updated {
  std::string channel;
  Url url;
  std::uint64_t old_version = 0;  ///< Of the newest root that was known before.
  TrustRoles roles;
};

void write_role(JsonWriter& json, std::string_view key, const TrustMetadata& role) {
  json.key(key).begin_object().key("version");
  if (role.version) {
    json.value(*role.version);
  } else {
    json.null();
  }
  json.member("expiration", role.expiration.to_string()).end_object();
}

void write_json(JsonWriter& json, const std::vector<Updated>& channels) {
  json.key("channels").begin_array();
  for (const Updated& updated : channels) {
    json.begin_object().member("name", updated.channel);
    json.member("trust_url", updated.url.to_string()).member("asked", updated.roles.asked);
    json.member("old_root_version", updated.old_version);
    write_role(json, "root", updated.roles.root);
    write_role(json, "key_mgr", updated.roles.key_mgr);
    json.end_object();
  }
  json.end_array();
}

void print(Console& console, const Updated& updated, Instant now) {
  const TrustRoles& roles = updated.roles;
  const std::uint64_t version = roles.root.version.value_or(0);
  std::string root = "root " + std::to_string(updated.old_version);
  if (version != updated.old_version) root += " -> " + std::to_string(version);
  console.out(Line(updated.channel + ": ")
                  .add(root, Tone::bold)
                  .add(", " + expiry_text(roles.root.expiration, now)));
  std::string key_mgr = "key manager";
  if (roles.key_mgr.version) key_mgr += " " + std::to_string(*roles.key_mgr.version);
  console.out(updated.channel + ": " + key_mgr + ", " + expiry_text(roles.key_mgr.expiration, now));
  if (!roles.asked)
    console.note("channel '" + updated.channel + "' was not asked (--offline): this was seen last");
}

}  // namespace

ExitCode trust_update(const ParsedArgs& args, Context& context) {
  const std::optional<ProjectFile> project = trust_project(context);
  const std::vector<AskedChannel> channels =
      signed_channels(project, channel_arguments(args), context);
  if (channels.empty()) note_no_signed_channel(context);
  std::vector<Updated> done;
  if (!channels.empty()) {
    RepodataSession session(context, true, network_rules(project));
    const Instant now = context.clock.now();
    for (const AskedChannel& channel : channels) {
      const TrustSource source = trust_source(channel, context);
      const std::optional<KeptTrust> before = kept_trust(source);
      const TrustMetadata& old_root = before ? before->root : source.anchor;
      TrustRoles roles = update_trust(
          source,
          {session.http(), &session.credentials(), context.settings.offline, {}, context.stop},
          now);
      done.push_back(
          {channel.channel.name, source.url, old_root.version.value_or(0), std::move(roles)});
    }
  }
  if (context.settings.json)
    return print_json_result(context, ExitCode::ok,
                             [&](JsonWriter& json) { write_json(json, done); });
  for (const Updated& updated : done) print(context.console, updated, context.clock.now());
  return ExitCode::ok;
}

}  // namespace envlock
