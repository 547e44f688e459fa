#include "cli/repodata_session.hpp"

#include <chrono>
#include <utility>

#include "cli/credentials.hpp"
#include "cli/host_probe.hpp"

namespace envlock {
namespace {

/// How old a cached answer is does not depend on `--now`, which is about the environment's content.
Instant system_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

}  // namespace

RepodataSession::RepodataSession(Context& context, bool revalidate, NetworkRules rules)
    : context_(context),
      cache_(resolve_cache_dir(context.settings, context.environment)),
      http_(http_settings(context, std::move(rules.plain_http_origins))),
      credentials_(credential_settings(context, std::move(rules.channels)), http_),
      verifiers_(context, http_, credentials_),
      metadata_mirrors_(std::move(rules.metadata_mirrors)),
      progress_(context.console) {
  settings_.offline = context.settings.offline;
  settings_.revalidate = revalidate;
  settings_.now = system_now();
  settings_.threads = static_cast<unsigned>(context.settings.threads);
}

RepodataSession::~RepodataSession() {
  for (const std::string& warning : credentials_.close()) context_.console.warning(warning);
}

RepodataAccess RepodataSession::access() {
  return {cache_,
          http_,
          settings_,
          &progress_,
          &credentials_,
          context_.stop,
          [this](const AskedChannel& channel) { return verifiers_.get(channel); },
          metadata_mirrors_};
}

AskSurroundings surroundings(Context& context) {
  return {std::filesystem::current_path(),
          [&context](const std::string& name) { return context.environment(name); },
          [] { return probe_host(read_host_facts(), "/"); }, context.clock.now()};
}

}  // namespace envlock
