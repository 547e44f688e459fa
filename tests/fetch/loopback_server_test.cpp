#include "fetch/loopback_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "fetch/http.hpp"
#include "model/unique_fd.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

std::string body_of(HttpResponse& response) {
  std::string body;
  for (;;) {
    const auto bytes = response.read();
    if (bytes.empty()) return body;
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

/// A connection to 127.0.0.1.
UniqueFd connection(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

std::string asked(std::uint16_t port, const std::string& path) {
  HttpClient client({.user_agent = "test", .ca_file = {}, .ca_dir = {}});
  HttpRequest request{.url = *Url::parse("http://127.0.0.1:" + std::to_string(port) + path)};
  HttpResponse response = client.get(request, {});
  return body_of(response);
}

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_CASE("LoopbackServer: texts and files, one request a connection", "[fetch]") {
  const TempDir dir;
  const std::string large(3'000'000, 'x');
  const auto file = dir.write("large", large);
  const LoopbackServer server([&](const std::string& path) -> LoopbackAnswer {
    if (path == "/text") return {.body = "hello"};
    if (path == "/file") return {.file = file};
    if (path == "/none") return {.file = dir / "none"};
    return {.status = 404};
  });
  HttpClient client({.user_agent = "test", .ca_file = {}, .ca_dir = {}});
  const auto ask = [&](const std::string& path) {
    HttpRequest request{
        .url = *Url::parse("http://127.0.0.1:" + std::to_string(server.port()) + path)};
    HttpResponse response = client.get(request, {});
    return std::to_string(response.status()) + ' ' + body_of(response);
  };
  CHECK(ask("/text") == "200 hello");
  CHECK(ask("/file") == "200 " + large);
  CHECK(ask("/none") == "500 ");
  CHECK(ask("/other") == "404 ");
  CHECK(ask("/" + std::string(5000, 'a')) == "400 ");
}

TEST_CASE("LoopbackServer: who says nothing holds up nobody", "[fetch]") {
  const LoopbackServer server([](const std::string&) -> LoopbackAnswer { return {.body = "hi"}; });
  // More than may wait at once.
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(connection(server.port()));
  const auto start = Clock::now();
  for (int i = 0; i < 3; ++i) CHECK(asked(server.port(), "/") == "hi");
  CHECK(Clock::now() - start < seconds(5));
}

TEST_CASE("LoopbackServer: who drips bytes holds up nobody, and is given up", "[fetch]") {
  const LoopbackServer server([](const std::string&) -> LoopbackAnswer { return {.body = "hi"}; });
  const UniqueFd drips = connection(server.port());
  const auto start = Clock::now();
  const std::jthread thread([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && ::send(drips.get(), "a", 1, MSG_NOSIGNAL) == 1)
      std::this_thread::sleep_for(milliseconds(20));
  });
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(asked(server.port(), "/") == "hi");
  CHECK(Clock::now() - start < seconds(5));
  // The connection ends, although each byte came soon after the one before.
  pollfd end{drips.get(), POLLIN, 0};
  CHECK(::poll(&end, 1, 20'000) == 1);
  CHECK(Clock::now() - start > seconds(1));
}

TEST_CASE("LoopbackServer: a header in pieces is understood, an endless one is given up",
          "[fetch]") {
  const LoopbackServer server(
      [](const std::string& path) -> LoopbackAnswer { return {.body = "you said " + path}; });
  const auto say = [&](const std::vector<std::string>& pieces) {
    const UniqueFd client = connection(server.port());
    for (const std::string& piece : pieces) {
      if (::send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
      std::this_thread::sleep_for(milliseconds(20));
    }
    std::string all;
    std::array<char, 1024> bytes{};
    for (ssize_t got = 0; (got = ::recv(client.get(), bytes.data(), bytes.size(), 0)) > 0;)
      all.append(bytes.data(), static_cast<std::size_t>(got));
    return all;
  };
  CHECK_THAT(say({"GE", "T /x HTTP/1.1\r\nHost: a\r\n\r", "\n"}), Catch::EndsWith("you said /x"));
  CHECK_THAT(say({"POST /x HTTP/1.1\r\n\r\n"}), Catch::StartsWith("HTTP/1.1 400"));
  for (const std::string line :
       {"GET /x y HTTP/1.1", "GET /x\x01 HTTP/1.1", "GET /x", "GET x HTTP/1.1"})
    CHECK_THAT(say({line + "\r\n\r\n"}), Catch::StartsWith("HTTP/1.1 400"));
  CHECK(say({"GET /x HTTP/1.1\r\nA: ", std::string(20'000, 'a')}).empty());
}

}  // namespace envlock::test
