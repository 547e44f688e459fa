#include "fetch/subdir_fetch.hpp"

#include <algorithm>
#include <utility>

#include "fetch/package_seal.hpp"
#include "fetch/subdir_intake.hpp"

namespace envlock {

SubdirFetch::SubdirFetch(RepodataContext& context, const SubdirRequest& request, std::size_t item)
    : context_(context),
      request_(request),
      item_(item),
      url_(request.channel.join(request.subdir)),
      from_(url_),
      entry_(context.cache, url_, context.indexer.format_version(), request.judged_by) {}

std::optional<SubdirAnswer> SubdirFetch::without_asking() {
  if (url_.is_file())
    require_local_channel(request_.channel.local_path());
  else
    context_.http.require_allowed_scheme(url_);
  load();
  return unasked();
}

SubdirAnswer SubdirFetch::ask(const std::stop_token& stop) {
  const CacheLock lock = entry_.lock(context_.settings.lock_patience, stop);
  // Whoever held the lock may have fetched just this.
  if (entry_.load() != state_) {
    load();
    if (auto answer = unasked()) return std::move(*answer);
  }
  return url_.is_file() ? read_local(stop) : download(stop);
}

void SubdirFetch::load() {
  cached_.reset();
  state_ = entry_.load();
  if (!state_) return;
  auto index = entry_.open_index(*state_);
  if (!index) return;
  const bool same = state_->index == index->seal();
  const bool sealed = same && (state_->index_boot.empty() || state_->index_boot == this_boot_id());
  // One that does not open is fetched again without conditions: "not modified" would not help.
  if (!context_.indexer.opens(request_, index, sealed)) return;
  cached_ = Cached{*state_, std::move(index), sealed};
  if (sealed) return;
  // Its checksum has just been computed, and was right; the same file in a later boot came from the
  // disk.
  cached_->state.index = cached_->index->seal();
  cached_->state.index_boot = same ? std::string() : this_boot_id();
}

std::optional<SubdirAnswer> SubdirFetch::unasked() {
  if (url_.is_file()) return unchanged_local();
  if (context_.settings.offline) return cached_offline();
  if (context_.is_optional && state_ && state_->file.empty() &&
      is_recent(state_->fetched, context_.settings.now))
    return absent_as_known();
  if (!cached_ || context_.settings.revalidate) return std::nullopt;
  const std::int64_t age_ms = context_.settings.now.ms - cached_->state.fetched.ms;
  const std::int64_t fresh_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(cached_->state.fresh_for).count();
  // A time in the future is a clock that was set back: nothing can be said of the age then.
  if (age_ms < 0 || age_ms >= fresh_ms) return std::nullopt;
  return from_cache(SubdirAnswer::Origin::cached);
}

SubdirAnswer SubdirFetch::from_cache(SubdirAnswer::Origin origin) {
  if (!cached_->sealed) touch(cached_->state);
  const RepodataState& state = cached_->state;
  SubdirAnswer answer;
  answer.origin = origin;
  answer.index = cached_->index;
  answer.sealed = true;
  answer.source = url_.is_file() ? local_file(state.file).string() : state.url + '/' + state.file;
  answer.served_sha256 = state.served_sha256;
  answer.served_bytes = state.served_bytes;
  answer.fetched = state.fetched;
  return answer;
}

void SubdirFetch::touch(RepodataState state) {
  try {
    entry_.save(state);
  } catch (const IoError&) {
    // A cache on a full or read-only disk still serves what it has; it only learns nothing new.
  }
  cached_->state = std::move(state);
}

SubdirAnswer SubdirFetch::absent(RepodataState state) {
  state.url = url_.to_string();
  state.fetched = context_.settings.now;
  entry_.commit_absent(state);
  SubdirAnswer answer;
  answer.source = url_.is_file() ? url_.local_path() : state.url;
  answer.fetched = state.fetched;
  return answer;
}

SubdirAnswer SubdirFetch::store(RepodataState state, Intake& intake) {
  const std::vector<std::byte> bytes = intake.finish();
  state.url = url_.to_string();
  state.fetched = context_.settings.now;
  state.served_sha256 = intake.sha256();
  state.served_bytes = intake.bytes();
  SubdirAnswer answer;
  answer.origin = SubdirAnswer::Origin::downloaded;
  try {
    answer.index = entry_.commit(state, bytes);
  } catch (const IoError& error) {
    throw IoError(std::string("the cache: ") + error.what(),
                  "make room, or name another folder with --cache-dir");
  }
  answer.sealed = true;
  answer.source = intake.source();
  answer.served_sha256 = state.served_sha256;
  answer.served_bytes = state.served_bytes;
  answer.fetched = state.fetched;
  if (!context_.indexer.opens(request_, answer.index, true))
    throw InternalError("the index just made of '" + answer.source + "' does not open");
  return answer;
}

std::string age_text(Instant then, Instant now) {
  const std::int64_t seconds = std::max<std::int64_t>(0, (now.ms - then.ms) / 1000);
  const auto count = [](std::int64_t n, const char* unit) {
    return std::to_string(n) + ' ' + unit + (n == 1 ? "" : "s");
  };
  if (seconds < 120) return count(seconds, "second");
  if (seconds < 2 * 3600) return count(seconds / 60, "minute");
  if (seconds < 48 * 3600) return count(seconds / 3600, "hour");
  return count(seconds / 86400, "day");
}

}  // namespace envlock
