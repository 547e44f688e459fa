// What is said of `pip:` lists: labels, reasons, refusals.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/pip_work.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/wheel_builder.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Texts = std::vector<std::string>;

/// Two private indexes on one server, whose wheels lie in their folders.
LocalServer::Answer two_indexes(const LocalServer::Request& request) {
  for (const std::string place : {"a", "b"}) {
    const TestWheel tool = wheel("tool-" + place, "1.0");
    const std::string file = '/' + place + "/files/" + tool.file_name();
    const bool is_page = request.path == "/" + place + "/simple/tool-" + place + '/';
    if (!is_page && request.path != file) continue;
    if (request.header("authorization") != "Bearer canary-" + place) return {.status = 401};
    if (!is_page) return {.body = tool.bytes()};
    return {.body = "<a href='" + file + "#sha256=" + sha256_of(tool.bytes()).hex() + "'>" +
                    tool.file_name() + "</a>",
            .headers = {{"Content-Type", "text/html"}}};
  }
  return {.status = 404};
}

}  // namespace

TEST_CASE("pip: why names the reasons that hold, however the project is spelt", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  TestWheel tool = wheel("My_Tool", "2.0",
                         {"helper>=1; extra == 'fast'", "helper>=9; sys_platform == 'win32'",
                          "numpy>=1; extra == 'never'"});
  tool.extras = {"fast", "never"};
  env.index.add(tool).add(wheel("helper", "1.5"));
  env.work.write("more/dev.txt", "My.Tool[fast] >=1\n");
  env.ask({"-r more/dev.txt"});
  env.solve();
  const Outcome outcome = env.run({"why", "my_tool"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out,
             Contains("my-tool 2.0 (127.0.0.1:") && Contains("(more/dev.txt: My.Tool[fast] >=1)"));
  const Json helper = env.work.json({"why", "Helper"})["result"];
  REQUIRE(helper["needed_by"].size() == 1);
  CHECK(helper["needed_by"][0]["spec"] == "helper>=1; extra == 'fast'");
  CHECK(env.work.json({"why", "numpy"})["result"]["needed_by"].empty());
}

TEST_CASE("pip: where a package comes from is told as it is", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const TestWheel built = wheel("built", "3.0");
  env.work.write(built.file_name(), built.bytes());
  env.work.write("tool/pyproject.toml", "[project]\nname = \"mine\"\nversion = \"0.1\"\n");
  env.index.add(wheel("helper", "1.5"));
  env.ask({"helper"});
  env.solve();
  env.work.write("before.lock", env.work.lock());
  env.ask({"helper", "./" + built.file_name(), "./tool"});
  const Outcome solved = env.run();
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  CHECK_THAT(solved.out, Contains("by pip: 1 package from 127.0.0.1:") &&
                             Contains(", 1 local project, 1 local wheel, 2 packages moved"));
  CHECK_THAT(env.run({"why", "built"}).out, Contains("built 3.0 (local wheel, "));
  CHECK_THAT(env.run({"why", "mine"}).out, Contains("mine 0.1 (local project, "));
  const std::string diff = env.run({"diff", "before.lock", "envlock.lock"}).out;
  CHECK_THAT(diff, Contains("local wheel") && Contains("local project"));
}

TEST_CASE("pip: a digest without a version is refused with the line to write", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const TestWheel old = wheel("tool", "1.0");
  const TestWheel latest = wheel("tool", "2.0");
  env.index.add(old).add(latest);
  const std::string digest = sha256_of(old.bytes()).hex();
  env.ask({"tool >=1; python_version >= '3' --hash=sha256:" + digest});
  CHECK_THAT(env.refused(3), Contains("environment.yml:9: 'tool' has '--hash' and no version") &&
                                 Contains("write: - tool ==1.0 ; python_version >= '3' "
                                          "--hash=sha256:" +
                                          digest));
  env.ask({"tool --hash=sha256:" + std::string(64, '0')});
  const std::string other = env.refused(6);
  CHECK_THAT(other,
             Contains("environment.yml:9: 'tool 2.0', which pip chose for 'tool', has none"));
  // Whoever replaced the file would have the user write its digest down.
  CHECK(other.find(sha256_of(latest.bytes()).hex()) == std::string::npos);
  CHECK(other.find("write:") == std::string::npos);
  env.ask({"tool --hash=sha256:" + sha256_of(latest.bytes()).hex()});
  CHECK_THAT(env.refused(3), Contains("write: - tool ==2.0 --hash=sha256:"));
  env.ask({"tool ==1.0 --hash=sha256:" + digest});
  env.solve();
  CHECK(env.locked() == Texts{"tool 1.0"});
}

TEST_CASE("pip: what is wrong with a wheel on disk is found when it is locked", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const std::string name = "tool-1.0-py3-none-any.whl";
  const auto refusal = [&](const std::string& bytes) {
    env.work.write(name, bytes);
    env.ask({"./" + name});
    return env.refused(6);
  };
  CHECK_THAT(refusal("no zip"), Contains("environment.yml:9") && Contains("zip file"));
  CHECK_THAT(refusal(WheelBuilder("tool")
                         .file("tool.py", "x = 1\n")
                         .record([](std::string text) {
                           return text.replace(text.find("sha256=") + 7, 1,
                                               text[text.find("sha256=") + 7] == 'A' ? "B" : "A");
                         })
                         .build()),
             Contains("environment.yml:9") && Contains("its RECORD says"));
  CHECK_THAT(refusal(WheelBuilder("other").build()), Contains("environment.yml:9"));
  env.ask({"./nosuch"});
  CHECK_THAT(env.refused(3), Contains("environment.yml:9: there is no folder './nosuch'"));
  env.ask({"./nosuch-1.0-py3-none-any.whl"});
  CHECK_THAT(env.refused(3), Contains("environment.yml:9: there is no wheel './nosuch-1.0-"));
}

TEST_CASE("pip: a conflict is told without pip's advice, and with the latest versions", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  for (int i = 1; i <= 15; ++i) env.index.add(wheel("Zope_Part", "1." + std::to_string(i)));
  env.index.add(wheel("user", "1", {"Zope.Part>1.3"}));
  env.ask({"zope.part <1.2", "user"});
  const std::string conflict = env.refused(4);
  CHECK_THAT(conflict, Contains("environment.yml:") && Contains("(environment.yml:10)"));
  for (const char* noise : {"To fix this", "loosen", "conda provides 'pip'", "wheels of"})
    CHECK(conflict.find(noise) == std::string::npos);
  env.ask({"zope.part ==9"});
  CHECK_THAT(env.refused(4), Contains("environment.yml:9") &&
                                 Contains("(from versions: ..., 1.6, 1.7,") && Contains("1.15)"));
}

TEST_CASE("pip: an index without digests is warned of, one that is down is no channel", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel, WheelIndex::Form::html);
  env.index.add(wheel("tool", "1.0"));
  env.index.forget_digests();
  env.ask({"tool"});
  const Outcome outcome = env.run();
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("the index 'mine' tells no sha256 of 'tool-1.0-"));
  env.ask({"tool --hash=sha256:" + sha256_of(wheel("tool", "1.0").bytes()).hex()});
  CHECK_THAT(env.refused(3), Contains("write: - tool ==1.0 --hash=sha256:"));
  env.ask({"tool"});
  env.work.write("envlock.yml",
                 "virtual_packages: {linux-64: [__glibc=2.36]}\npypi: {indexes: "
                 "{mine: \"http://127.0.0.1:9/simple\"}}\n");
  const std::string down = env.refused(5, {"solve", "--update-all"});
  CHECK_THAT(down, Contains("the index's URL"));
  CHECK(down.find("channel's URL") == std::string::npos);
}

