#include "cli/progress_display.hpp"

#include <catch2/catch.hpp>

#include "tests/cli/run_in_process.hpp"

namespace envlock::test {
namespace {

using std::chrono::milliseconds;

struct Stage {
  StringSink out, err;
  Console console;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  explicit Stage(bool progress) : console(out, err, {.progress = progress, .width = 60}) {}
  [[nodiscard]] ProgressDisplay::SteadyClock clock() {
    return [this] { return now; };
  }
  std::string take() { return std::exchange(err.text, {}); }
};

}  // namespace

TEST_CASE("progress: bytes of all transfers are summed, redrawn at most every 100 ms") {
  Stage stage(true);
  ProgressDisplay display(stage.console, stage.clock());
  display.started(1, "https://example.org/linux-64");
  CHECK(stage.take() == "\r\x1b[Kfetching 1 of 1: 0 B  https://example.org/linux-64");
  stage.now += milliseconds(99);
  display.advanced(1, 500'000, 2'000'000);
  CHECK(stage.take().empty());
  stage.now += milliseconds(1);
  display.advanced(1, 1'000'000, 2'000'000);
  CHECK(stage.take() == "\r\x1b[Kfetching 1 of 1: 1.0 MB of 2.0 MB  https://example.org/l...");
  display.finished(1);
  CHECK(stage.take() == "\r\x1b[K");
}

TEST_CASE("progress: a line of output takes the progress line away and puts it back below") {
  Stage stage(true);
  ProgressDisplay display(stage.console, stage.clock());
  display.phase("solving");
  stage.take();
  stage.console.note("hello");
  CHECK(stage.take() == "\r\x1b[Kenvlock: note: hello\nsolving");
}

TEST_CASE("progress: nothing is drawn where there is no place for it") {
  Stage stage(false);
  {
    ProgressDisplay display(stage.console, stage.clock());
    display.phase("solving");
    display.started(1, "x");
    display.finished(1);
  }
  CHECK(stage.err.text.empty());
}

TEST_CASE("progress: the line is gone with the display") {
  Stage stage(true);
  {
    ProgressDisplay display(stage.console, stage.clock());
    display.phase("solving");
    stage.take();
  }
  CHECK(stage.take() == "\r\x1b[K");
}

}  // namespace envlock::test
