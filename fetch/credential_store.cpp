#include "fetch/credential_store.hpp"

#include <algorithm>
#include <utility>

#include "fetch/credential_files.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

Url origin_of(const Url& url) { return Url::parse(url.origin()).value(); }

Credential::Kind kind_of(CredentialRule::Form form) noexcept {
  switch (form) {
    case CredentialRule::Form::basic:
      return Credential::Kind::basic;
    case CredentialRule::Form::bearer:
      return Credential::Kind::bearer;
    case CredentialRule::Form::token:
      return Credential::Kind::token;
  }
  return Credential::Kind::bearer;
}

}  // namespace

CredentialStore::CredentialStore(CredentialSettings settings, HttpClient& http)
    : settings_(std::move(settings)) {
  std::vector<const CredentialRule*> rules;
  for (const CredentialChannel& channel : settings_.channels)
    if (channel.rule) rules.push_back(&*channel.rule);
  sources_.emplace(settings_.surroundings, http, rules);
  if (!settings_.descriptor) return;
  const std::string what = "file descriptor " + std::to_string(*settings_.descriptor);
  const Secret content = read_credential_descriptor(*settings_.descriptor);
  blocks_ = parse_credential_blocks(content.reveal(), what);
  for (const CredentialBlock& block : blocks_) {
    settings_.surroundings.on_secret(block.found.secret.reveal());
    const bool known =
        block.channel.empty() ||
        std::ranges::count(settings_.channels, block.channel, &CredentialChannel::name) != 0;
    if (!known)
      throw InputError(SourcePlace{what, 0, 0},
                       "it names the channel '" + block.channel + "', which envlock.yml does not",
                       "name the channel's URL: url=https://...");
  }
}

const CredentialChannel* CredentialStore::channel_of(const Url& url,
                                                     const std::optional<Url>& beside) const {
  const CredentialChannel* best = nullptr;
  for (const CredentialChannel& channel : settings_.channels) {
    if (url.is_under(channel.url) &&
        (best == nullptr || channel.url.path().size() > best->url.path().size()))
      best = &channel;
  }
  if (best != nullptr) return best;
  if (beside) return index_of(url, *beside);
  for (const CredentialChannel& channel : settings_.channels) {
    if (!channel.is_private || channel.url.origin() != url.origin()) continue;
    if (best != nullptr) return nullptr;  // whose files these are, nobody can tell
    best = &channel;
  }
  return best;
}

const CredentialChannel* CredentialStore::index_of(const Url& url, const Url& beside) const {
  const CredentialChannel* best = nullptr;
  for (const CredentialChannel& channel : settings_.channels) {
    if (channel.folder && url.is_under(*channel.folder) &&
        (best == nullptr || channel.folder->path().size() > best->folder->path().size()))
      best = &channel;
  }
  if (best != nullptr || beside.origin() != url.origin()) return best;
  const auto named = std::ranges::find_if(
      settings_.channels, [&](const auto& channel) { return channel.url == beside; });
  return named == settings_.channels.end() ? nullptr : &*named;
}

const CredentialBlock* CredentialStore::block_of(const Url& url,
                                                 const CredentialChannel* channel) const {
  const CredentialBlock* best = nullptr;
  for (const CredentialBlock& block : blocks_) {
    if (channel != nullptr && block.channel == channel->name) return &block;
    if (block.url && url.is_under(*block.url) &&
        (best == nullptr || block.url->path().size() > best->url->path().size()))
      best = &block;
  }
  return best;
}

std::string CredentialStore::key_of(const Url& url, const std::optional<Url>& beside) const {
  const CredentialChannel* const channel = channel_of(url, beside);
  const CredentialBlock* const block = block_of(url, channel);
  const std::string where = channel == nullptr ? url.origin() : channel->name + ' ' + url.origin();
  return block == nullptr ? where : where + ' ' + std::to_string(block - blocks_.data());
}

CredentialStore::Entry CredentialStore::make(const Url& url, CredentialRule::Form form,
                                             const FoundSecret& found, std::string source) const {
  const std::string_view secret = found.secret.reveal();
  if (url.scheme() != "https" && !url.is_loopback())
    throw TrustError("the credential of " + source + " is not sent to '" + url.origin() +
                         "': plain http shows it to everybody on the way",
                     "use the channel's https URL");
  require_sendable(found, form, source);
  settings_.surroundings.on_secret(secret);
  if (form == CredentialRule::Form::basic) {
    std::string pair;
    pair.reserve(found.username.size() + secret.size() + 1);
    pair.append(found.username).append(":").append(secret);
    settings_.surroundings.on_secret(pair);
    wipe(pair);
  }
  Entry entry;
  entry.source = std::move(source);
  entry.credential = std::make_shared<const Credential>(
      Credential{.kind = kind_of(form),
                 .name = form == CredentialRule::Form::basic ? found.username : std::string(),
                 .secret = Secret::take(std::string(secret)),
                 .origin = origin_of(url)});
  return entry;
}

