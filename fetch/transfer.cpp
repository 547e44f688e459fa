#include "fetch/transfer.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "model/error.hpp"

namespace envlock {

namespace {

/// Held for a reader that is slower than the network, per transfer.
constexpr std::size_t max_buffered_bytes = std::size_t{2} << 20U;
/// Chunks are collected up to this size before they are handed over one by one.
constexpr std::size_t chunk_bytes = std::size_t{256} << 10U;
constexpr std::size_t told_at_once_bytes = std::size_t{64} << 10U;

}  // namespace

Transfer::Transfer(CurlEasy easy, CurlList headers, std::shared_ptr<const Secret> body,
                   std::size_t max_header_bytes)
    : headers_(std::move(headers)),
      body_(std::move(body)),
      easy_(std::move(easy)),
      max_header_bytes_(max_header_bytes) {
  set_option(easy_, CURLOPT_ERRORBUFFER, error_buffer_.data());
  set_option(easy_, CURLOPT_HTTPHEADER, headers_.get());
  set_option(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set_option(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_option(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set_option(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count,
                                void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    auto state = transfer.state_.lock();
    state->header.line({data, size * count});
    state->header_too_long = state->header.bytes() > transfer.max_header_bytes_;
    if (state->header_too_long) return 0;
    transfer.has_news_ = transfer.has_news_ || state->header.complete();
  } catch (...) {
    return 0;  // out of memory: libcurl ends the transfer with a write error
  }
  return size * count;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  if (bytes == 0) return 0;  // an empty chunk would mean the end
  try {
    auto state = transfer.state_.lock();
    if (state->buffered_bytes >= max_buffered_bytes) {
      state->paused = true;  // libcurl keeps these bytes and offers them again
      return CURL_WRITEFUNC_PAUSE;
    }
    const auto* const begin = reinterpret_cast<const std::byte*>(data);  // NOLINT: bytes
    if (state->chunks.empty() || state->chunks.back().size() + bytes > chunk_bytes) {
      state->chunks.emplace_back();
      // A short answer needs no more than its length.
      const std::uint64_t expected = state->header.headers().content_length.value_or(chunk_bytes);
      state->chunks.back().reserve(
          std::max<std::size_t>(bytes, std::min<std::uint64_t>(expected, chunk_bytes)));
    }
    state->chunks.back().insert(state->chunks.back().end(), begin, begin + bytes);
    state->buffered_bytes += bytes;
    // libcurl may go on with a long answer for megabytes before it returns to the loop.
    transfer.has_news_ = true;
    if (state->buffered_bytes >= told_at_once_bytes) transfer.tell();
  } catch (...) {
    return 0;
  }
  return bytes;
}

void Transfer::tell() {
  if (std::exchange(has_news_, false)) changed_.notify_all();
}

void Transfer::finished(CURLcode result) {
  auto state = state_.lock();
  if (state->done) return;
  state->done = true;
  state->result = result;
  changed_.notify_all();
}

bool Transfer::wait_for_header(const std::stop_token& stop) {
  auto state = state_.lock();
  state.wait(changed_, stop, [](const State& s) { return s.done || s.header.complete(); });
  if (stop.stop_requested()) throw Interrupted();
  return state->header.complete();
}

std::vector<std::byte> Transfer::next_chunk(const std::stop_token& stop, bool& resume) {
  auto state = state_.lock();
  state.wait(changed_, stop, [](const State& s) { return s.done || !s.chunks.empty(); });
  if (stop.stop_requested()) throw Interrupted();
  if (state->chunks.empty()) return {};
  std::vector<std::byte> chunk = std::move(state->chunks.front());
  state->chunks.pop_front();
  state->buffered_bytes -= chunk.size();
  resume = state->paused && state->buffered_bytes < max_buffered_bytes / 2;
  if (resume) state->paused = false;
  return chunk;
}

std::string Transfer::error_text() const { return error_buffer_.data(); }

TransferLoop::TransferLoop(unsigned max_connections, unsigned max_connections_per_host)
    : multi_(curl_api().multi_init()) {
  if (!multi_) throw InternalError("libcurl cannot make a multi handle");
  curl_api().multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS,
                          static_cast<long>(max_connections));
  curl_api().multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
                          static_cast<long>(max_connections_per_host));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TransferLoop::~TransferLoop() {
  thread_.request_stop();
  curl_api().multi_wakeup(multi_.get());
  thread_.join();
  for (const auto& transfer : active_)
    curl_api().multi_remove_handle(multi_.get(), transfer->easy());
}

void TransferLoop::add(std::shared_ptr<Transfer> transfer) {
  post({Command::What::add, std::move(transfer)});
}

void TransferLoop::resume(std::shared_ptr<Transfer> transfer) {
  post({Command::What::resume, std::move(transfer)});
}

void TransferLoop::cancel(std::shared_ptr<Transfer> transfer) {
  post({Command::What::cancel, std::move(transfer)});
}

void TransferLoop::post(Command command) {
  commands_.lock()->push_back(std::move(command));
  curl_api().multi_wakeup(multi_.get());
}

void TransferLoop::run(const std::stop_token& stop) {
  // TLS libraries write to connections that the server has closed; libcurl leaves the signal to us
  // (CURLOPT_NOSIGNAL). It would go to this thread: blocked here, it is an error code.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stop.stop_requested()) {
    std::vector<Command> commands;
    std::swap(commands, *commands_.lock());
    for (const Command& command : commands) obey(command);
    commands.clear();

    int running = 0;
    curl_api().multi_perform(multi_.get(), &running);
    int left = 0;
    while (const CURLMsg* const message = curl_api().multi_info_read(multi_.get(), &left))
      if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    for (const auto& transfer : active_) transfer->tell();
    curl_api().multi_poll(multi_.get(), nullptr, 0, 1000, nullptr);
  }
}

void TransferLoop::obey(const Command& command) {
  const auto place = std::find(active_.begin(), active_.end(), command.transfer);
  switch (command.what) {
    case Command::What::add:
      if (curl_api().multi_add_handle(multi_.get(), command.transfer->easy()) == CURLM_OK)
        active_.push_back(command.transfer);
      else
        command.transfer->finished(CURLE_FAILED_INIT);
      return;
    case Command::What::resume:
      if (place != active_.end()) curl_api().easy_pause(command.transfer->easy(), CURLPAUSE_CONT);
      return;
    case Command::What::cancel:
      if (place != active_.end()) end(command.transfer->easy(), CURLE_ABORTED_BY_CALLBACK);
      return;
  }
}

void TransferLoop::end(CURL* easy, CURLcode result) {
  curl_api().multi_remove_handle(multi_.get(), easy);
  const auto place = std::find_if(active_.begin(), active_.end(),
                                  [&](const auto& transfer) { return transfer->easy() == easy; });
  if (place == active_.end()) return;
  (*place)->finished(result);
  active_.erase(place);
}

}  // namespace envlock
