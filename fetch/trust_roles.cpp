#include "fetch/trust_roles.hpp"

#include <system_error>
#include <utility>

#include "fetch/atomic_file.hpp"
#include "fetch/cache_lock.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds lock_patience{30'000};

std::optional<std::string> ask_server(const Url& url, const TrustNetwork& network) {
  HttpRequest request{.url = url};
  if (network.credentials != nullptr)
    request.credential = network.credentials->credential_for(url, network.stop);
  request.max_body_bytes = max_trust_metadata_bytes;
  HttpResponse response = network.http.get(request, network.stop);
  const int status = response.status();
  if (status == 404 || status == 410) {
    response.discard();
    return std::nullopt;
  }
  const std::string& shown = response.final_url();
  if ((status == 401 || status == 403) && network.credentials != nullptr)
    network.credentials->refuse(url, shown, status, network.stop);
  const std::string message = "'" + shown + "' answered HTTP " + std::to_string(status);
  if (status == 408 || status == 429 || (status >= 500 && status != 501))
    throw TransientError(message, "try again later", response.retry_after());
  if (status != 200) throw NetworkError(message, "check 'trust_url' of the channel in envlock.yml");
  std::string body;
  for (;;) {
    const auto bytes = response.read();
    if (bytes.empty()) return body;
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

/// Errors of the chain with the channel, and what to do.
template <class Work>
auto for_channel(const TrustSource& source, const std::string& hint, Work work) {
  try {
    return work();
  } catch (const TrustError& error) {
    throw TrustError("channel '" + source.channel + "': " + error.what(),
                     error.hint().empty() ? hint : error.hint());
  }
}

/// What the state has still has to prove itself: `chain` goes on over its roots.
/// @return its key manager, not yet judged
std::optional<TrustMetadata> walk(const TrustSource& source, const TrustState& kept,
                                  RootChain& chain) {
  const std::string file = source.state_file.string();
  return for_channel(
      source,
      "if you replaced the root in envlock.yml on purpose, remove '" + file + "' and run again",
      [&]() -> std::optional<TrustMetadata> {
        for (const std::string& text : kept.roots) {
          TrustMetadata root = parse_trust_metadata(text, TrustRole::root, file);
          // The pinned root may be newer than some that were seen.
          if (root.version <= source.anchor.version) continue;
          chain.extend(std::move(root));
        }
        if (kept.key_mgr.empty()) return std::nullopt;
        return parse_trust_metadata(kept.key_mgr, TrustRole::key_mgr, file);
      });
}

class TrustUpdate {
 public:
  TrustUpdate(const TrustSource& source, const TrustNetwork& network, Instant now)
      : source_(source), network_(network), now_(now), chain_(source.anchor) {}

  TrustRoles run() {
    const std::optional<TrustState> kept = read_trust_state(source_.state_file);
    state_.url = source_.url.to_string();
    if (kept) walk_kept(*kept);
    const bool asks = source_.url.is_file() || !network_.offline;
    if (asks) {
      walk_new();
      for_channel(source_, "the channel must publish a newer root; do not go on without it",
                  [&] { require_current(chain_.root(), now_); });
      take_key_mgr();
    }
    return finish(asks);
  }

 private:
  void walk_kept(const TrustState& kept) {
    seen_ = walk(source_, kept, chain_);
    state_.roots = kept.roots;
    state_.key_mgr = kept.key_mgr;
  }

  void walk_new() {
    for_channel(source_, "tell the channel's owner; nothing of it is used until this is solved",
                [&] {
                  for (;;) {
                    const std::uint64_t next = chain_.root().version.value_or(0) + 1;
                    const std::string name = std::to_string(next) + ".root.json";
                    std::optional<std::string> text = fetch_trust_file(source_.url, name, network_);
                    if (!text) return;
                    chain_.extend(parse_trust_metadata(*text, TrustRole::root, shown(name)));
                    new_roots_.push_back(next);
                    state_.roots.push_back(std::move(*text));
                    save();  // a failure later does not forget what was proved (TUF 5.3.8)
                  }
                });
  }

  void take_key_mgr() {
    const std::string name = "key_mgr.json";
    std::optional<std::string> text = fetch_trust_file(source_.url, name, network_);
    if (!text)
      throw TrustError("channel '" + source_.channel + "': there is no '" + shown(name) + "'",
                       "set 'trust_url' of the channel in envlock.yml to where it lies");
    for_channel(
        source_, "tell the channel's owner; nothing of it is used until this is solved", [&] {
          TrustMetadata key_mgr = parse_trust_metadata(*text, TrustRole::key_mgr, shown(name));
          require_key_manager(key_mgr, chain_.root());
          if (seen_) {
            require_no_rollback(key_mgr, {seen_->version, seen_->timestamp});
            if (key_mgr.version && key_mgr.version == seen_->version &&
                key_mgr.sha256 != seen_->sha256)
              throw TrustError(key_mgr.file + ": another document under the version " +
                               std::to_string(*key_mgr.version) + " that was seen before");
          }
          require_current(key_mgr, now_);
          seen_ = std::move(key_mgr);
        });
    if (state_.key_mgr == *text) return;
    state_.key_mgr = std::move(*text);
    save();
  }

  TrustRoles finish(bool asked) {
    if (!seen_)
      throw NetworkError(
          "offline, and channel '" + source_.channel + "' was never asked for its roles of trust",
          "run once without --offline");
    for_channel(source_, "run without --offline, so that newer ones are fetched", [&] {
      require_key_manager(*seen_, chain_.root());
      require_current(chain_.root(), now_);
      require_current(*seen_, now_);
    });
    return {chain_.root(), std::move(*seen_), std::move(new_roots_), asked};
  }

  void save() const { write_trust_state(source_.state_file, state_); }
  [[nodiscard]] std::string shown(const std::string& name) const {
    return source_.url.join(name).to_string();
  }

  const TrustSource& source_;
  const TrustNetwork& network_;
  Instant now_;
  RootChain chain_;
  TrustState state_;
  std::optional<TrustMetadata> seen_;
  std::vector<std::uint64_t> new_roots_;
};

}  // namespace

std::optional<std::string> fetch_trust_file(const Url& base, const std::string& name,
                                            const TrustNetwork& network) {
  const Url url = base.join(name);
  if (url.is_file()) {
    const fs::path path = url.local_path();
    std::error_code error;
    if (fs::symlink_status(path, error).type() == fs::file_type::not_found) return std::nullopt;
    return read_file(path, max_trust_metadata_bytes);
  }
  return with_retries(network.retry, network.stop, [&] { return ask_server(url, network); });
}

std::optional<KeptTrust> kept_trust(const TrustSource& source) {
  const std::optional<TrustState> state = read_trust_state(source.state_file);
  if (!state) return std::nullopt;
  RootChain chain(source.anchor);
  std::optional<TrustMetadata> key_mgr = walk(source, *state, chain);
  KeptTrust kept{chain.root(), std::move(key_mgr), {}};
  if (kept.key_mgr) {
    try {
      require_key_manager(*kept.key_mgr, kept.root);
    } catch (const TrustError& error) {
      kept.key_mgr_fault = error.what();
    }
  }
  return kept;
}

TrustRoles update_trust(const TrustSource& source, const TrustNetwork& network, Instant now) {
  prepare_trust_state(source.state_file);
  const CacheLock lock(fs::path(source.state_file).replace_extension(".lock"), lock_patience,
                       network.stop);
  return TrustUpdate(source, network, now).run();
}

}  // namespace envlock
