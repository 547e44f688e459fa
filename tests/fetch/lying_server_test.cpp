// Every lie that a server can tell of a package (H01 and H02 of the catalogue of hostile input):
// refused, or tried again; what has a package's name in the cache is that package.

#include <catch2/catch.hpp>
#include <random>

#include "tests/fetch/package_fetching.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;

namespace {

/// Above 1 MiB the start of a broken download is kept.
constexpr std::size_t resumable_bytes = 1'500'000;

Answer full_answer(const std::string& body) { return file_answer({}, body, "\"v1\""); }

LocalServer::Handler always(Answer answer) {
  return [answer = std::move(answer)](const Request&) { return answer; };
}

/// What becomes of a package with these bytes where the server answers so: "ok", or the failure.
/// Requires that nothing but that package has a package's name afterwards.
std::string fate(PackageFetching& fetching, const std::string& body, const LocalServer& server) {
  std::string failure = fetching.failure({package_request(body, {server.url()})});
  bool is_there = false;
  for (const std::string& file : fetching.cached_files()) {
    if (!file.ends_with(".conda")) continue;
    is_there = true;
    CHECK(read_file(fetching.dir / "cache/packages" / file) == body);
  }
  CHECK(is_there == (failure == "no failure"));
  return failure == "no failure" ? "ok" : failure;
}

std::string fate(const std::string& body, const Answer& answer, unsigned tries = 3) {
  const LocalServer server(always(answer));
  PackageFetching fetching;
  fetching.settings.retry.tries = tries;
  return fate(fetching, body, server);
}

std::string chunk(const std::string& text) {
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx", text.size());
  return size.data() + ("\r\n" + text + "\r\n");
}

}  // namespace

