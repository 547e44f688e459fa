#pragma once

// Private to fetch/: needs libcurl.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "fetch/curl_api.hpp"
#include "fetch/http_headers.hpp"
#include "model/guarded.hpp"
#include "model/secret.hpp"

namespace envlock {

/// One request on its way, shared by the loop's thread, which fills it, and the reader's.
class Transfer {
 public:
  struct State {
    HttpHeaderParser header;
    std::deque<std::vector<std::byte>> chunks;
    std::size_t buffered_bytes = 0;
    bool paused = false;
    bool header_too_long = false;
    bool done = false;
    CURLcode result = CURLE_OK;  ///< Once done.
  };

  /// @param easy  the request, but for its callbacks
  /// @param headers, body  kept alive for as long as the request
  Transfer(CurlEasy easy, CurlList headers, std::shared_ptr<const Secret> body,
           std::size_t max_header_bytes);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Waits for the header. @return false where the transfer ended without one
  /// @throws Interrupted
  bool wait_for_header(const std::stop_token& stop);
  /// The next piece of the body; empty where there is none any more: then `state()` tells why.
  /// @param resume  set to true where the server was held back and may go on
  /// @throws Interrupted
  std::vector<std::byte> next_chunk(const std::stop_token& stop, bool& resume);

  [[nodiscard]] Guarded<State>::Locked state() { return state_.lock(); }
  /// libcurl's own words on a failure; only once done.
  [[nodiscard]] std::string error_text() const;

  // For the loop's thread.
  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  void finished(CURLcode result);
  /// Wakes the reader up where there is news since the last call: once for header, bytes and end of
  /// a short answer, which come in one go.
  void tell();

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;

  std::array<char, CURL_ERROR_SIZE> error_buffer_{};  ///< Outlives the handle that writes to it.
  CurlList headers_;
  std::shared_ptr<const Secret> body_;
  CurlEasy easy_;
  std::size_t max_header_bytes_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
  bool has_news_ = false;  ///< Only for the loop's thread.
};

/// One libcurl multi loop in a thread of its own. Others hand it work through a locked queue.
class TransferLoop {
 public:
  TransferLoop(unsigned max_connections, unsigned max_connections_per_host);
  ~TransferLoop();  ///< Ends what is still under way.
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  void add(std::shared_ptr<Transfer> transfer);
  void resume(std::shared_ptr<Transfer> transfer);
  /// Safe also where it is already done.
  void cancel(std::shared_ptr<Transfer> transfer);

 private:
  struct Command {
    enum class What { add, resume, cancel } what;
    std::shared_ptr<Transfer> transfer;
  };
  void post(Command command);
  void run(const std::stop_token& stop);
  void obey(const Command& command);
  void end(CURL* easy, CURLcode result);

  CurlMulti multi_;
  std::vector<std::shared_ptr<Transfer>> active_;  ///< Only for the loop's thread.
  Guarded<std::vector<Command>> commands_;
  std::jthread thread_;  ///< Last: it uses all of the above.
};

}  // namespace envlock
