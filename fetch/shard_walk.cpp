#include "fetch/shard_walk.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "fetch/shard_store.hpp"
#include "model/decompress.hpp"
#include "model/guarded.hpp"

namespace envlock {

namespace {

constexpr std::uint64_t max_shard_bytes = std::uint64_t{32} << 20U;  // compressed
constexpr std::uint64_t max_shard_output_bytes = std::uint64_t{128} << 20U;
constexpr std::uint64_t max_walk_bytes = std::uint64_t{1} << 30U;  // of all texts together
/// Shards are small, so that time goes into waiting: over HTTP/2 all of these share a connection,
/// else libcurl queues what is more than its limit for a host.
constexpr unsigned requests_at_once = 24;
constexpr std::size_t named_when_missing = 8;

class Walk {
 public:
  Walk(RepodataContext& context, const std::vector<ShardedSubdir>& sharded,
       const std::vector<WholeSubdir>& whole, bool with_dependencies, std::size_t first_item)
      : context_(context),
        sharded_(sharded),
        whole_(whole),
        with_dependencies_(with_dependencies),
        first_item_(first_item),
        store_(context.cache) {
    state_.lock()->walk.shards.resize(sharded.size());
  }

  ShardWalk run(const std::set<std::string>& names, const std::stop_token& stop) {
    {
      const auto state = state_.lock();
      for (const std::string& name : names) add_name(*state, name);
    }
    std::stop_source failed;
    const std::stop_callback chained(stop, [&failed] { failed.request_stop(); });
    const auto work = [&] {
      try {
        while (const auto job = next_job(failed.get_token()))
          done(do_job(*job, failed.get_token()));
      } catch (...) {
        if (const auto state = state_.lock(); !state->failure)
          state->failure = std::current_exception();
        failed.request_stop();
      }
    };
    {
      const unsigned threads =
          context_.settings.offline ? context_.settings.threads : requests_at_once;
      std::vector<std::jthread> pool;
      while (pool.size() + 1 < threads) pool.emplace_back(work);
      work();
    }
    if (stop.stop_requested()) throw Interrupted();
    const auto state = state_.lock();
    if (state->failure) std::rethrow_exception(state->failure);
    if (!state->missing.empty()) fail_offline(state->missing);
    return std::move(state->walk);
  }

 private:
  /// One shard to read, or one name to look up in an index that is whole.
  struct Job {
    bool is_shard = false;
    std::size_t subdir = 0;  ///< Of `sharded_` or `whole_`.
    std::size_t place = 0;   ///< In the table.
    std::string name;
    std::size_t item = 0;  ///< For progress.
  };
  struct Result {
    Job job;
    std::optional<Shard> shard;
    std::vector<std::string> needed;
    std::uint64_t downloaded_bytes = 0;
  };
  struct State {
    State() = default;  // as an aggregate, gcc 12 takes it for uninitialised
    ShardWalk walk;
    std::deque<Job> queue;
    std::size_t at_work = 0;
    std::size_t jobs = 0;
    std::uint64_t text_bytes = 0;
    std::set<std::string> missing;  ///< Offline: names.
    std::exception_ptr failure;
  };

  void add_name(State& state, const std::string& name) {
    if (!state.walk.names.insert(name).second) return;
    for (std::size_t i = 0; i < sharded_.size(); ++i) {
      const auto [first, last] = sharded_[i].table->find(name);
      for (std::size_t place = first; place < last; ++place)
        state.queue.push_back({true, i, place, name, first_item_ + state.jobs++});
    }
    if (!with_dependencies_) return;
    for (std::size_t i = 0; i < whole_.size(); ++i)
      state.queue.push_back({false, i, 0, name, first_item_ + state.jobs++});
  }

  std::optional<Job> next_job(const std::stop_token& stop) {
    auto state = state_.lock();
    state.wait(changed_, stop, [](const State& s) { return !s.queue.empty() || s.at_work == 0; });
    if (stop.stop_requested() || state->queue.empty()) return std::nullopt;
    Job job = std::move(state->queue.front());
    state->queue.pop_front();
    ++state->at_work;
    return job;
  }

  void done(Result result) {
    const auto state = state_.lock();
    --state->at_work;
    if (result.shard) {
      ShardWalk& walk = state->walk;
      ++walk.read;
      if (result.downloaded_bytes != 0) ++walk.downloaded;
      walk.downloaded_bytes += result.downloaded_bytes;
      state->text_bytes += result.shard->size_bytes();
      if (state->text_bytes > max_walk_bytes)
        throw TrustError("the shards of '" + sharded_[result.job.subdir].table_source +
                             "' have more than the " + std::to_string(max_walk_bytes) +
                             " bytes that are allowed together",
                         "do not trust this channel: no real one is that large");
      if (with_dependencies_) result.needed = std::move(result.shard->needed);
      walk.shards[result.job.subdir].emplace(result.job.place, std::move(*result.shard));
    } else if (result.job.is_shard) {
      state->missing.insert(result.job.name);
    }
    for (const std::string& name : result.needed) add_name(*state, name);
    changed_.notify_all();
  }

