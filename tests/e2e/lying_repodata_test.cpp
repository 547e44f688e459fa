// Every lie of a channel about its packages (J01 to J13 of the catalogue of hostile input), told to
// the built program over HTTP. J09's bombs are in tests/fetch/repodata_failure_test.cpp, where the
// limit can be small; what each parser refuses in all its forms in tests/solver/repodata_test.cpp.

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {

using Catch::Contains;

namespace {

/// A project that asks for `tool`, and a server whose linux-64 says what the test wants.
class LyingChannel {
 public:
  LyingChannel() : server_([this](const LocalServer::Request& request) { return serve(request); }) {
    work_.write("environment.yml",
                "channels: [" + server_.url() + "]\nplatforms: [linux-64]\ndependencies: [tool]\n");
  }
  /// Solves against this repodata. Requires that a refusal leaves no lock and no index behind.
  [[nodiscard]] Outcome solve(const std::string& repodata,
                              const std::vector<std::string>& more = {}) {
    repodata_ = repodata;
    std::filesystem::remove(work_.project() / "envlock.lock");
    std::vector<std::string> args = {"solve", "-v"};
    args.insert(args.end(), more.begin(), more.end());
    Outcome outcome = work_.run(args);
    UNSCOPED_INFO(outcome.err);
    CHECK(work_.exists("envlock.lock") == (outcome.exit == 0));
    return outcome;
  }
  /// The exit code where a record of `tool` has these fields beside a good one's.
  [[nodiscard]] int exit_with(const std::string& fields) {
    return solve(R"({"packages.conda":{"tool-1.0-0.conda":{)" + good_fields + "," + fields + "}}}")
        .exit;
  }
  [[nodiscard]] const Workspace& work() const noexcept { return work_; }
  [[nodiscard]] std::string url() const { return server_.url(); }

  /// name, version, build, build_number and sha256.
  inline static const std::string good_fields =
      R"("name":"tool","version":"1.0","build":"0","build_number":0,"sha256":")" +
      std::string(64, 'a') + "\"";

 private:
  LocalServer::Answer serve(const LocalServer::Request& request) const {
    if (request.path == "/linux-64/repodata.json") return file_answer(request, repodata_);
    if (request.path == "/noarch/repodata.json") return file_answer(request, "{}");
    return {.status = 404};
  }
  std::string repodata_;
  Workspace work_;
  LocalServer server_;
};

constexpr int malformed = 3;
constexpr int untrusted = 6;

std::string record(const std::string& key, const std::string& fields) {
  return "{\"packages.conda\":{\"" + key + "\":{" + fields + "}}}";
}

}  // namespace

TEST_CASE("lying repodata: without a lie it is solved", "[e2e]") {
  LyingChannel channel;
  CHECK(channel.exit_with(R"("size":12)") == 0);
}

