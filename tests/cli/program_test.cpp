// What only the built program can show: standard streams that are closed, full or nobody's.
#include <catch2/catch.hpp>

#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

/// Runs a shell line with the program as $ENVLOCK.
Outcome shell(const TempDir& dir, const std::string& line) {
  return run_program("/bin/sh", {"-c", line},
                     {.cwd = dir.path(), .env = {{"ENVLOCK", envlock_program()}}});
}

}  // namespace

TEST_CASE("program: --version says the version and nothing else") {
  const TempDir dir;
  const Outcome outcome = run_envlock({"--version"}, {.cwd = dir.path()});
  CHECK(outcome.exit == 0);
  CHECK(outcome.out == "envlock 0.1.0\n");
  CHECK(outcome.err.empty());
}

TEST_CASE("program: a full disk behind standard output is exit 7 and said") {
  const TempDir dir;
  const Outcome outcome = shell(dir, "\"$ENVLOCK\" --help > /dev/full");
  CHECK(outcome.exit == 7);
  CHECK(outcome.err ==
        "envlock: error: cannot write to standard output: No space left on device\n");
}

TEST_CASE("program: a reader that went away is exit 7 without a word, not death by SIGPIPE") {
  const TempDir dir;
  const Outcome outcome =
      shell(dir, "(sleep 0.3; \"$ENVLOCK\" --help; echo \"exit $?\" >&2) | :; sleep 1");
  CHECK(outcome.err == "exit 7\n");
}

TEST_CASE("program: a closed standard output is exit 7, and no file gets its number") {
  const TempDir dir;
  const Outcome outcome = shell(dir, "\"$ENVLOCK\" --help >&-");
  CHECK(outcome.exit == 7);
  CHECK_THAT(outcome.err, Catch::Contains("cannot write to standard output"));
}

TEST_CASE("program: a closed standard error changes no exit code") {
  const TempDir dir;
  CHECK(shell(dir, "\"$ENVLOCK\" --nonsense 2>&-").exit == 2);
}

TEST_CASE("program: without arguments it says what to do, exit 2") {
  const TempDir dir;
  const Outcome outcome = run_envlock({}, {.cwd = dir.path()});
  CHECK(outcome.exit == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains("no command is given"));
}

TEST_CASE("program: it starts with an empty environment") {
  const TempDir dir;
  CHECK(shell(dir, "env -i \"$ENVLOCK\" --version").out == "envlock 0.1.0\n");
}

}  // namespace envlock::test
