#include <algorithm>
#include <utility>

#include "fetch/subdir_fetch.hpp"
#include "fetch/subdir_intake.hpp"

namespace envlock {

namespace {

/// Some stores answer 403 or 501 for a `.zst` that they do not have (CF 2.4).
bool is_missing(int status, std::string_view name) noexcept {
  return status == 404 || status == 410 || status == 403 ||
         (status == 501 && name != "repodata.json");
}

}  // namespace

void SubdirFetch::take_credential(const std::stop_token& stop) {
  if (context_.credentials != nullptr)
    credential_ = context_.credentials->credential_for(url_, stop);
}

void SubdirFetch::fail_denied(const std::string& url, int status, const std::stop_token& stop) {
  if (context_.credentials != nullptr) context_.credentials->refuse(from_, url, status, stop);
  throw NetworkError("'" + url + "' wants credentials (HTTP " + std::to_string(status) + ")",
                     "check the channel's name: some servers answer so for what does not exist");
}

std::optional<SubdirAnswer> SubdirFetch::cached_offline() {
  const std::string what = "'" + url_.to_string() + "'";
  if (cached_) {
    SubdirAnswer answer = from_cache(SubdirAnswer::Origin::cached);
    answer.notices.push_back("offline: using " + what + " as it was " +
                             age_text(cached_->state.fetched, context_.settings.now) + " ago");
    return answer;
  }
  if (state_ && state_->file.empty()) return absent_as_known();
  throw NetworkError("offline, and the cache has no repodata of " + what,
                     "run once without --offline, or with the --cache-dir that has it");
}

SubdirAnswer SubdirFetch::absent_as_known() const {
  SubdirAnswer answer;
  answer.source = state_->url;
  answer.fetched = state_->fetched;
  return answer;
}

SubdirAnswer SubdirFetch::download(const std::stop_token& stop) {
  try {
    return ask_server(stop);
  } catch (const NetworkError& failure) {
    if (auto answer = ask_mirrors(failure, stop)) return std::move(*answer);
    if (context_.is_optional) {
      SubdirAnswer answer;
      answer.failure = failure.what();
      return answer;
    }
    if (!cached_) throw;
    NetworkError helped(failure.what(),
                        (failure.hint().empty() ? "" : failure.hint() + "; ") +
                            "--offline uses the copy of " +
                            age_text(cached_->state.fetched, context_.settings.now) + " ago");
    throw helped;
  }
}

std::optional<SubdirAnswer> SubdirFetch::ask_mirrors(const NetworkError& failure,
                                                     const std::stop_token& stop) {
  for (const Url& mirror : request_.mirrors) {
    from_ = mirror.join(request_.subdir);
    tried_ = 0;
    try {
      if (context_.credentials != nullptr)
        credential_ = context_.credentials->credential_for(from_, stop);
      SubdirAnswer answer = ask_server(stop);
      answer.notices.push_back("the repodata of '" + url_.to_string() +
                               "' is that of the mirror '" + mirror.to_string() +
                               "', because: " + failure.what());
      return answer;
    } catch (const NetworkError&) {
      continue;  // the channel's own failure is the one to report
    }
  }
  return std::nullopt;
}

SubdirAnswer SubdirFetch::ask_server(const std::stop_token& stop) {
  return with_retries(context_.settings.retry, stop, [&] {
    ++tried_;
    RepodataState found;
    const bool skip_zst = !asks_mirror() && cached_ && cached_->state.zst_missing &&
                          is_recent(*cached_->state.zst_missing, context_.settings.now);
    if (skip_zst) found.zst_missing = cached_->state.zst_missing;
    std::string denied;
    for (const std::string_view name : context_.files) {
      if (skip_zst && name == context_.files[0]) continue;
      if (auto answer = try_file(name, found, denied, stop)) return std::move(*answer);
    }
    if (skip_zst)
      if (auto answer = try_file(context_.files[0], found, denied, stop)) return std::move(*answer);
    // Denied is not the same as not there: an empty subdir would change the solution silently.
    if (!denied.empty() && !context_.is_optional) fail_denied(denied, 403, stop);
    if (asks_mirror()) throw NetworkError("'" + from_.to_string() + "' has no repodata");
    found.zst_missing.reset();
    if (!denied.empty())
      return SubdirAnswer{};  // and not remembered: a credential may help the next time
    return absent(std::move(found));
  });
}

/// @return nothing where the next name is to be tried
std::optional<SubdirAnswer> SubdirFetch::try_file(std::string_view name, RepodataState& found,
                                                  std::string& denied,
                                                  const std::stop_token& stop) {
  HttpRequest request{.url = from_.join(name), .credential = credential_};
  request.max_body_bytes = context_.settings.max_json_bytes;
  request.fresh_connection = tried_ > 1;
  const bool conditional = !asks_mirror() && cached_ && cached_->state.file == name &&
                           !(cached_->state.etag.empty() && cached_->state.last_modified.empty());
  if (conditional) {
    request.if_none_match = cached_->state.etag;
    request.if_modified_since = cached_->state.last_modified;
  }
  HttpResponse response = context_.http.get(request, stop);
  const int status = response.status();
  const std::string& url = response.final_url();
  const HttpHeaders& headers = response.headers();

  if (status == 200 || (status == 304 && conditional)) {
    found.file = name;
    if (!asks_mirror()) found.fresh_for = headers.fresh_for;
    if (status == 200) {
      try {
        return receive(response, found);
      } catch (const WebPage&) {
        if (!context_.is_optional) throw;
        found = {};
        return std::nullopt;  // some servers have a page for what they do not have
      }
    }
    RepodataState state = cached_->state;
    state.fetched = context_.settings.now;
    state.fresh_for = found.fresh_for;
    state.zst_missing = found.zst_missing;
    touch(std::move(state));
    return from_cache(SubdirAnswer::Origin::revalidated);
  }
  if (status == 401) fail_denied(url, status, stop);
  if (is_missing(status, name) || (context_.is_optional && !is_transient_status(status))) {
    if (status == 403) denied = url;
    if (name == repodata_files[0] && !asks_mirror()) found.zst_missing = context_.settings.now;
    response.discard();
    return std::nullopt;
  }
  const std::string message = "'" + url + "' answered HTTP " + std::to_string(status);
  if (is_transient_status(status))
    throw TransientError(message, "try again later; the server is at fault",
                         response.retry_after());
  throw NetworkError(message, "check the channel's URL");
}

SubdirAnswer SubdirFetch::receive(HttpResponse& response, RepodataState state) {
  if (!asks_mirror()) {  // a mirror's versions say nothing to the channel's server
    state.etag = response.headers().etag;
    state.last_modified = response.headers().last_modified;
  }
  Intake intake(context_, request_, item_, state.file, response.final_url(),
                response.headers().content_length);
  for (;;) {
    const auto bytes = response.read();
    if (bytes.empty()) break;
    intake.feed(bytes);
  }
  try {
    return store(std::move(state), intake);
  } catch (const StreamEndsEarly& cut) {
    // A server that does not say the length can cut a body unnoticed (CF 2.9).
    throw TransientError(cut.what(), "try again later; the server or the connection is at fault");
  }
}

}  // namespace envlock
