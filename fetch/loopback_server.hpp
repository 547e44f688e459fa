#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "fetch/request_head.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// What a LoopbackServer says to a GET.
struct LoopbackAnswer {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body = {};
  std::filesystem::path file = {};  ///< Sent instead of `body`, where not empty.
};

/// An HTTP/1.1 server on 127.0.0.1 for a program that this one has started and that shall see the
/// network through it: no more than GET, one request a connection, answered one after the other.
/// Everybody on this machine can ask it, so the handler must look for a secret in the path. Nobody
/// holds up another one by saying nothing or little: up to 64 connections wait side by side, each
/// for no more than 2 s, for the end of a header of no more than 16 KiB.
class LoopbackServer {
 public:
  /// @param path  as RequestHead::path
  using Handler = std::function<LoopbackAnswer(const std::string& path)>;

  /// @param handler  called from the server's thread; must not throw
  /// @throws IoError
  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();  ///< Ends what is being sent.
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  /// A connection whose header is not complete.
  struct Waiting {
    UniqueFd client;
    RequestHead head = {};
    std::chrono::steady_clock::time_point until;
  };
  enum class Heard { nothing, more, all };  ///< `nothing`: it ended, or says too much.
  void run(const std::stop_token& stop);
  void accept_all();
  /// Reads what is there.
  static Heard hear(Waiting& one);
  void serve(const Waiting& one, const std::stop_token& stop);

  Handler handler_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::deque<Waiting> waiting_;  ///< The thread's, oldest first.
  std::jthread thread_;          ///< Last: it uses all of the above.
};

}  // namespace envlock
