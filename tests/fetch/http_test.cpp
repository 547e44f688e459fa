#include "fetch/http.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/local_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;
using Paths = std::vector<std::string>;

namespace {

HttpSettings ordinary() {
  HttpSettings settings;
  settings.user_agent = "envlock/test";
  return settings;
}

std::string body_of(HttpResponse& response) {
  std::string body;
  for (;;) {
    const auto piece = response.read();
    if (piece.empty()) return body;
    body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

Answer redirect(const std::string& to, int status = 302) {
  Answer answer;
  answer.status = status;
  answer.headers = {{"Location", to}};
  answer.body = "moved";
  return answer;
}

std::string get(const std::string& url, const HttpSettings& settings = ordinary()) {
  HttpClient client(settings);
  HttpResponse response = client.get({.url = Url::parse(url).value()}, {});
  return std::to_string(response.status()) + ' ' + body_of(response);
}

std::string failure(const std::string& url, const HttpSettings& settings = ordinary()) {
  try {
    return "no failure: " + get(url, settings);
  } catch (const TransientError& error) {
    return std::string("transient: ") + error.what();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
}

}  // namespace

TEST_CASE("http: redirects are followed, whatever their kind", "[fetch]") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  const LocalServer server([&](const Request& request) {
    return request.path == "/a/b" ? redirect("../c?sig=secret&x=1#f", status)
                                  : file_answer(request, request.path);
  });
  CHECK(get(server.url("/a/b")) == "200 /c?sig=secret&x=1");
  CHECK(server.connections() == 1);
}

TEST_CASE("http: the final URL is known, without what its query says", "[fetch]") {
  const LocalServer server([&](const Request& request) {
    return request.path == "/a" ? redirect("/c?sig=secret") : file_answer(request, "x");
  });
  HttpClient client(ordinary());
  const HttpResponse response = client.get({.url = Url::parse(server.url("/a")).value()}, {});
  CHECK_THAT(response.final_url(), StartsWith(server.url("/c?sig=")) && !Contains("secret"));
}

TEST_CASE("http: a redirect loop ends after five", "[fetch]") {
  const LocalServer server([](const Request&) { return redirect("/again"); });
  CHECK_THAT(failure(server.url("/a")), StartsWith("5: ") && Contains("more than 5 times"));
  CHECK(server.requests().size() == 6);
}

TEST_CASE("http: a redirect to plain http elsewhere is refused and not followed", "[fetch]") {
  const LocalServer server([](const Request&) { return redirect("http://192.0.2.1/x"); });
  CHECK_THAT(failure(server.url("/a")), StartsWith("6: ") && Contains("plain http"));
}

TEST_CASE("http: a redirect to another scheme is refused", "[fetch]") {
  const std::string to = GENERATE("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/");
  const LocalServer server([&](const Request&) { return redirect(to); });
  CHECK_THAT(failure(server.url("/a")), StartsWith("6: ") || StartsWith("5: "));
  CHECK_THAT(failure(server.url("/a")), Contains("redirects"));
}

TEST_CASE("http: a redirect that brings credentials of its own is refused", "[fetch]") {
  const LocalServer server([](const Request& request) {
    const std::string host = request.header("host");
    return redirect("http://user:secret@" + host + "/x");
  });
  CHECK_THAT(failure(server.url("/a")),
             StartsWith("6: ") && Contains("credentials of its own") && !Contains("secret"));
}

TEST_CASE("http: credentials stay with their origin", "[fetch]") {
  const LocalServer other([](const Request& request) { return file_answer(request, "other"); });
  std::string target;
  const LocalServer server([&](const Request& request) {
    return request.path == "/a" ? redirect(target) : file_answer(request, "same");
  });
  std::string url = server.url("/a");
  url.insert(url.find("127"), "user:pass@");
  SECTION("another port is another origin") {
    target = other.url("/x");
    CHECK(get(url) == "200 other");
    CHECK(other.requests()[0].header("authorization").empty());
  }
  SECTION("an absolute redirect within the origin keeps them") {
    target = server.url("/x");
    CHECK(get(url) == "200 same");
    CHECK(server.requests()[1].header("authorization") == "Basic dXNlcjpwYXNz");
  }
  SECTION("a relative one too") {
    target = "x";
    CHECK(get(url) == "200 same");
    CHECK(server.requests()[1].header("authorization") == "Basic dXNlcjpwYXNz");
  }
}

TEST_CASE("http: a redirect without a place is an answer like others", "[fetch]") {
  const LocalServer server([](const Request&) {
    Answer answer;
    answer.status = 302;
    return answer;
  });
  CHECK(get(server.url("/a")) == "302 ");
}

TEST_CASE("http: an unknown certificate is refused, a trusted one is not", "[fetch]") {
  const TestCertificate certificate = TestCertificate::make();
  const LocalServer server([](const Request& request) { return file_answer(request, "safe"); },
                           certificate);
  CHECK_THAT(failure(server.url("/a")), StartsWith("6: "));
  CHECK(server.requests().empty());

  const TempDir dir;
  HttpSettings settings = ordinary();
  settings.ca_file = dir.write("ca.pem", certificate.certificate_pem).string();
  CHECK(get(server.url("/a"), settings) == "200 safe");

  SECTION("a file of certificates that is missing is an error, not a way around") {
    settings.ca_file = dir.write("empty.pem", "").string();
    CHECK_THAT(failure(server.url("/a"), settings), !StartsWith("no failure"));
  }
}

TEST_CASE("http: a trusted certificate of another host is refused", "[fetch]") {
  const TestCertificate certificate = TestCertificate::make("DNS:elsewhere.invalid");
  const LocalServer server([](const Request& request) { return file_answer(request, "safe"); },
                           certificate);
  const TempDir dir;
  HttpSettings settings = ordinary();
  settings.ca_file = dir.write("ca.pem", certificate.certificate_pem).string();
  CHECK_THAT(failure(server.url("/a"), settings), StartsWith("6: "));
  CHECK(server.requests().empty());
}

TEST_CASE("http: https does not lead to plain http elsewhere", "[fetch]") {
  const TestCertificate certificate = TestCertificate::make();
  const LocalServer server([](const Request&) { return redirect("http://channel.invalid/x"); },
                           certificate);
  const TempDir dir;
  HttpSettings settings = ordinary();
  settings.ca_file = dir.write("ca.pem", certificate.certificate_pem).string();
  CHECK_THAT(failure(server.url("/a"), settings), StartsWith("6: ") && Contains("plain http"));
}

TEST_CASE("http: nobody listening may pass", "[fetch]") {
  std::string url;
  {
    const LocalServer server([](const Request& request) { return file_answer(request, ""); });
    url = server.url("/a");
  }
  CHECK_THAT(failure(url), StartsWith("transient: cannot fetch '" + url));
}

TEST_CASE("http: a server that is too slow is given up", "[fetch]") {
  Answer slow;
  slow.body = std::string(100, 'a');
  SECTION("before the header") { slow.delay = std::chrono::seconds(30); }
  SECTION("in the body") {
    slow.piece_bytes = 1;
    slow.piece_delay = std::chrono::milliseconds(400);
  }
  const LocalServer server([&](const Request&) { return slow; });
  HttpSettings impatient = ordinary();
  impatient.low_speed_time = std::chrono::seconds(1);
  const auto start = std::chrono::steady_clock::now();
  CHECK_THAT(failure(server.url("/a"), impatient), StartsWith("transient: "));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
}

TEST_CASE("http: an endless header is refused", "[fetch]") {
  Answer flood;
  flood.raw = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 40'000; ++i) *flood.raw += "X-Header: 0123456789\r\n";
  const LocalServer server([&](const Request&) { return flood; });
  CHECK_THAT(failure(server.url("/a")), StartsWith("6: ") && Contains("header"));
}

TEST_CASE("http: what is no HTTP is an error", "[fetch]") {
  Answer odd;
  odd.raw = GENERATE("SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n", "");
  const LocalServer server([&](const Request&) { return odd; });
  CHECK_THAT(failure(server.url("/a")), !StartsWith("no failure"));
}

TEST_CASE("http: a body longer than allowed is refused", "[fetch]") {
  const LocalServer server(
      [](const Request& request) { return file_answer(request, "0123456789"); });
  HttpClient client(ordinary());
  HttpRequest request{.url = Url::parse(server.url("/a")).value()};
  request.max_body_bytes = 10;
  HttpResponse fits = client.get(request, {});
  CHECK(body_of(fits) == "0123456789");
  request.max_body_bytes = 9;
  HttpResponse exceeds = client.get(request, {});
  CHECK_THROWS_AS(body_of(exceeds), TrustError);
}

TEST_CASE("http: a reader that is slow loses nothing", "[fetch]") {
  std::string body;
  while (body.size() < 12'000'000) body += std::to_string(body.size()) + ' ';
  const LocalServer server([&](const Request& request) { return file_answer(request, body); });
  HttpSettings impatient = ordinary();
  impatient.low_speed_time = std::chrono::seconds(2);
  HttpClient client(impatient);
  HttpResponse response = client.get({.url = Url::parse(server.url("/a")).value()}, {});
  // Longer than the time after which a slow *server* is given up.
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));
  CHECK((body_of(response) == body));
}

