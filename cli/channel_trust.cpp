#include "cli/channel_trust.hpp"

#include "fetch/atomic_file.hpp"

namespace envlock {

TrustSource trust_source(const AskedChannel& channel, Context& context) {
  const std::string shown = channel.trust.root;
  std::string text;
  try {
    text = read_file(channel.root.file, max_trust_metadata_bytes);
  } catch (const IoError& error) {
    throw IoError(channel.root.place.to_string() + ": the root of channel '" +
                      channel.channel.name + "': " + error.what(),
                  "docs/trust.md says how to get one");
  }
  const Sha256 found = sha256_of(text);
  if (channel.trust.root_sha256 && found != *channel.trust.root_sha256)
    throw TrustError(channel.root.place.to_string() + ": '" + shown + "' has the sha256 " +
                         found.hex() + ", and envlock.yml says " + channel.trust.root_sha256->hex(),
                     "restore the file, or find out who changed it and why");
  TrustMetadata root = parse_trust_metadata(text, TrustRole::root, shown);
  require_self_signed(root);
  const Url url = channel.trust.trust_url.value_or(channel.channel.url);
  const std::filesystem::path dir =
      trust_state_dir(context.environment("XDG_STATE_HOME"), context.environment("HOME"));
  return {channel.channel.name, url, std::move(root), trust_state_file(dir, url)};
}

std::shared_ptr<const RecordVerifier> ChannelVerifiers::get(const AskedChannel& channel) {
  std::shared_ptr<const RecordVerifier>& verifier = by_channel_[channel.channel.url];
  if (verifier) return verifier;
  const TrustRoles roles = update_trust(
      trust_source(channel, context_),
      {http_, &credentials_, context_.settings.offline, {}, context_.stop}, context_.clock.now());
  for (const std::uint64_t version : roles.new_roots)
    context_.console.note("channel '" + channel.channel.name +
                          "' has a new root of trust: version " + std::to_string(version) +
                          ", signed by the one before it");
  verifier = std::make_shared<const RecordVerifier>(roles.key_mgr.rule("pkg_mgr"));
  return verifier;
}

}  // namespace envlock
