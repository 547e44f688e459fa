#include "cli/trust_show.hpp"

#include "cli/channel_trust.hpp"
#include "cli/json_output.hpp"
#include "cli/trust_channels.hpp"
#include "fetch/atomic_file.hpp"

namespace envlock {
namespace {

struct Shown {
  AskedChannel channel;
  TrustSource source;
  Sha256 root_file_sha256;
  std::optional<KeptTrust> kept;

  [[nodiscard]] const TrustMetadata& root() const { return kept ? kept->root : source.anchor; }
};

Shown look_at(const AskedChannel& channel, Context& context) {
  TrustSource source = trust_source(channel, context);
  const Sha256 sha256 = sha256_of(read_file(channel.root.file, max_trust_metadata_bytes));
  std::optional<KeptTrust> kept = kept_trust(source);
  return {channel, std::move(source), sha256, std::move(kept)};
}

void write_rule(JsonWriter& json, std::string_view key, const KeyRule& rule) {
  json.key(key).begin_object().member("threshold", rule.threshold);
  json.key("keys").begin_array();
  for (const auto& [hex, ed25519] : rule.keys) json.value(hex);
  json.end_array().end_object();
}

void write_role(JsonWriter& json, const TrustMetadata& role, Instant now) {
  json.key("version");
  if (role.version) {
    json.value(*role.version);
  } else {
    json.null();
  }
  json.member("expiration", role.expiration.to_string());
  json.member("expired", role.expiration <= now);
}

void write_json(JsonWriter& json, const std::vector<Shown>& channels, Instant now) {
  json.member("now", now.to_string());
  json.key("channels").begin_array();
  for (const Shown& shown : channels) {
    const TrustRule& rule = shown.channel.trust;
    json.begin_object().member("name", shown.source.channel);
    json.member("signatures", to_string(rule.signatures));
    json.member("trust_url", shown.source.url.to_string());
    json.key("pinned_root").begin_object().member("file", rule.root);
    json.member("sha256", shown.root_file_sha256.hex()).member("pinned", !!rule.root_sha256);
    json.member("version", shown.source.anchor.version.value_or(0)).end_object();
    json.key("state_file");
    if (shown.kept) {
      json.value(shown.source.state_file.string());
    } else {
      json.null();
    }
    json.key("root").begin_object();
    write_role(json, shown.root(), now);
    write_rule(json, "root_keys", shown.root().rule("root"));
    write_rule(json, "key_mgr_keys", shown.root().rule("key_mgr"));
    json.end_object().key("key_mgr");
    if (shown.kept && shown.kept->key_mgr) {
      json.begin_object();
      write_role(json, *shown.kept->key_mgr, now);
      json.member("fault", shown.kept->key_mgr_fault);
      write_rule(json, "pkg_mgr_keys", shown.kept->key_mgr->rule("pkg_mgr"));
      json.end_object();
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
}

void print_rule(Console& console, const std::string& what, const KeyRule& rule) {
  console.out("    " + what + ": " + std::to_string(rule.threshold) + " of " +
              std::to_string(rule.keys.size()));
  for (const auto& [hex, ed25519] : rule.keys) console.out(Line("      ").add(hex, Tone::dim));
}

void print_role(Console& console, const std::string& what, const TrustMetadata& role, Instant now) {
  const bool expired = role.expiration <= now;
  const std::string version = role.version ? " " + std::to_string(*role.version) : "";
  console.out(Line("  " + what + version + ", ")
                  .add(expiry_text(role.expiration, now), expired ? Tone::bad : Tone::plain));
}

void print(Console& console, const Shown& shown, Instant now) {
  const TrustRule& rule = shown.channel.trust;
  console.out(Line()
                  .add(shown.source.channel, Tone::bold)
                  .add(": signatures: " + std::string(to_string(rule.signatures))));
  console.out("  asked at " + shown.source.url.to_string());
  console.out("  pinned: " + rule.root + ", version " +
              std::to_string(shown.source.anchor.version.value_or(0)));
  console.out("    sha256 " + shown.root_file_sha256.hex() +
              (rule.root_sha256 ? "" : " (root_sha256 is not set)"));
  print_role(console, "root", shown.root(), now);
  print_rule(console, "keys of the next root", shown.root().rule("root"));
  print_rule(console, "keys of the key manager", shown.root().rule("key_mgr"));
  if (!shown.kept) {
    console.out("  nothing was seen of the channel yet: 'envlock trust update' asks it");
    return;
  }
  if (!shown.kept->key_mgr) {
    console.out("  no key manager was seen yet: 'envlock trust update' asks for it");
    return;
  }
  print_role(console, "key manager", *shown.kept->key_mgr, now);
  if (!shown.kept->key_mgr_fault.empty())
    console.out(Line("    ").add("does not hold: " + shown.kept->key_mgr_fault, Tone::bad));
  print_rule(console, "keys of packages", shown.kept->key_mgr->rule("pkg_mgr"));
}

}  // namespace

ExitCode trust_show(const ParsedArgs& args, Context& context) {
  std::vector<Shown> channels;
  for (const AskedChannel& channel :
       signed_channels(trust_project(context), channel_arguments(args), context))
    channels.push_back(look_at(channel, context));
  if (channels.empty()) note_no_signed_channel(context);
  const Instant now = context.clock.now();
  if (context.settings.json)
    return print_json_result(context, ExitCode::ok,
                             [&](JsonWriter& json) { write_json(json, channels, now); });
  for (const Shown& shown : channels) print(context.console, shown, now);
  return ExitCode::ok;
}

}  // namespace envlock