TEST_CASE("pip: each of two private indexes on one server gets its own credential", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const LocalServer server(two_indexes);
  std::string indexes;
  for (const std::string place : {"a", "b"})
    indexes += "    " + place + ": {url: \"" + server.url("/" + place + "/simple") +
               "\", packages: [tool-" + place +
               "], private: true, credentials: {as: bearer, env: " + "TOKEN_" + place + "}}\n";
  env.project_file(indexes);
  env.ask({"tool-a", "tool-b"});
  const auto options = env.work.options({{"TOKEN_a", "canary-a"}, {"TOKEN_b", "canary-b"}});
  const Outcome solved = run_envlock({"solve"}, options);
  INFO(solved.err);
  REQUIRE(solved.exit == 0);
  CHECK(env.locked() == Texts{"tool-a 1.0", "tool-b 1.0"});
  const Outcome fetched = run_envlock({"fetch"}, options);
  INFO(fetched.err);
  CHECK(fetched.exit == 0);
}

TEST_CASE("pip: a URL in a line or in a lock gets no credential of another place of its server",
          "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  const TestWheel tool = wheel("tool", "1.0");
  std::atomic<int> asked = 0, told = 0;
  const LocalServer server([&](const LocalServer::Request& request) -> LocalServer::Answer {
    ++asked;
    if (!request.header("authorization").empty()) ++told;
    if (request.path != "/other-tenant/" + tool.file_name()) return {.status = 404};
    return {.body = tool.bytes()};
  });
  // The only private place there is, and even the index of the project.
  env.project_file("    acme: {url: \"" + server.url("/acme/simple") +
                   "\", packages: [tool], private: true, credentials: {as: bearer, env: "
                   "TOKEN_a}}\n");
  env.ask({"tool @ " + server.url("/other-tenant/" + tool.file_name())});
  const auto options = env.work.options({{"TOKEN_a", "canary-a"}});
  for (const std::string command : {"solve", "fetch"}) {
    const int before = asked;
    const Outcome outcome = run_envlock({command}, options);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(asked > before);
  }
  CHECK(told == 0);
}

TEST_CASE("pip: a terminal is told that pip runs, and nothing else is", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("tool", "1.0"));
  env.ask({"tool"});
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const std::string name = ::ptsname(terminal);
  const int other_end = ::open(name.c_str(), O_RDWR | O_NOCTTY);
  std::string shown;
  std::jthread reader([&] {
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t got = ::read(terminal, bytes.data(), bytes.size());
      if (got <= 0) return;
      shown.append(bytes.data(), static_cast<std::size_t>(got));
    }
  });
  const Outcome outcome =
      run_program("/bin/sh", {"-c", "exec '" + envlock_program() + "' solve 2>" + name},
                  env.work.options({{"TERM", "xterm"}}));
  ::close(other_end);
  reader.join();
  ::close(terminal);
  CHECK(outcome.exit == 0);
  CHECK_THAT(shown, Contains("pip resolves 'pip:' for linux-64"));
  const Outcome again = env.run({"solve", "--update-all"});
  CHECK((again.out + again.err).find("pip resolves") == std::string::npos);
}

TEST_CASE("pip: the command that renews a lock has the --exclude-newer of the check", "[e2e]") {
  const auto channel = runnable_channel();
  if (!channel) return;
  PipWork env(*channel);
  env.index.add(wheel("tool", "1.0"));
  env.ask({"tool"});
  env.solve();
  const Outcome check = env.run({"solve", "--check", "--exclude-newer", "2099-01-01"});
  CHECK(check.exit == 1);
  CHECK_THAT(check.err, Contains("envlock solve --exclude-newer 2099-01-01"));
}

}  // namespace envlock::test
