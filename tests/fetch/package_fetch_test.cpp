#include "fetch/package_fetch.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "tests/fetch/package_fetching.hpp"

namespace envlock::test {

using Catch::Contains;
using Catch::StartsWith;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;
using Paths = std::vector<std::string>;
using Origin = FetchedPackage::Origin;

namespace {

using Fetching = PackageFetching;

const std::string file_name = numpy_file;

std::string content(std::size_t bytes, unsigned seed = 1) { return package_content(bytes, seed); }

PackageRequest request(const std::string& bytes, const std::vector<std::string>& bases,
                       const std::string& name = file_name) {
  return package_request(bytes, bases, name);
}

Answer status(int code) { return bare_status(code); }

LocalServer::Handler serve(const std::string& body) { return serve_one(body); }

}  // namespace

TEST_CASE("package fetch: a package comes once, and from the cache after that", "[fetch]") {
  const std::string body = content(100'000);
  const LocalServer server(serve(body));
  Fetching fetching;
  const auto first = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(first.origin == Origin::downloaded);
  CHECK(first.source == server.url());
  CHECK(first.bytes_fetched == 100'000);
  CHECK(bytes_of(first) == body);
  const auto second = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(second.origin == Origin::cached);
  CHECK(second.found.file == first.found.file);
  CHECK(server.paths() == Paths{"/linux-64/" + file_name});
}

TEST_CASE("package fetch: answers stand in the order of what is wanted", "[fetch]") {
  std::map<std::string, std::string> files;
  std::vector<PackageRequest> wanted;
  const auto name_of = [](unsigned i) { return "p" + std::to_string(i) + "-1-0.conda"; };
  for (unsigned i = 0; i < 40; ++i) files["/linux-64/" + name_of(i)] = content(1000 * (i % 7), i);
  const LocalServer server(serve_files(files));
  for (unsigned i = 0; i < 40; ++i)
    wanted.push_back(request(files["/linux-64/" + name_of(i)], {server.url()}, name_of(i)));
  Fetching fetching;
  const auto fetched = fetching.fetch(wanted);
  REQUIRE(fetched.size() == 40);
  for (unsigned i = 0; i < 40; ++i) CHECK(bytes_of(fetched[i]) == files["/linux-64/" + name_of(i)]);
  CHECK(server.connections() <= 8);
}

TEST_CASE("package fetch: a local channel is copied, offline too", "[fetch]") {
  const std::string body = content(3'000'000);
  Fetching fetching;
  fetching.dir.write("channel/linux-64/" + file_name, body);
  fetching.settings.offline = true;
  const std::string base = Url::from_path((fetching.dir / "channel").string()).to_string();
  const auto fetched = fetching.fetch({request(body, {base})}).at(0);
  CHECK(fetched.origin == Origin::copied);
  CHECK(bytes_of(fetched) == body);
}

TEST_CASE("package fetch: offline, what no cache has is an error", "[fetch]") {
  Fetching fetching;
  fetching.settings.offline = true;
  CHECK_THAT(fetching.failure({request("x", {"https://127.0.0.1:1/c"})}),
             StartsWith("5: offline, and the cache has no 'numpy-2.1.0-py312_0.conda'") &&
                 Contains("--offline"));
}

TEST_CASE("package fetch: other bytes than the lock's are refused and not kept", "[fetch]") {
  const std::string body = content(50'000);
  const LocalServer server(serve(content(50'000, 2)));
  Fetching fetching;
  CHECK_THAT(fetching.failure({request(body, {server.url()})}),
             StartsWith("6: ") && Contains(sha256_of(body).hex()));
  CHECK(server.requests().size() == 1);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fetching.dir / "cache"))
    CHECK(entry.path().extension() != ".conda");
}

TEST_CASE("package fetch: a wrong length is refused before the body is read", "[fetch]") {
  const std::string body = content(1000);
  const LocalServer server([](const Request&) {
    Answer answer;
    answer.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    answer.body = "<html>log in</html>";
    return answer;
  });
  Fetching fetching;
  CHECK_THAT(
      fetching.failure({request(body, {server.url()})}),
      StartsWith("6: ") && Contains("has 19 bytes, the lock says 1000") && Contains("web page"));
}

TEST_CASE("package fetch: a body longer than the lock says ends there", "[fetch]") {
  const std::string body = content(1000);
  const LocalServer server([&](const Request&) {
    Answer answer;
    answer.body = body;
    answer.endless = true;
    return answer;
  });
  Fetching fetching;
  CHECK_THAT(fetching.failure({request(body, {server.url()})}), StartsWith("6: "));
}

TEST_CASE("package fetch: the lying mirror is named, left out, and the package taken elsewhere",
          "[fetch]") {
  const std::string body = content(50'000);
  const std::string other = content(60'000, 7);
  const LocalServer liar(serve(content(50'000, 2)));
  const LocalServer channel([&](const Request& asked) {
    return file_answer(asked, asked.path.ends_with(file_name) ? body : other);
  });
  Fetching fetching;
  fetching.settings.parallel = 1;
  const auto fetched =
      fetching.fetch({request(body, {liar.url(), channel.url()}),
                      request(other, {liar.url(), channel.url()}, "other-1-0.conda")});
  CHECK(fetched[0].source == channel.url());
  CHECK(bytes_of(fetched[0]) == body);
  CHECK(bytes_of(fetched[1]) == other);
  CHECK(liar.requests().size() == 1);
  REQUIRE(fetching.notices.size() == 1);
  CHECK_THAT(fetching.notices[0],
             StartsWith("'" + liar.url() + "' is not asked again in this run: "));
}

TEST_CASE("package fetch: a channel that lies about one package still serves the others",
          "[fetch]") {
  const std::string body = content(50'000);
  const std::string other = content(6'000, 7);
  const LocalServer mirror([](const Request&) { return status(404); });
  const LocalServer channel([&](const Request& asked) {
    return file_answer(asked, asked.path.ends_with("other-1-0.conda") ? other : content(50'000, 2));
  });
  Fetching fetching;
  fetching.settings.parallel = 1;
  const auto wanted_other = request(other, {mirror.url(), channel.url()}, "other-1-0.conda");
  CHECK_THAT(fetching.failure({request(body, {mirror.url(), channel.url()}, "a-1-0.conda"),
                               request(body + "x", {mirror.url(), channel.url()}, "b-1-0.conda"),
                               request(content(10), {mirror.url(), channel.url()}, "c-1-0.conda"),
                               wanted_other}),
             StartsWith("6: 3 of 4 packages") && Contains(channel.url() + "/linux-64/c-1-0.conda"));
  CHECK(fetching.fetch({wanted_other}).at(0).origin == Origin::cached);
  CHECK(fetching.notices.empty());
}

TEST_CASE("package fetch: a mirror without the file is asked for the next one all the same",
          "[fetch]") {
  const std::string body = content(5000);
  const std::string other = content(6000, 3);
  const LocalServer mirror([&](const Request& asked) {
    return asked.path.ends_with(file_name) ? status(404) : file_answer(asked, other);
  });
  const LocalServer channel(serve(body));
  Fetching fetching;
  fetching.settings.parallel = 1;
  const auto fetched =
      fetching.fetch({request(body, {mirror.url(), channel.url()}),
                      request(other, {mirror.url(), channel.url()}, "other-1-0.conda")});
  CHECK(fetched[0].source == channel.url());
  CHECK(fetched[1].source == mirror.url());
  CHECK(fetching.notices.empty());
}

TEST_CASE("package fetch: a mirror that fails is asked after those that work", "[fetch]") {
  const LocalServer broken([](const Request&) { return status(503); });
  std::map<std::string, std::string> files;
  std::vector<PackageRequest> wanted;
  for (const char* name : {"a-1-0.conda", "b-1-0.conda", "c-1-0.conda"})
    files[std::string("/linux-64/") + name] = content(900, static_cast<unsigned>(name[0]));
  const LocalServer channel(serve_files(files));
  for (const auto& [path, body] : files)
    wanted.push_back(request(body, {broken.url(), channel.url()}, path.substr(10)));
  Fetching fetching;
  fetching.settings.parallel = 1;
  for (const auto& package : fetching.fetch(wanted)) CHECK(package.source == channel.url());
  CHECK(broken.requests().size() == 1);
}

TEST_CASE("package fetch: a mirror that is down is said once, where another one served",
          "[fetch]") {
  const std::string first = content(50'000);
  const std::string second = content(60'000, 7);
  const LocalServer channel(
      serve_files({{"/linux-64/a-1-0.conda", first}, {"/linux-64/b-1-0.conda", second}}));
  const LocalServer mirror([](const Request&) { return status(503); });
  Fetching fetching;
  fetching.settings.parallel = 1;
  fetching.fetch({request(first, {mirror.url(), channel.url()}, "a-1-0.conda"),
                  request(second, {mirror.url(), channel.url()}, "b-1-0.conda")});
  REQUIRE(fetching.notices.size() == 1);
  CHECK_THAT(fetching.notices[0],
             StartsWith("'" + mirror.url() + "' failed, and other sources served: ") &&
                 Contains("HTTP 503"));
}

TEST_CASE("package fetch: one cause of many failures is said once", "[fetch]") {
  Fetching fetching;
  fetching.settings.offline = true;
  const std::string base = "https://127.0.0.1:1/c";
  CHECK_THAT(
      fetching.failure({request("x", {base}), request("y", {base})}),
      StartsWith("5: 2 of 2 packages could not be fetched:\noffline, and the cache has no '" +
                 file_name + "' | "));
}

TEST_CASE("package fetch: what is missing everywhere is a network error that says where",
          "[fetch]") {
  const LocalServer server([](const Request&) { return status(404); });
  Fetching fetching;
  CHECK_THAT(fetching.failure({request("x", {server.url()})}),
             StartsWith("5: ") && Contains("is not there (HTTP 404)") &&
                 Contains("envlock solve --update numpy"));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("package fetch: only what may pass is tried again", "[fetch]") {
  const std::string body = content(5000);
  const auto [code, tries] = GENERATE(table<int, std::size_t>(
      {{400, 1}, {401, 1}, {403, 1}, {404, 1}, {408, 3}, {429, 3}, {500, 3}, {503, 3}}));
  const int answered = code;
  const LocalServer server([answered](const Request&) { return status(answered); });
  Fetching fetching;
  CHECK_THAT(fetching.failure({request(body, {server.url()})}),
             StartsWith("5: ") && Contains("HTTP " + std::to_string(code)));
  CHECK(server.requests().size() == tries);
}

TEST_CASE("package fetch: a broken transfer goes on where it broke off", "[fetch]") {
  const std::string body = content(4'000'000);
  std::size_t asked_before = 0;
  const LocalServer server([&](const Request& asked) {
    Answer answer = file_answer(asked, body, "\"v1\"");
    if (asked_before++ == 0) answer.cut_after = 1'500'000;
    return answer;
  });
  Fetching fetching;
  const auto fetched = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(bytes_of(fetched) == body);
  CHECK(fetched.bytes_fetched == 4'000'000);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("range") == "bytes=1500000-");
  CHECK(server.requests()[1].header("if-range") == "\"v1\"");
}

TEST_CASE("package fetch: a later run goes on where an earlier one ended", "[fetch]") {
  const std::string body = content(4'000'000);
  Fetching fetching;
  fetching.leave_partial(body, "\"v1\"", 1'500'000);
  const LocalServer server(serve(body));
  const auto fetched = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(bytes_of(fetched) == body);
  CHECK(fetched.bytes_fetched == 2'500'000);
  // Another server: its version names mean something else, the hash of the whole decides.
  CHECK(server.requests().at(0).header("range") == "bytes=1500000-");
  CHECK(server.requests().at(0).header("if-range").empty());
}

TEST_CASE("package fetch: where the earlier bytes were wrong, it starts again once", "[fetch]") {
  const std::string body = content(4'000'000);
  Fetching fetching;
  // The earlier server served something of the same length and broke off.
  const std::string lie = content(4'000'000, 9);
  {
    const LocalServer liar([&](const Request& asked) {
      Answer answer = file_answer(asked, lie);
      answer.cut_after = 1'200'000;
      return answer;
    });
    fetching.settings.retry.tries = 1;
    CHECK_THAT(fetching.failure({request(body, {liar.url()})}), StartsWith("5: "));
  }
  const LocalServer server(serve(body));
  const auto fetched = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(bytes_of(fetched) == body);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].header("range").empty());
}

TEST_CASE("package fetch: a server that knows no ranges serves it all again", "[fetch]") {
  const std::string body = content(4'000'000);
  Fetching fetching;
  fetching.leave_partial(body, "\"v1\"", 1'500'000);
  const int code = GENERATE(200, 416);
  const LocalServer server([&](const Request& asked) {
    Request plain = asked;
    plain.headers.erase("range");
    return code == 416 && !asked.header("range").empty() ? status(416) : file_answer(plain, body);
  });
  const auto fetched = fetching.fetch({request(body, {server.url()})}).at(0);
  CHECK(bytes_of(fetched) == body);
  CHECK(fetched.bytes_fetched == 4'000'000);
}

TEST_CASE("package fetch: a range of another file is not taken", "[fetch]") {
  const std::string body = content(4'000'000);
  const std::string lie = GENERATE("bytes 0-3999999/4000000", "bytes 1500000-4999999/5000000",
                                   "bytes 1500001-3999999/4000000", "nonsense");
  Fetching fetching;
  fetching.leave_partial(body, "\"v1\"", 1'500'000);
  const LocalServer server([&](const Request& asked) {
    if (asked.header("range").empty()) return file_answer(asked, body);
    Answer answer;
    answer.status = 206;
    answer.headers = {{"Content-Range", lie}};
    answer.body = body.substr(1'500'000);
    return answer;
  });
  CHECK(bytes_of(fetching.fetch({request(body, {server.url()})}).at(0)) == body);
}

TEST_CASE("package fetch: where several fail the others are kept, and all are named", "[fetch]") {
  const std::string body = content(5000);
  const LocalServer server([&](const Request& asked) {
    if (asked.path.ends_with("bad-1-0.conda")) return file_answer(asked, content(5000, 4));
    return asked.path.ends_with(file_name) ? file_answer(asked, body) : status(404);
  });
  Fetching fetching;
  CHECK_THAT(fetching.failure({request(content(5000, 3), {server.url()}, "gone-1-0.conda"),
                               request(body, {server.url()}),
                               request(content(5000, 5), {server.url()}, "bad-1-0.conda")}),
             StartsWith("6: 2 of 3 packages could not be fetched:\n") &&
                 Contains("gone-1-0.conda") && Contains("bad-1-0.conda"));
  CHECK(fetching.fetch({request(body, {"http://127.0.0.1:1"})}).at(0).origin == Origin::cached);
}

TEST_CASE("package fetch: where nothing answers, not every package is tried", "[fetch]") {
  const LocalServer server([](const Request&) { return status(503); });
  std::vector<PackageRequest> wanted;
  for (unsigned i = 0; i < 100; ++i)
    wanted.push_back(
        request(content(1000, i), {server.url()}, "p" + std::to_string(i) + "-1-0.conda"));
  Fetching fetching;
  CHECK_THAT(fetching.failure(wanted), StartsWith("5: ") && Contains("of 100 packages") &&
                                           Contains("more were not tried after that:"));
  CHECK(server.requests().size() < 60);
}

TEST_CASE("package fetch: progress begins and ends for each package", "[fetch]") {
  struct Listener : ProgressListener {
    std::mutex mutex;
    std::map<std::size_t, std::uint64_t> bytes;
    int open = 0;
    void started(std::size_t, std::string_view) override {
      const std::lock_guard lock(mutex);
      ++open;
    }
    void advanced(std::size_t item, std::uint64_t now, std::optional<std::uint64_t>) override {
      const std::lock_guard lock(mutex);
      bytes[item] = now;
    }
    void finished(std::size_t) override {
      const std::lock_guard lock(mutex);
      --open;
    }
  } listener;
  const std::string body = content(600'000);
  const LocalServer server(serve(body));
  Fetching fetching;
  fetching.fetch({request(body, {server.url()})}, &listener);
  CHECK(listener.open == 0);
  CHECK(listener.bytes == std::map<std::size_t, std::uint64_t>{{0, 600'000}});
}

TEST_CASE("source health: fewer failures in a row first, then the order given", "[fetch]") {
  SourceHealth health;
  const std::vector<std::string> bases{"a", "b", "c"};
  using Order = std::vector<std::size_t>;
  CHECK(health.order(bases) == Order{0, 1, 2});
  health.failed("a");
  CHECK(health.order(bases) == Order{1, 2, 0});
  health.failed("b");
  health.failed("b");
  CHECK(health.order(bases) == Order{2, 0, 1});
  health.succeeded("b");
  CHECK(health.order(bases) == Order{1, 2, 0});
  CHECK(health.exclude("b"));
  CHECK_FALSE(health.exclude("b"));
  health.succeeded("b");
  CHECK(health.order(bases) == Order{2, 0});
}

}  // namespace envlock::test
