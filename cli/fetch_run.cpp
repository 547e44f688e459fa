#include "cli/fetch_run.hpp"

#include "cli/credentials.hpp"
#include "cli/fetch_progress.hpp"
#include "cli/network_rules.hpp"

namespace envlock {

FetchTotals totals_of(std::span<const FetchedPackage> packages) {
  FetchTotals totals;
  for (const FetchedPackage& one : packages) {
    const bool came = one.origin == FetchedPackage::Origin::downloaded ||
                      one.origin == FetchedPackage::Origin::copied;
    ++(came ? totals.fetched : totals.cached);
    totals.bytes_fetched += one.bytes_fetched;
    totals.bytes_wasted += one.bytes_wasted;
  }
  return totals;
}

FetchRun fetch_packages(std::span<const LockPart> locks, const std::optional<ProjectFile>& project,
                        Context& context) {
  FetchRun run;
  run.wanted = wanted_records(locks, project);
  std::vector<PackageRequest> requests;
  std::vector<FetchProgress::Item> items;
  for (const WantedRecord& one : run.wanted) {
    requests.push_back(one.request);
    items.push_back({one.request.wanted.file_name, one.request.wanted.size_bytes});
  }

  const Cache cache(resolve_cache_dir(context.settings, context.environment));
  run.cache = cache.dir();
  PackageStore store(cache, context.settings.read_caches);
  NetworkRules rules = network_rules(project);
  HttpClient http(http_settings(context, std::move(rules.plain_http_origins)));
  CredentialStore credentials(credential_settings(context, std::move(rules.channels)), http);
  run.attested = require_attestations(
      run.wanted, project, cache,
      {http, &credentials, context.settings.offline, RetryPolicy(), context.stop});
  for (const std::string& notice : run.attested.notices) context.console.warning(notice);
  FetchProgress progress(context.console, std::move(items));
  PackageContext parts_of_fetch{{}, store, http, &credentials, &progress, {}};
  parts_of_fetch.settings.offline = context.settings.offline;
  parts_of_fetch.on_fetched = [&](std::size_t item, const FetchedPackage& package) {
    progress.arrived(item, totals_of(std::span(&package, 1)).cached == 1);
  };
  PackageFetcher fetcher(parts_of_fetch);
  const auto say_notices = [&] {
    for (const std::string& notice : fetcher.take_notices()) context.console.warning(notice);
  };
  try {
    run.fetched = fetcher.fetch(requests, context.stop);
  } catch (const Error&) {
    say_notices();
    throw;
  }
  say_notices();
  for (const std::string& warning : credentials.close()) context.console.warning(warning);
  return run;
}

}  // namespace envlock