  Result do_job(const Job& job, const std::stop_token& stop) {
    Result result{job, std::nullopt, {}, 0};
    if (!job.is_shard) {
      const WholeSubdir& subdir = whole_[job.subdir];
      for (const std::string& text :
           context_.indexer.depends_of(*subdir.request, subdir.index, job.name))
        if (std::string name = needed_name(text); !name.empty())
          result.needed.push_back(std::move(name));
      return result;
    }
    const ShardedSubdir& subdir = sharded_[job.subdir];
    const Sha256 sha256 = subdir.table->shard_at(job.place);
    const Url url = subdir.base.join(shard_file_name(sha256));
    auto bytes = store_.load(sha256, max_shard_bytes);
    if (!bytes) {
      if (context_.settings.offline) return result;
      bytes = with_retries(context_.settings.retry, stop,
                           [&] { return download(subdir, url, sha256, job.item, stop); });
      store_.save(sha256, *bytes);
      result.downloaded_bytes = bytes->size();
    }
    std::vector<std::byte> text;
    Decompressor decompressor(Compression::zstd, url.to_string(),
                              {.max_output_bytes = max_shard_output_bytes},
                              [&text](std::span<const std::byte> piece) {
                                text.insert(text.end(), piece.begin(), piece.end());
                              });
    decompressor.feed(*bytes);
    decompressor.finish();
    result.shard = read_shard(text, job.name, url.to_string());
    return result;
  }

  /// The whole shard, whose SHA-256 was compared before anything else looks at it.
  std::vector<std::byte> download(const ShardedSubdir& subdir, const Url& url, const Sha256& sha256,
                                  std::size_t item, const std::stop_token& stop) {
    HttpRequest request{.url = url, .credential = subdir.credential};
    request.max_body_bytes = max_shard_bytes;
    HttpResponse response = context_.http.get(request, stop);
    require_ok(response, subdir, url, stop);
    const Reporting reporting(context_.progress, item, response.final_url());
    std::vector<std::byte> bytes;
    for (;;) {
      const auto piece = response.read();
      if (piece.empty()) break;
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      reporting.advanced(bytes.size(), response.headers().content_length);
    }
    const Sha256 found = sha256_of(bytes);
    if (found != sha256)
      throw TrustError("'" + response.final_url() + "' is not the shard that '" +
                           subdir.table_source + "' lists: expected sha256 " + sha256.hex() +
                           ", got " + found.hex() + " (" + std::to_string(bytes.size()) + " bytes)",
                       "tell the channel's owner; 'shards: false' for the channel in envlock.yml "
                       "reads its repodata.json instead");
    return bytes;
  }

  void require_ok(HttpResponse& response, const ShardedSubdir& subdir, const Url& url,
                  const std::stop_token& stop) {
    const int status = response.status();
    if (status == 200) return;
    const std::string what =
        "the shard '" + response.final_url() + "' answered HTTP " + std::to_string(status);
    if (status == 404 || status == 410) throw MissingShard(what, "try again later");
    if (is_transient_status(status))
      throw TransientError(what, "try again later; the server is at fault", response.retry_after());
    if ((status == 401 || status == 403) && context_.credentials != nullptr && subdir.credential)
      context_.credentials->refuse(url, response.final_url(), status, stop);
    throw NetworkError(what, "tell the channel's owner: '" + subdir.table_source + "' lists it");
  }

  [[noreturn]] void fail_offline(const std::set<std::string>& missing) const {
    std::string names;
    std::size_t shown = 0;
    for (const std::string& name : missing) {
      if (shown++ == named_when_missing) break;
      names += (names.empty() ? "'" : ", '") + name + "'";
    }
    if (missing.size() > named_when_missing)
      names += " and " + std::to_string(missing.size() - named_when_missing) + " more";
    std::string channels;
    std::set<std::string> told;
    for (const ShardedSubdir& subdir : sharded_)
      if (told.insert(subdir.request->channel_name).second)
        channels += (channels.empty() ? "'" : ", '") + subdir.request->channel_name + "'";
    throw NetworkError(
        "offline, and the cache lacks the repodata shards of " + names + " from " + channels,
        "run once without --offline, or with the --cache-dir that has them");
  }

  /// Tells the listener of a download's end, however it ends.
  class Reporting {
   public:
    Reporting(ProgressListener* listener, std::size_t item, std::string_view what)
        : listener_(listener), item_(item) {
      if (listener_ != nullptr) listener_->started(item_, what);
    }
    ~Reporting() {
      if (listener_ != nullptr) listener_->finished(item_);
    }
    Reporting(const Reporting&) = delete;
    Reporting& operator=(const Reporting&) = delete;
    void advanced(std::uint64_t bytes, std::optional<std::uint64_t> total) const {
      if (listener_ != nullptr) listener_->advanced(item_, bytes, total);
    }

   private:
    ProgressListener* listener_;
    std::size_t item_;
  };

  RepodataContext& context_;
  const std::vector<ShardedSubdir>& sharded_;
  const std::vector<WholeSubdir>& whole_;
  bool with_dependencies_;
  std::size_t first_item_;
  ShardStore store_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
};

}  // namespace

ShardWalk walk_shards(RepodataContext& context, const std::vector<ShardedSubdir>& sharded,
                      const std::vector<WholeSubdir>& whole, const std::set<std::string>& names,
                      bool with_dependencies, std::size_t first_item, const std::stop_token& stop) {
  return Walk(context, sharded, whole, with_dependencies, first_item).run(names, stop);
}

}  // namespace envlock