TEST_CASE("http: many transfers share one client", "[fetch]") {
  const LocalServer server(
      [](const Request& request) { return file_answer(request, request.path); });
  HttpClient client(ordinary());
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        for (int n = 0; n < 20; ++n) {
          const std::string path = '/' + std::to_string(i) + '/' + std::to_string(n);
          HttpResponse response = client.get({.url = Url::parse(server.url(path)).value()}, {});
          if (body_of(response) == path) ++right;
        }
      });
  }
  CHECK(right == 160);
  CHECK(server.connections() <= 16);
}

TEST_CASE("http: answers that nobody reads to the end do no harm", "[fetch]") {
  Answer endless;
  endless.endless = true;
  endless.body = std::string(100'000, 'a');
  const LocalServer server([&](const Request& request) {
    return request.path == "/endless" ? endless : file_answer(request, "x");
  });
  HttpClient client(ordinary());
  for (int i = 0; i < 5; ++i)
    static_cast<void>(client.get({.url = Url::parse(server.url("/endless")).value()}, {}));
  HttpResponse response = client.get({.url = Url::parse(server.url("/x")).value()}, {});
  CHECK(body_of(response) == "x");
}

TEST_CASE("http: Retry-After is read as seconds or as a date", "[fetch]") {
  std::string value;
  const LocalServer server([&](const Request&) {
    Answer answer;
    answer.status = 503;
    answer.headers = {{"Retry-After", value}};
    return answer;
  });
  HttpClient client(ordinary());
  const auto asked = [&](const std::string& text) {
    value = text;
    return client.get({.url = Url::parse(server.url("/a")).value()}, {}).retry_after();
  };
  CHECK(asked("7") == std::chrono::seconds(7));
  CHECK(asked("Sat, 21 Nov 2020 10:00:00 GMT") == std::chrono::seconds(0));
  CHECK(asked("Fri, 21 Nov 2036 10:00:00 GMT") > std::chrono::hours(1));
  CHECK(asked("soon") == std::nullopt);
}

TEST_CASE("http: plain http is for this host, and where envlock.yml allows it", "[fetch]") {
  HttpSettings settings = ordinary();
  settings.plain_http_origins = {"http://mirror.lab:8080"};
  const HttpClient client(settings);
  for (const char* url : {"https://conda.anaconda.org/c", "http://127.0.0.1:80/c",
                          "http://localhost/c", "http://[::1]/c", "http://mirror.lab:8080/c"})
    CHECK_NOTHROW(client.require_allowed_scheme(Url::parse(url).value()));
  for (const char* url : {"http://conda.anaconda.org/c", "http://192.168.0.1/c", "file:///c",
                          "http://mirror.lab/c", "http://mirror.lab:8081/c"})
    CHECK_THROWS_AS(client.require_allowed_scheme(Url::parse(url).value()), TrustError);
  try {
    client.require_allowed_scheme(Url::parse("http://mirror.lab/c").value());
  } catch (const TrustError& error) {
    CHECK_THAT(error.hint(), Contains("policy: {plain_http: [\"http://mirror.lab\"]}"));
  }
}

TEST_CASE("http: https never redirects to plain http, not even on this host", "[fetch]") {
  const TestCertificate certificate = TestCertificate::make();
  const LocalServer plain([](const Request& request) { return file_answer(request, "plain"); });
  const LocalServer safe([&](const Request&) { return redirect(plain.url("/x")); }, certificate);
  const TempDir dir;
  HttpSettings settings = ordinary();
  settings.ca_file = dir.write("ca.pem", certificate.certificate_pem).string();
  CHECK_THAT(failure(safe.url("/a"), settings), StartsWith("6: ") && Contains("plain http"));
  CHECK(plain.requests().empty());
}

namespace {

std::shared_ptr<const Credential> credential(Credential::Kind kind, std::string name,
                                             const LocalServer& server) {
  return std::make_shared<Credential>(Credential{kind, std::move(name),
                                                 Secret::take(std::string("s3cr/et")),
                                                 Url::parse(server.url()).value()});
}

}  // namespace

TEST_CASE("http: a credential goes to its origin in its own form", "[fetch]") {
  const LocalServer server([](const Request& request) { return file_answer(request, "x"); });
  HttpClient client(ordinary());
  const auto ask = [&](Credential::Kind kind, const std::string& name) {
    const HttpResponse response = client.get({.url = Url::parse(server.url("/a/b")).value(),
                                              .credential = credential(kind, name, server)},
                                             {});
    CHECK_THAT(response.final_url(), !Contains("s3cr"));
    return server.requests().back();
  };
  CHECK(ask(Credential::Kind::basic, "me").header("authorization") == "Basic bWU6czNjci9ldA==");
  CHECK(ask(Credential::Kind::bearer, "").header("authorization") == "Bearer s3cr/et");
  CHECK(ask(Credential::Kind::header, "X-Vault-Token").header("x-vault-token") == "s3cr/et");
  const Request with_token = ask(Credential::Kind::token, "");
  CHECK(with_token.path == "/t/s3cr/et/a/b");
  CHECK(with_token.header("authorization").empty());
}

TEST_CASE("http: a credential of another origin is not sent", "[fetch]") {
  const LocalServer owner([](const Request& request) { return file_answer(request, "x"); });
  const LocalServer other([](const Request& request) { return file_answer(request, "x"); });
  const auto kind = GENERATE(Credential::Kind::basic, Credential::Kind::bearer,
                             Credential::Kind::token, Credential::Kind::header);
  HttpClient client(ordinary());
  static_cast<void>(client.get(
      {.url = Url::parse(other.url("/a")).value(), .credential = credential(kind, "X-Name", owner)},
      {}));
  CHECK(other.requests()[0].path == "/a");
  CHECK(other.requests()[0].header("authorization").empty());
  CHECK(other.requests()[0].header("x-name").empty());
}

TEST_CASE("http: a redirect drops the credential, and brings it back at its origin", "[fetch]") {
  std::string back;
  const LocalServer other([&](const Request&) { return redirect(back); });
  const LocalServer owner([&](const Request& request) {
    return request.path.ends_with("/a") ? redirect(other.url("/b")) : file_answer(request, "end");
  });
  back = owner.url("/c");
  const auto kind = GENERATE(Credential::Kind::basic, Credential::Kind::token);
  HttpClient client(ordinary());
  HttpResponse response = client.get(
      {.url = Url::parse(owner.url("/a")).value(), .credential = credential(kind, "me", owner)},
      {});
  CHECK(body_of(response) == "end");
  CHECK(other.paths() == Paths{"/b"});
  CHECK(other.requests()[0].header("authorization").empty());
  const bool in_path = kind == Credential::Kind::token;
  CHECK(owner.paths().back() == (in_path ? "/t/s3cr/et/c" : "/c"));
  CHECK(owner.requests().back().header("authorization").empty() == in_path);
}

TEST_CASE("http: a redirect that carries the token elsewhere is refused", "[fetch]") {
  const LocalServer other([](const Request& request) { return file_answer(request, "x"); });
  const LocalServer owner(
      [&](const Request& request) { return redirect(other.url(request.path)); });
  HttpClient client(ordinary());
  try {
    static_cast<void>(client.get({.url = Url::parse(owner.url("/a")).value(),
                                  .credential = credential(Credential::Kind::token, "", owner)},
                                 {}));
    FAIL("followed");
  } catch (const TrustError& error) {
    CHECK_THAT(error.what(), Contains("would carry its credential") && !Contains("s3cr"));
  }
  CHECK(other.requests().empty());
}

TEST_CASE("http: a secret body is posted as JSON", "[fetch]") {
  const LocalServer server([](const Request& request) { return file_answer(request, "x"); });
  HttpClient client(ordinary());
  HttpRequest request{.url = Url::parse(server.url("/login")).value()};
  request.headers = {{"X-Vault-Request", "true"}};
  request.body = std::make_shared<const Secret>(Secret::take(std::string(R"({"role_id": "r"})")));
  CHECK(client.get(request, {}).status() == 200);
  const Request got = server.requests().at(0);
  CHECK(got.method == "POST");
  CHECK(got.body == R"({"role_id": "r"})");
  CHECK(got.header("content-type") == "application/json");
  CHECK(got.header("x-vault-request") == "true");
}

TEST_CASE("http: the redirect of a post is an answer, not a place to post to", "[fetch]") {
  const LocalServer other([](const Request& request) { return file_answer(request, "x"); });
  const LocalServer server([&](const Request&) { return redirect(other.url("/x"), 307); });
  HttpClient client(ordinary());
  HttpRequest request{.url = Url::parse(server.url("/login")).value()};
  request.body = std::make_shared<const Secret>(Secret::take(std::string("{}")));
  CHECK(client.get(request, {}).status() == 307);
  CHECK(other.requests().empty());
}

TEST_CASE("http: the rest of a file is asked for, as long as it is the same file", "[fetch]") {
  const LocalServer server(
      [](const Request& request) { return file_answer(request, "0123456789", "\"v2\""); });
  HttpClient client(ordinary());
  HttpRequest request{.url = Url::parse(server.url("/f")).value()};
  request.first_byte = 4;
  request.if_range = "\"v2\"";
  HttpResponse rest = client.get(request, {});
  CHECK(rest.status() == 206);
  CHECK(rest.headers().content_range == HttpHeaders::Range{4, 10});
  CHECK(body_of(rest) == "456789");
  request.if_range = "\"v1\"";
  HttpResponse whole = client.get(request, {});
  CHECK(whole.status() == 200);
  CHECK(body_of(whole) == "0123456789");
}

}  // namespace envlock::test
