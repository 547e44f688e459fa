#include "fetch/repodata.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <thread>

#include "fetch/sharded_repodata.hpp"
#include "fetch/subdir_fetch.hpp"

namespace envlock {

namespace {

constexpr int low_priority = 10;  // of 19

/// Design section 12, "a missing subdir": one of several is a notice, all of them are an error.
void judge_absent(const std::vector<SubdirRequest>& wanted, std::vector<SubdirAnswer>& answers) {
  struct Channel {
    std::vector<std::size_t> absent;
    bool exists = false;
  };
  std::map<Url, Channel> channels;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Channel& channel = channels[wanted[i].channel];
    if (answers[i].origin == SubdirAnswer::Origin::absent)
      channel.absent.push_back(i);
    else
      channel.exists = true;
  }
  for (const auto& [url, channel] : channels) {
    if (channel.absent.empty()) continue;
    const std::string where = url.is_file() ? url.local_path() : url.to_string();
    if (!channel.exists) {
      std::string subdirs;
      for (const std::size_t i : channel.absent)
        subdirs += (subdirs.empty() ? "'" : ", '") + wanted[i].subdir + "'";
      throw NetworkError(
          "no such channel: '" + where + "' has no repodata for " + subdirs,
          "check the spelling of channel '" + wanted[channel.absent.front()].channel_name + "'");
    }
    for (const std::size_t i : channel.absent)
      answers[i].notices.push_back("channel '" + wanted[i].channel_name + "' has nothing for '" +
                                   wanted[i].subdir + "'");
  }
}

/// Runs `work(i)` for each of `items` on a few threads. The first failure stops the others.
template <class Work>
void in_parallel(const std::vector<std::size_t>& items, unsigned threads,
                 const std::stop_token& stop, Work work) {
  std::stop_source failed;
  const std::stop_callback chained(stop, [&failed] { failed.request_stop(); });
  std::vector<std::exception_ptr> failures(items.size());
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t at = next++; at < items.size(); at = next++) {
      try {
        if (failed.stop_requested()) throw Interrupted();
        work(items[at], failed.get_token());
      } catch (...) {
        failures[at] = std::current_exception();
        failed.request_stop();
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    while (pool.size() + 1 < std::min<std::size_t>(threads, items.size())) pool.emplace_back(run);
    run();
  }
  if (stop.stop_requested()) throw Interrupted();
  // Those that were stopped because another failed have nothing to say.
  for (const std::exception_ptr& failure : failures) {
    if (!failure) continue;
    try {
      std::rethrow_exception(failure);
    } catch (const Interrupted&) {
      continue;
    }
  }
}

/// Runs `work` on a thread of low priority, and waits for it. What is last to be ready is the
/// largest subdir, whose threads must not share a processor with noarch's as equals.
template <class Work>
void yielding_to_others(const Work& work) {
  std::exception_ptr failure;
  std::jthread([&] {
    // Of this thread and those that it starts. Where it is refused, all goes on as equals.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), low_priority));
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

std::vector<SubdirAnswer> fetch_subdirs(RepodataContext& context,
                                        const std::vector<SubdirRequest>& wanted,
                                        const std::stop_token& stop) {
  std::vector<SubdirAnswer> answers(wanted.size());
  std::vector<std::unique_ptr<SubdirFetch>> fetches;
  std::vector<std::size_t> to_ask;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    fetches.push_back(std::make_unique<SubdirFetch>(context, wanted[i], i));
    if (auto answer = fetches.back()->without_asking())
      answers[i] = std::move(*answer);
    else
      to_ask.push_back(i);
  }
  for (const std::size_t i : to_ask) fetches[i]->take_credential(stop);
  const auto is_noarch = [&](std::size_t i) { return wanted[i].subdir == "noarch"; };
  const bool yields =
      std::ranges::any_of(to_ask, is_noarch) && !std::ranges::all_of(to_ask, is_noarch);
  // Its thread is everybody's, and must not be one of low priority.
  if (yields && std::ranges::any_of(to_ask, [&](std::size_t i) {
        return !wanted[i].channel.is_file() || !wanted[i].mirrors.empty();
      }))
    context.http.start();
  const auto ask = [&](std::size_t i, const std::stop_token& token) {
    if (!yields || !is_noarch(i)) {
      answers[i] = fetches[i]->ask(token);
      return;
    }
    yielding_to_others([&] { answers[i] = fetches[i]->ask(token); });
  };
  in_parallel(to_ask, context.settings.threads, stop, ask);
  return answers;
}

std::vector<SubdirAnswer> RepodataFetcher::fetch(const std::vector<SubdirRequest>& wanted,
                                                 const std::stop_token& stop,
                                                 const WantedNames* names) {
  std::vector<SubdirAnswer> answers = names == nullptr
                                          ? fetch_subdirs(context_, wanted, stop)
                                          : fetch_sharded(context_, wanted, *names, stop);
  judge_absent(wanted, answers);
  return answers;
}

}  // namespace envlock