TEST_CASE("lying server H01: Content-Length says less or more than the lock", "[fetch]") {
  const std::string body = package_content(3000);
  Answer answer = full_answer(body);
  answer.claimed_length = GENERATE(0U, 1U, 2999U, 3001U, 4'000'000'000U);
  CHECK_THAT(fate(body, answer), StartsWith("6: ") && Contains("the lock says 3000"));
}

TEST_CASE("lying server H01: Content-Length is the lock's, the body is not", "[fetch]") {
  const std::string body = package_content(3000);
  Answer answer = full_answer(body);
  answer.claimed_length = 3000;
  SECTION("the body ends early, each time") {
    answer.cut_after = GENERATE(0U, 1U, 2999U);
    CHECK_THAT(fate(body, answer), StartsWith("5: "));
  }
  SECTION("bytes behind it are not the body's") {
    answer.body += "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + package_content(3000, 2);
    CHECK(fate(body, answer) == "ok");
  }
}

TEST_CASE("lying server H01: without a length the bytes are counted", "[fetch]") {
  const std::string body = package_content(3000);
  const bool chunked = GENERATE(true, false);
  const auto sent = [&](const std::string& bytes) {
    Answer answer = full_answer(bytes);
    answer.chunked = chunked;
    answer.without_length = !chunked;
    return answer;
  };
  CHECK(fate(body, sent(body)) == "ok");
  CHECK_THAT(fate(body, sent(body.substr(0, 2999))), StartsWith("5: ") && Contains("of 3000"));
  CHECK_THAT(fate(body, sent(body + "x")), StartsWith("6: "));
}

TEST_CASE("lying server H01: what chunked trailers say counts for nothing", "[fetch]") {
  const std::string body = package_content(3000);
  Answer answer;
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(body);
  SECTION("a length, a range, a place to go") {
    answer.raw = head +
                 "0\r\nContent-Length: 1\r\nContent-Range: bytes 0-0/1\r\n"
                 "Location: http://192.0.2.1/\r\nContent-Encoding: gzip\r\n\r\n";
    CHECK(fate(body, answer) == "ok");
  }
  SECTION("megabytes of them are refused") {
    answer.raw = head + "0\r\n";
    for (int i = 0; i < 100'000; ++i) *answer.raw += "X-Header: 0123456789\r\n";
    *answer.raw += "\r\n";
    CHECK_THAT(fate(body, answer, 1), !StartsWith("ok"));
  }
  SECTION("a chunk that says more than it has") {
    answer.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + body;
    CHECK_THAT(fate(body, answer, 1), StartsWith("5: "));
  }
  SECTION("a chunk without a size") {
    answer.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + body;
    CHECK_THAT(fate(body, answer, 1), StartsWith("5: "));
  }
}

TEST_CASE("lying server H01: an encoding of the archive is neither asked for nor undone",
          "[fetch]") {
  const std::string body = package_content(3000);
  const std::string coding = GENERATE("gzip", "deflate", "br", "zstd");
  Answer answer = full_answer(body);
  answer.headers.emplace_back("Content-Encoding", coding);
  const LocalServer server(always(answer));
  PackageFetching fetching;
  CHECK(fate(fetching, body, server) == "ok");  // a false header about the right bytes
  CHECK(server.requests().at(0).header("accept-encoding") == "identity");
  // gzip of "hello" (RFC 1952), where "hello" was locked.
  Answer encoded =
      full_answer(std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9"
                              "\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
                              25));
  encoded.headers.emplace_back("Content-Encoding", coding);
  CHECK_THAT(fate("hello", encoded), StartsWith("6: "));
}

TEST_CASE("lying server H01: a part that nobody asked for is not the file", "[fetch]") {
  const std::string body = package_content(3000);
  Answer answer = full_answer(body);
  answer.status = 206;
  answer.headers.emplace_back("Content-Range",
                              GENERATE("bytes 0-2999/3000", "bytes 1-3000/3001", "bytes */3000"));
  CHECK_THAT(fate(body, answer), StartsWith("5: ") && Contains("a part of the file"));
}

TEST_CASE("lying server H01: a right range with wrong bytes is not completed", "[fetch]") {
  const std::string body = package_content(resumable_bytes);
  PackageFetching fetching;
  fetching.leave_partial(body, "\"v1\"", 1'200'000);
  REQUIRE(fetching.cached_files().size() == 2);  // the partial and where it is from
  const std::string lie = package_content(resumable_bytes, 2);
  const LocalServer server([&](const Request& asked) { return file_answer(asked, lie, "\"v1\""); });
  CHECK_THAT(fate(fetching, body, server), StartsWith("6: ") && Contains(sha256_of(body).hex()));
  CHECK(fetching.cached_files().empty());
  CHECK(server.requests().size() == 2);  // the rest, and then, fairly, all of it
}

TEST_CASE("lying server H01: redirects that lead nowhere or out of TLS are refused", "[fetch]") {
  const std::string body = package_content(3000);
  SECTION("in a circle") {
    Answer answer = bare_status(302);
    answer.headers.emplace_back("Location", "/linux-64/" + std::string(numpy_file));
    const LocalServer server(always(answer));
    PackageFetching fetching;
    CHECK_THAT(fate(fetching, body, server), !StartsWith("ok"));
    CHECK(server.requests().size() == 6);
  }
  SECTION("from https to plain http, even on this host") {
    const LocalServer plain(serve_one(body));
    const TestCertificate certificate = TestCertificate::make();
    Answer answer = bare_status(302);
    answer.headers.emplace_back("Location", plain.url("/p.conda"));
    const LocalServer server(always(answer), certificate);
    PackageFetching fetching;
    fetching.http.ca_file = fetching.dir.write("ca.pem", certificate.certificate_pem).string();
    CHECK_THAT(fate(fetching, body, server), StartsWith("6: "));
    CHECK(plain.requests().empty());
  }
  SECTION("to a file of this machine") {
    PackageFetching fetching;
    const auto file = fetching.dir.write("p.conda", body);
    Answer answer = bare_status(302);
    answer.headers.emplace_back("Location", "file://" + file.string());
    const LocalServer server(always(answer));
    CHECK_THAT(fate(fetching, body, server), StartsWith("6: "));
  }
}

TEST_CASE("lying server H01: one that drips is given up", "[fetch]") {
  const std::string body = package_content(3000);
  Answer answer = full_answer(body);
  answer.piece_bytes = 1;
  answer.piece_delay = std::chrono::milliseconds(300);
  const LocalServer server(always(answer));
  PackageFetching fetching;
  fetching.http.low_speed_time = std::chrono::seconds(1);
  fetching.settings.retry.tries = 1;
  CHECK_THAT(fate(fetching, body, server), StartsWith("5: "));
}

TEST_CASE("lying server H01: a header without end is refused, once", "[fetch]") {
  Answer answer;
  answer.raw = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 40'000; ++i) *answer.raw += "X-Header: 0123456789\r\n";
  const LocalServer server(always(answer));
  PackageFetching fetching;
  CHECK_THAT(fate(fetching, package_content(3000), server),
             StartsWith("6: ") && Contains("header"));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("lying server H02: another package of the same length is refused and leaves nothing",
          "[fetch]") {
  const std::size_t size = GENERATE(std::size_t{1}, std::size_t{3000}, resumable_bytes);
  const std::string body = package_content(size);
  const LocalServer server(serve_one(package_content(size, 2)));
  PackageFetching fetching;
  CHECK_THAT(fate(fetching, body, server), StartsWith("6: ") &&
                                               Contains("is not the package of the lock") &&
                                               Contains(sha256_of(body).hex()));
  CHECK(fetching.cached_files().empty());
  CHECK(server.requests().size() == 1);
}

TEST_CASE("lying server: cut at every offset, a package is refused", "[fetch]") {
  const std::string body = package_content(600);
  std::size_t length = 0;
  bool honest_length = false;
  const LocalServer server([&](const Request&) {
    Answer answer = full_answer(body);
    answer.cut_after = length;
    answer.without_length = !honest_length;
    return answer;
  });
  PackageFetching fetching;
  fetching.settings.retry.tries = 1;
  std::size_t refused = 0;
  for (const bool honest : {true, false}) {
    honest_length = honest;
    for (length = 0; length < body.size(); ++length)
      refused +=
          fetching.failure({package_request(body, {server.url()})}).starts_with("5: ") ? 1U : 0U;
  }
  CHECK(refused == 2 * body.size());
  CHECK(fetching.cached_files().empty());
}

TEST_CASE("lying server: with a flipped bit at each of 1,000 places, a package is refused",
          "[fetch]") {
  const std::string body = package_content(1000);
  std::mt19937 random(4714);
  std::size_t place = 0;
  const LocalServer server([&](const Request&) {
    std::string flipped = body;
    flipped[place] = static_cast<char>(flipped[place] ^ (1 << (random() % 8)));
    return full_answer(flipped);
  });
  PackageFetching fetching;
  std::size_t refused = 0;
  for (place = 0; place < body.size(); ++place)
    refused +=
        fetching.failure({package_request(body, {server.url()})}).starts_with("6: ") ? 1U : 0U;
  CHECK(refused == 1000);
  CHECK(fetching.cached_files().empty());
}

}  // namespace envlock::test