CredentialStore::Entry CredentialStore::find(const Url& url, const std::stop_token& stop,
                                             const std::optional<Url>& beside) {
  const CredentialChannel* const channel = channel_of(url, beside);
  const CredentialRule* const rule =
      channel != nullptr && channel->rule ? &*channel->rule : nullptr;
  if (const CredentialBlock* block = block_of(url, channel)) {
    const std::string source = "file descriptor " + std::to_string(*settings_.descriptor);
    if (!block->form && rule == nullptr)
      throw TrustError("the secret of " + source + " for '" + url.origin() +
                           "' does not say in which form it is sent",
                       "add a line as=token, as=basic or as=bearer to its block");
    const CredentialRule::Form form = block->form ? *block->form : rule->form;
    FoundSecret found{block->found.username,
                      Secret::take(std::string(block->found.secret.reveal()))};
    if (found.username.empty() && rule != nullptr) found.username = rule->username;
    return make(url, form, found, source);
  }
  if (rule != nullptr) {
    if (const auto found = sources_->find(*rule, channel->url, stop)) {
      Entry entry = make(url, rule->form, found->secret, found->source);
      if (found->from_helper) entry.helper_of = channel;
      return entry;
    }
  }
  if (!settings_.netrc_file.empty()) {
    const std::string what = settings_.netrc_file.string();
    const Secret content = read_credential_file(settings_.netrc_file, FileGuard::owner_only);
    if (const auto found = parse_netrc(content.reveal(), url.host(), what))
      return make(url, rule != nullptr ? rule->form : CredentialRule::Form::basic, *found,
                  "'" + what + "'");
  }
  if (channel == nullptr || !channel->is_private) return {};
  const std::string hint =
      rule != nullptr
          ? next_step_for(*rule)
          : "name where its credential comes from, below the channel in envlock.yml, for example: "
            "credentials: {as: token, env: ACME_TOKEN}; or pass it with --credential-fd";
  throw TrustError("channel '" + channel->name + "' (" + channel->url.to_string() +
                       ") is private, and no source has its credential",
                   hint);
}

const CredentialStore::Entry& CredentialStore::entry_for(const Url& url,
                                                         const std::stop_token& stop,
                                                         const std::optional<Url>& beside) {
  const std::string key = key_of(url, beside);
  const auto known = entries_.find(key);
  if (known != entries_.end()) return known->second;
  Entry entry;
  try {
    entry = find(url, stop, beside);
  } catch (const Interrupted&) {
    throw;
  } catch (...) {
    entry.failure = std::current_exception();
  }
  return entries_.emplace(key, std::move(entry)).first->second;
}

std::shared_ptr<const Credential> CredentialStore::credential_for(
    const Url& url, const std::stop_token& stop, const std::optional<Url>& beside) {
  if (url.is_file()) return nullptr;
  const std::lock_guard lock(mutex_);
  const Entry& entry = entry_for(url, stop, beside);
  if (entry.failure) std::rethrow_exception(entry.failure);
  return entry.credential;
}

void CredentialStore::refuse(const Url& url, const std::string& answered_at, int status,
                             const std::stop_token& stop, const std::optional<Url>& beside) {
  const std::lock_guard lock(mutex_);
  const CredentialChannel* const channel = channel_of(url, beside);
  const std::string of = channel == nullptr ? "" : "channel '" + channel->name + "': ";
  const std::string code = " (HTTP " + std::to_string(status) + ")";
  const auto place = Url::parse(answered_at.substr(0, answered_at.find('?')));
  if (!place || place->origin() != url.origin())
    throw NetworkError(of + "'" + url.to_string() + "' redirects to '" + answered_at +
                           "', which wants credentials" + code,
                       "ask who runs the channel: a credential belongs to one server, and none was "
                       "sent there");
  const auto known = entries_.find(key_of(url, beside));
  if (known == entries_.end() || !known->second.credential) {
    throw NetworkError(
        of + "'" + answered_at + "' wants credentials" + code,
        "check the name: some servers answer so for what does not exist; where it is private, name "
        "where its credential comes from, below the channel in envlock.yml: credentials: {as: "
        "token, "
        "env: ACME_TOKEN} (docs/credentials.md)");
  }
  Entry& entry = known->second;
  if (entry.helper_of != nullptr && status == 401) {
    FoundSecret given{entry.credential->name,
                      Secret::take(std::string(entry.credential->secret.reveal()))};
    sources_->erase(*entry.helper_of->rule, entry.helper_of->url, given, stop);
    entry.helper_of = nullptr;  // once
  }
  throw TrustError(of + "'" + answered_at + "' refuses the credential of " + entry.source + code,
                   status == 401
                       ? "it is wrong or has expired: renew it there, and look at the form (as: "
                         "token, basic or bearer)"
                       : "its owner may not read this place, or there is none: ask who runs the "
                         "channel, and look at the form (as: token, basic or bearer)");
}

std::vector<std::string> CredentialStore::close() noexcept {
  const std::lock_guard lock(mutex_);
  return sources_ ? sources_->close() : std::vector<std::string>();
}

}  // namespace envlock
