#include "fetch/loopback_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::chrono::milliseconds tick{100};
/// A program on this machine sends its header at once; others may want to hold it up.
constexpr std::chrono::seconds header_patience{2};
/// For a client that does not take what it asked for. To others little is sent, which never waits.
constexpr std::chrono::seconds patience{10};
/// Whose header is not complete; beyond them the oldest goes.
constexpr std::size_t most_waiting = 64;

/// Waits until `fd` is ready. @return false where that was given up
bool wait_for(int fd, short events, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(tick.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool send_all(int fd, std::string_view bytes, const std::stop_token& stop) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(fd, POLLOUT, stop)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string head_of(int status, const std::string& type, std::uint64_t length) {
  return "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Error") +
         "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(length) +
         "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

void send_file(int client, const LoopbackAnswer& answer, const std::stop_token& stop) {
  const UniqueFd file(::open(answer.file.c_str(), O_RDONLY | O_CLOEXEC));
  const off_t size = file ? ::lseek(file.get(), 0, SEEK_END) : -1;
  if (size < 0) {
    send_all(client, head_of(500, answer.content_type, 0), stop);
    return;
  }
  ::lseek(file.get(), 0, SEEK_SET);
  if (!send_all(client, head_of(200, answer.content_type, static_cast<std::uint64_t>(size)), stop))
    return;
  std::array<char, 65536> piece{};
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (!send_all(client, {piece.data(), static_cast<std::size_t>(got)}, stop)) return;
  }
}

}  // namespace

LoopbackServer::LoopbackServer(Handler handler)
    : handler_(std::move(handler)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  constexpr int backlog = 128;
  if (!listener_ || ::bind(listener_.get(), raw, length) != 0 ||
      ::listen(listener_.get(), backlog) != 0 ||
      ::getsockname(listener_.get(), raw, &length) != 0) {
    throw IoError("cannot listen on 127.0.0.1", errno);
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LoopbackServer::~LoopbackServer() = default;

void LoopbackServer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled{{listener_.get(), POLLIN, 0}};
    for (const Waiting& one : waiting_) polled.push_back({one.client.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), static_cast<int>(tick.count())) < 0) continue;
    const auto now = std::chrono::steady_clock::now();
    std::deque<Waiting> left;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      Waiting one = std::move(waiting_[i]);
      // What came in time is heard, even where the answer to another one took longer than that.
      const Heard heard = polled[i + 1].revents == 0 ? Heard::more : hear(one);
      if (heard == Heard::all) serve(one, stop);
      if (heard == Heard::more && now <= one.until) left.push_back(std::move(one));
    }
    waiting_ = std::move(left);
    if (polled[0].revents != 0) accept_all();
  }
}

void LoopbackServer::accept_all() {
  // No more at once than wait, so that each of them is heard.
  for (std::size_t i = 0; i < most_waiting / 2; ++i) {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) {
      // Without room for one more file the listener stays ready.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        std::this_thread::sleep_for(tick);
      return;
    }
    if (waiting_.size() == most_waiting) waiting_.pop_front();
    waiting_.push_back({std::move(client), {}, std::chrono::steady_clock::now() + header_patience});
  }
}

LoopbackServer::Heard LoopbackServer::hear(Waiting& one) {
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::recv(one.client.get(), piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Heard::more;
    if (got <= 0) return Heard::nothing;
    const RequestHead::State state = one.head.feed({piece.data(), static_cast<std::size_t>(got)});
    if (state == RequestHead::State::whole) return Heard::all;
    if (state == RequestHead::State::too_long) return Heard::nothing;
  }
}

void LoopbackServer::serve(const Waiting& one, const std::stop_token& stop) {
  const UniqueFd& client = one.client;
  LoopbackAnswer answer{.status = 400};
  if (const auto path = one.head.path()) answer = handler_(*path);
  if (answer.status == 200 && !answer.file.empty()) {
    send_file(client.get(), answer, stop);
  } else if (send_all(client.get(), head_of(answer.status, answer.content_type, answer.body.size()),
                      stop)) {
    send_all(client.get(), answer.body, stop);
  }
  ::shutdown(client.get(), SHUT_WR);
}

}  // namespace envlock
