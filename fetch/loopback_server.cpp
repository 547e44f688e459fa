#include "fetch/loopback_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_header_bytes = std::size_t{64} << 10U;
constexpr std::size_t most_path_bytes = 4096;
constexpr std::chrono::milliseconds tick{100};
/// Somebody else's idle connection must not hold up the program for long.
constexpr std::chrono::seconds patience{10};

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

/// Up to the empty line; empty where none came.
std::string read_header(int fd, const std::stop_token& stop) {
  std::string header;
  std::array<char, 4096> piece{};
  while (header.find("\r\n\r\n") == std::string::npos) {
    if (header.size() > most_header_bytes || !wait_for(fd, POLLIN, stop)) return {};
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return {};
    header.append(piece.data(), static_cast<std::size_t>(got));
  }
  return header;
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
  constexpr int backlog = 16;
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
    pollfd one{listener_.get(), POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(tick.count())) <= 0) continue;
    const UniqueFd client(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) serve(client, stop);
  }
}

void LoopbackServer::serve(const UniqueFd& client, const std::stop_token& stop) {
  const std::string header = read_header(client.get(), stop);
  const std::string_view line = std::string_view(header).substr(0, header.find("\r\n"));
  const std::size_t end = line.rfind(' ');
  LoopbackAnswer answer{.status = 400};
  if (line.starts_with("GET /") && end != std::string_view::npos && end > 4 &&
      end - 4 <= most_path_bytes)
    answer = handler_(std::string(line.substr(4, end - 4)));
  if (answer.status == 200 && !answer.file.empty()) {
    send_file(client.get(), answer, stop);
  } else if (send_all(client.get(), head_of(answer.status, answer.content_type, answer.body.size()),
                      stop)) {
    send_all(client.get(), answer.body, stop);
  }
  ::shutdown(client.get(), SHUT_WR);
}

}  // namespace envlock
