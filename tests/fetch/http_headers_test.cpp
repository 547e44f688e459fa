#include "fetch/http_headers.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

namespace envlock::test {

using std::chrono::seconds;

namespace {

HttpHeaderParser parsed(std::initializer_list<std::string_view> lines) {
  HttpHeaderParser parser;
  for (const std::string_view line : lines) parser.line(line);
  return parser;
}

seconds fresh(std::string_view cache_control, std::string_view age = "Age: 0\r\n") {
  return parsed({"HTTP/1.1 200 OK\r\n", cache_control, age, "\r\n"}).headers().fresh_for;
}

}  // namespace

TEST_CASE("http header: names in any case, values trimmed", "[fetch]") {
  const auto parser = parsed({"HTTP/2 200\r\n", "ETag:  W/\"a b\" \r\n", "LAST-MODIFIED: x\r\n",
                              "content-type: Text/HTML; charset=utf-8\r\n",
                              "Content-Length: 12\r\n", "Retry-After: 3\r\n", "\r\n"});
  CHECK(parser.complete());
  CHECK(parser.status() == 200);
  CHECK(parser.headers().etag == "W/\"a b\"");
  CHECK(parser.headers().last_modified == "x");
  CHECK(parser.headers().content_type == "text/html");
  CHECK(parser.headers().content_length == 12U);
  CHECK(parser.headers().retry_after == "3");
}

TEST_CASE("http header: it is complete after a final status only", "[fetch]") {
  HttpHeaderParser parser = parsed({"HTTP/1.1 103 Early Hints\r\n", "ETag: \"early\"\r\n", "\r\n"});
  CHECK_FALSE(parser.complete());
  for (const char* line : {"HTTP/1.1 304 Not Modified\r\n", "\r\n"}) parser.line(line);
  CHECK(parser.complete());
  CHECK(parser.status() == 304);
  CHECK(parser.headers().etag.empty());
}

TEST_CASE("http header: trailers change nothing", "[fetch]") {
  const auto parser = parsed({"HTTP/1.1 200 OK\r\n", "ETag: \"a\"\r\n", "\r\n", "ETag: \"b\"\r\n"});
  CHECK(parser.headers().etag == "\"a\"");
}

TEST_CASE("http header: freshness is max-age less Age, at most a day", "[fetch]") {
  // RFC 9111, 4.2 and 5.2.2
  CHECK(fresh("Cache-Control: max-age=60\r\n") == seconds(60));
  CHECK(fresh("Cache-Control: PUBLIC , Max-Age=\"60\"\r\n") == seconds(60));
  CHECK(fresh("Cache-Control: max-age=60\r\n", "Age: 20\r\n") == seconds(40));
  CHECK(fresh("Cache-Control: max-age=60\r\n", "Age: 70\r\n") == seconds(0));
  CHECK(fresh("Cache-Control: max-age=999999999\r\n") == seconds(86400));
  CHECK(fresh("Cache-Control: max-age=99999999999999999999\r\n") == seconds(0));
  CHECK(fresh("Cache-Control: max-age=-1\r\n") == seconds(0));
  CHECK(fresh("Cache-Control: no-cache, max-age=60\r\n") == seconds(0));
  CHECK(fresh("Cache-Control: max-age=60, no-store\r\n") == seconds(0));
  CHECK(fresh("Cache-Control: s-maxage=60\r\n") == seconds(0));
  CHECK(fresh("X: y\r\n") == seconds(0));
}

TEST_CASE("http header: values that cannot be sent back count as absent", "[fetch]") {
  CHECK(parsed({"HTTP/1.1 200 OK\r\n", "ETag: \"a\x01\"\r\n", "\r\n"}).headers().etag.empty());
  CHECK(parsed({"HTTP/1.1 200 OK\r\n", "ETag: \"" + std::string(2000, 'a') + "\"\r\n", "\r\n"})
            .headers()
            .etag.empty());
  CHECK(
      parsed({"HTTP/1.1 200 OK\r\n", "Content-Length: 12x\r\n", "\r\n"}).headers().content_length ==
      std::nullopt);
}

TEST_CASE("http header: every line counts for the size, also over several answers", "[fetch]") {
  CHECK(parsed({"HTTP/1.1 100 C\r\n", "\r\n", "HTTP/1.1 200 OK\r\n"}).bytes() == 16 + 2 + 17);
}

TEST_CASE("http header: a range counts where it reaches the end of the file", "[fetch]") {
  const auto range = [](const std::string& value) {
    const std::string line = "Content-Range: " + value + "\r\n";
    return parsed({"HTTP/1.1 206 Partial Content\r\n", line, "\r\n"}).headers().content_range;
  };
  CHECK(range("bytes 5-9/10") == HttpHeaders::Range{5, 10});
  CHECK(range("Bytes 0-0/1") == HttpHeaders::Range{0, 1});
  for (const char* bad : {"bytes 5-8/10", "bytes 5-10/10", "bytes 9-5/10", "bytes */10",
                          "bytes 5-9/*", "items 5-9/10", "bytes 5-9", "bytes -5-9/10", "bytes",
                          "bytes 5-99999999999999999999/10", "bytes 5-18446744073709551615/0", ""})
    CHECK(range(bad) == std::nullopt);
}

}  // namespace envlock::test
