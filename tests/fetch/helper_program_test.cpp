#include "fetch/helper_program.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace {

/// A shell script as a helper.
struct Script {
  explicit Script(const std::string& body) {
    const auto file = dir.write("helper", "#!/bin/sh\n" + body);
    ::chmod(file.c_str(), 0700);
    run.words = {file.string(), "--flag"};
    run.home = dir.path().string();
  }
  std::string output(const std::string& input = "host=h\n\n") {
    return std::string(run_helper(run, "get", input, {}).reveal());
  }
  std::string failure() {
    try {
      (void)output();
    } catch (const TrustError& error) {
      return error.what();
    }
    return "none";
  }
  TempDir dir;
  HelperRun run;
};

}  // namespace

TEST_CASE("helper program: gets its arguments, the action and the question", "[fetch]") {
  Script script("echo \"$@\"\ncat\n");
  CHECK(script.output() == "--flag get\nhost=h\n\n");
}

TEST_CASE("helper program: sees no variable of ours", "[fetch]") {
  ::setenv("ENVLOCK_TEST_CANARY", "tk-canary", 1);
  Script script("/usr/bin/env\n");
  const std::string seen = script.output();
  ::unsetenv("ENVLOCK_TEST_CANARY");
  CHECK_THAT(seen, !Catch::Contains("canary"));
  CHECK_THAT(seen, Catch::Contains("HOME=" + script.run.home) && Catch::Contains("PATH="));
}

TEST_CASE("helper program: one that does not read its question is no fault", "[fetch]") {
  CHECK(Script("exec 0<&-\necho password=x\n").output() == "password=x\n");
}

TEST_CASE("helper program: failing, ending by a signal and a missing program are told apart",
          "[fetch]") {
  CHECK_THAT(Script("echo tk-canary >&2; exit 3\n").failure(),
             Catch::Contains("failed with status 3") && !Catch::Contains("canary"));
  CHECK_THAT(Script("kill -9 $$\n").failure(), Catch::Contains("ended by signal 9"));
  Script gone("");
  gone.run.words = {"/nonexistent/helper"};
  CHECK_THAT(gone.failure(), Catch::Contains("cannot run"));
}

TEST_CASE("helper program: too long an answer or wait ends it", "[fetch]") {
  CHECK_THAT(Script("head -c 70000 /dev/zero\n").failure(), Catch::Contains("more than 64 KiB"));
  Script slow("sleep 60 & sleep 60\n");
  slow.run.patience = std::chrono::milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  CHECK_THAT(slow.failure(), Catch::Contains("did not answer"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("helper program: a requested stop ends the wait", "[fetch]") {
  Script slow("sleep 60\n");
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(run_helper(slow.run, "get", "", stop.get_token()), Interrupted);
}

}  // namespace envlock::test
