#include "fetch/package_fetch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "fetch/package_download.hpp"

namespace envlock {

namespace {

constexpr std::size_t most_failures_shown = 10;

/// Why a package is not there.
struct Failure {
  Error error;
  bool ends_everything;
};

/// A failure of one package leaves the others alone, unless it concerns all of them.
Failure judged(const Error& error) {
  const bool is_its_own = error.exit_code() == ExitCode::network ||
                          error.exit_code() == ExitCode::untrusted ||
                          dynamic_cast<const SourceError*>(&error) != nullptr;
  return {error, !is_its_own};
}

/// What is reported of several failures: exit code and hint of the gravest, all messages, each
/// once: a missing credential is one thing to mend, however many packages it concerns.
Error summary(const std::vector<Error>& failures, std::size_t untried, std::size_t wanted) {
  // Wrong bytes before all else; then what is wrong here, before what is wrong elsewhere.
  const auto gravest = std::ranges::max_element(failures, {}, [](const Error& failure) {
    return std::pair(failure.exit_code() == ExitCode::untrusted, failure.exit_code());
  });
  std::vector<std::string> messages;
  for (const Error& failure : failures) {
    if (std::ranges::count(messages, failure.what()) == 0) messages.emplace_back(failure.what());
  }
  std::string text = std::to_string(failures.size()) + " of " + std::to_string(wanted) +
                     " packages could not be fetched";
  if (untried > 0) text += ", " + std::to_string(untried) + " more were not tried after that";
  text += ':';
  for (std::size_t i = 0; i < std::min(messages.size(), most_failures_shown); ++i)
    text.append("\n").append(messages[i]);
  if (messages.size() > most_failures_shown)
    text += "\nand " + std::to_string(messages.size() - most_failures_shown) + " more";
  return {gravest->exit_code(), text, gravest->hint()};
}

}  // namespace

std::vector<FetchedPackage> PackageFetcher::fetch(std::span<const PackageRequest> wanted,
                                                  const std::stop_token& stop) {
  // The largest first: one that starts last would run alone at the end.
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t i) { return wanted[i].wanted.size_bytes; });

  std::stop_source ended;
  const std::stop_callback chained(stop, [&ended] { ended.request_stop(); });
  std::vector<FetchedPackage> fetched(wanted.size());
  std::vector<std::optional<Failure>> failures(wanted.size());
  std::vector<std::exception_ptr> foreign(wanted.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> answered{false};
  const auto work = [&] {
    for (std::size_t at = next++; at < order.size() && !ended.stop_requested(); at = next++) {
      const std::size_t item = order[at];
      PackageDownload download(context_, health_, notices_, wanted[item], item);
      try {
        fetched[item] = download.run(ended.get_token());
        if (fetched[item].origin == FetchedPackage::Origin::downloaded) answered = true;
        if (context_.on_fetched) context_.on_fetched(item, fetched[item]);
      } catch (const Error& error) {
        const Failure failure = judged(error);
        if (error.exit_code() != ExitCode::interrupted) failures[item] = failure;
        // Where nothing came so far the network is down: asking for the rest takes minutes.
        if (failure.ends_everything || (download.gave_up() && !answered)) ended.request_stop();
      } catch (...) {
        foreign[item] = std::current_exception();
        ended.request_stop();
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    const std::size_t threads = std::min<std::size_t>(context_.settings.parallel, wanted.size());
    while (pool.size() + 1 < threads) pool.emplace_back(work);
    work();
  }
  if (stop.stop_requested()) throw Interrupted();
  for (const std::exception_ptr& failure : foreign)
    if (failure) std::rethrow_exception(failure);
  std::vector<Error> met;
  for (const std::optional<Failure>& failure : failures) {
    if (!failure) continue;
    if (failure->ends_everything) throw Error(failure->error);
    met.push_back(failure->error);
  }
  if (met.empty()) return fetched;
  const auto done = static_cast<std::size_t>(
      std::ranges::count_if(fetched, [](const auto& one) { return !one.found.file.empty(); }));
  const std::size_t untried = wanted.size() - done - met.size();
  if (met.size() == 1 && untried == 0) throw Error(met.front());
  throw summary(met, untried, wanted.size());
}

std::vector<std::string> PackageFetcher::take_notices() {
  std::vector<std::string> notices = std::exchange(*notices_.lock(), {});
  for (std::string& notice : context_.store.take_notices()) notices.push_back(std::move(notice));
  std::ranges::sort(notices);
  return notices;
}

}  // namespace envlock