TEST_CASE("lying repodata J01: nesting without end is refused", "[e2e]") {
  LyingChannel channel;
  CHECK(channel.solve("{\"x\":" + std::string(100'000, '[')).exit == untrusted);
  CHECK(channel.exit_with("\"x\":" + std::string(100'000, '[')) == untrusted);
  CHECK(channel.exit_with("\"x\":" + std::string(65, '[') + std::string(65, ']')) == untrusted);
}

TEST_CASE("lying repodata J02: a key given twice is refused", "[e2e]") {
  LyingChannel channel;
  CHECK(channel.exit_with(R"("sha256":")" + std::string(64, 'b') + "\"") == malformed);
  CHECK(channel.exit_with(R"("n\u0061me":"other")") == malformed);
  const std::string one = R"("tool-1.0-0.conda":{)" + LyingChannel::good_fields + "}";
  CHECK(channel.solve("{\"packages.conda\":{" + one + "," + one + "}}").exit == malformed);
  CHECK(channel.solve("{\"packages\":{" + one + "},\"packages\":{}}").exit == malformed);
}

TEST_CASE("lying repodata J03: numbers that are none are refused", "[e2e]") {
  LyingChannel channel;
  for (const std::string size :
       {"1e400", "18446744073709551616", "-0", "-1", "1.0", "\"12\"", "1e3"})
    CHECK(channel.exit_with("\"size\":" + size) == malformed);
  CHECK(channel.exit_with(R"("timestamp":9223372036854775808)") == malformed);
  // Digits in a text occur in old channels, in two fields (design section 12).
  CHECK(channel.exit_with(R"("timestamp":"1700000000000")") == 0);
}

TEST_CASE("lying repodata J04: text that is no UTF-8 is refused, a NUL drops its record", "[e2e]") {
  LyingChannel channel;
  CHECK(channel.exit_with("\"license\":\"\xff\"") == malformed);
  CHECK(channel.exit_with(R"("license":"\ud800")") == malformed);
  CHECK(channel.solve("\xef\xbb\xbf{}").exit == malformed);
  CHECK(channel.exit_with(R"("license":"\u0000")") == 4);  // no tool is left
}

TEST_CASE("lying repodata J05: what is not JSON is refused", "[e2e]") {
  LyingChannel channel;
  for (const std::string value : {"NaN", "Infinity", "1 // comment", "[1,]", "'x'", "01", "+1"})
    CHECK(channel.exit_with("\"x\":" + value) == malformed);
  CHECK(channel.solve("{} {}").exit == malformed);
  CHECK(channel.solve("{}x").exit == malformed);
  CHECK(channel.solve("{\"packages\":{").exit == malformed);
}

TEST_CASE("lying repodata J06: a key that is no file name is dropped and told", "[e2e]") {
  LyingChannel channel;
  for (const std::string key : {"../../tool-1.0-0.conda", "x/tool-1.0-0.conda", "tool-1.0-0.conda/",
                                "TOOL-1.0-0.CONDA", "/etc/tool-1.0-0.conda", ".conda"}) {
    const Outcome outcome = channel.solve(record(key, LyingChannel::good_fields));
    CHECK(outcome.exit == 4);
    CHECK_THAT(outcome.err, Contains("linux-64"));
  }
  // A key that is only unlike the record's fields names the file and nothing else.
  REQUIRE(channel.solve(record("odd-9-9.conda", LyingChannel::good_fields)).exit == 0);
  CHECK_THAT(channel.work().lock(),
             Contains("\"url\": \"" + channel.url() + "/linux-64/odd-9-9.conda\""));
  CHECK(channel.work().locked("tool") == "1.0 0");
}

TEST_CASE("lying repodata J07: a base_url may not lead just anywhere", "[e2e]") {
  LyingChannel channel;
  const auto exit_with_base = [&](const std::string& base) {
    return channel
        .solve(R"({"info":{"base_url":")" + base +
               R"("},"repodata_version":2,"packages.conda":{"tool-1.0-0.conda":{)" +
               LyingChannel::good_fields + "}}}")
        .exit;
  };
  CHECK(exit_with_base("http://192.0.2.1/pool/") == untrusted);
  CHECK(exit_with_base("file:///etc/") == untrusted);
  CHECK(exit_with_base("ftp://host.example/pool/") == malformed);
  CHECK(exit_with_base("https://user:canary@host.example/pool/") == untrusted);
  CHECK(exit_with_base("https://host.example/t/canary-token/pool/") == untrusted);
  CHECK(exit_with_base("/t/canary-token/pool/") == untrusted);
  CHECK(exit_with_base("https://host.example/pool/") == 0);  // nobody limits the hosts
  channel.work().write("envlock.yml", "channels:\n  lying: '" + channel.url() + "'\n");
  CHECK(exit_with_base("https://host.example/pool/") == untrusted);
  CHECK(exit_with_base("../pool/") == 0);
}

TEST_CASE("lying repodata J08: lists, texts and versions without end are refused", "[e2e]") {
  LyingChannel channel;
  std::string list = "\"depends\":[\"x\"";
  for (int i = 0; i < 10'000; ++i) list += ",\"x\"";
  CHECK(channel.exit_with(list + "]") == untrusted);
  CHECK(channel.exit_with(R"("license":")" + std::string(70'000, 'x') + "\"") == untrusted);
  CHECK(channel.solve("{" + std::string(std::size_t{6} << 20U, ' ') + "\"x\":1}").exit ==
        untrusted);
  std::string version = R"("name":"tool","version":")" + std::string(1'000'000, '1') +
                        R"(","build":"0","build_number":0)";
  CHECK(channel.solve(record("tool-1-0.conda", version)).exit == untrusted);
}

TEST_CASE("lying repodata J10: circles and crowds of dependencies are solved in time", "[e2e]") {
  LyingChannel channel;
  const auto begun = std::chrono::steady_clock::now();
  RepodataBuilder circle("linux-64");
  circle.add(PackageBuilder("tool").depends({"tool", "other"}))
      .add(PackageBuilder("other").depends({"tool"}));
  CHECK(channel.solve(circle.json()).exit == 0);

  constexpr int crowd = 100'000;
  std::string records =
      R"("tool-1.0-0.conda":{)" + LyingChannel::good_fields + R"(,"depends":["crowd"]})";
  for (int i = 0; i < crowd; ++i) {
    const std::string version = std::to_string(i);
    records += ",\"crowd-" + version + R"(-0.conda":{"name":"crowd","version":")" + version +
               R"(","build":"0","build_number":0,"depends":["tool"],"sha256":")" +
               std::string(64, 'c') + "\"}";
  }
  CHECK(channel.solve("{\"packages.conda\":{" + records + "}}").exit == 0);
  CHECK(channel.work().locked("crowd") == "99999 0");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(60));
}

TEST_CASE("lying repodata J11: a pattern cannot blow up", "[e2e]") {
  LyingChannel channel;
  const std::string name(60, 'a');
  std::string glob = "a";
  for (int i = 0; i < 30; ++i) glob += "*a";
  RepodataBuilder repodata("linux-64");
  repodata.add(PackageBuilder("tool").depends({name + " ^(1+)+$", name + " * " + glob + "b"}))
      .add(PackageBuilder("tool").version("0.9"))
      .add(PackageBuilder(name).version(std::string(60, '1') + "a").build(name));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(channel.solve(repodata.json()).exit == 0);
  CHECK(channel.work().locked("tool") == "0.9 0");
  const Outcome found = channel.work().run({"search", "^(a+)+b$", "-c", channel.url()});
  CHECK(found.exit == 0);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

TEST_CASE("lying repodata J12: a version that is none drops its record, and is told", "[e2e]") {
  LyingChannel channel;
  for (const std::string& version :
       {std::string("1!!1"), std::string("1!2!3"), std::string(10'000, '.')}) {
    const Outcome outcome =
        channel.solve(R"({"packages.conda":{"tool-1.0-0.conda":{)" + LyingChannel::good_fields +
                      R"(},"tool-9-0.conda":{"name":"tool","version":")" + version +
                      R"(","build":"0","build_number":0}}})");
    CHECK(outcome.exit == 0);
    CHECK(channel.work().locked("tool") == "1.0 0");
    CHECK_THAT(outcome.err, Contains("version"));
  }
  // An epoch of 10^30 is a number like another: it must only not overflow.
  const Outcome large = channel.solve(
      record("tool-9-0.conda", R"("name":"tool","version":"1)" + std::string(30, '0') +
                                   R"(!1","build":"0","build_number":0,"sha256":")" +
                                   std::string(64, 'a') + "\""));
  CHECK((large.exit == 0 || large.exit == 4));
}

TEST_CASE("lying repodata J13: signatures of a wrong form are refused, orphans told", "[e2e]") {
  LyingChannel channel;
  const std::string records =
      R"("packages.conda":{"tool-1.0-0.conda":{)" + LyingChannel::good_fields + "}}";
  for (const std::string value : {"[]", "null", "7", "\"x\"", R"({"tool-1.0-0.conda":null})"})
    CHECK(channel.solve("{" + records + ",\"signatures\":" + value + "}").exit == untrusted);
  const Outcome orphan = channel.solve("{" + records + R"(,"signatures":{"gone-1-0.conda":{}}})");
  CHECK(orphan.exit == 0);
  CHECK_THAT(orphan.err, Contains("missing that have signatures"));
}

}  // namespace envlock::test
