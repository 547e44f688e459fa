// What the cache promises when a process is killed, the disk is full, bytes rot, or two processes
// want the same.

#include <csignal>
#include <cstdlib>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "fetch/package_store.hpp"
#include "tests/fetch/package_files.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::steady_clock;

namespace {

constexpr unsigned packages = 12;

std::vector<std::string> trial(const fs::path& cache, const std::string& fault = "") {
  std::vector<std::string> args{cache.string(), std::to_string(packages)};
  if (!fault.empty()) args.push_back(fault);
  return args;
}

Outcome run_trial(const TempDir& dir, const std::string& fault = "") {
  return run_program(ENVLOCK_STORE_TRIAL, trial(dir / "cache", fault), {.cwd = dir.path()});
}

/// All packages with the seals of all but the small ones, and nothing else.
void check_whole(const TempDir& dir) {
  CHECK(check_final_names(dir / "cache") == packages);
  constexpr auto small = (packages + 1) / 3;  // see store_trial_main.cpp
  CHECK(std::distance(fs::directory_iterator(dir / "cache/packages"), {}) == 2 * packages - small);
}

int kills() {
  const char* const wanted = std::getenv("ENVLOCK_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 20 : std::atoi(wanted);
}

}  // namespace

TEST_CASE(
    "package faults: killed at any moment, all that has a name is whole, and the next run "
    "completes",
    "[fetch]") {
  const TempDir dir;
  const auto begun = steady_clock::now();
  REQUIRE(run_trial(dir).exit == 0);
  const auto whole_run =
      std::chrono::duration_cast<microseconds>(steady_clock::now() - begun).count();
  std::mt19937 random(4711);
  std::uniform_int_distribution<std::int64_t> moment(0, whole_run);
  fs::remove_all(dir / "cache");
  for (int n = 0; n < kills(); ++n) {
    Process process(ENVLOCK_STORE_TRIAL, trial(dir / "cache"), {.cwd = dir.path()});
    std::this_thread::sleep_for(microseconds(moment(random)));
    process.signal(SIGKILL);
    process.wait();
    if (fs::exists(dir / "cache/packages")) check_final_names(dir / "cache");
    // From time to time to the end and from the start again, so that each stage is met.
    if (n % 4 != 3) continue;
    REQUIRE(run_trial(dir).exit == 0);
    check_whole(dir);
    fs::remove_all(dir / "cache");
  }
  REQUIRE(run_trial(dir).exit == 0);
  check_whole(dir);
}

TEST_CASE("package faults: a write that fails at any place leaves no wrong file", "[fetch]") {
  const TempDir dir;
  // Within seals and origins, small packages, and at pieces of large ones.
  for (const std::size_t limit : {0U, 1U, 50U, 120U, 5000U, 16384U, 16385U, 20'003U, 1'000'000U,
                                  1'048'576U, 1'048'577U, 1'299'999U, 1'300'001U}) {
    const Outcome outcome = run_trial(dir, "file-limit=" + std::to_string(limit));
    CAPTURE(limit, outcome.err);
    CHECK(outcome.exit == 7);
    // Below that, not even the message gets into the file that it goes to.
    if (limit >= 50) CHECK(outcome.err.find("cannot write") != std::string::npos);
    check_final_names(dir / "cache");
  }
  REQUIRE(run_trial(dir).exit == 0);
  check_whole(dir);
}

TEST_CASE("package faults: a full disk leaves no wrong file", "[fetch]") {
  for (const std::size_t kib : {64U, 100U, 1000U, 1400U, 2000U, 3000U}) {
    const TempDir dir;
    fs::create_directory(dir / "cache");
    const Outcome outcome = run_trial(dir, "disk=" + std::to_string(kib * 1024));
    if (outcome.exit == 77) {
      WARN("SKIPPED: needs root to mount a small disk");
      return;
    }
    CAPTURE(kib, outcome.err);
    CHECK(outcome.exit == 7);
    CHECK(outcome.err.find("No space left on device") != std::string::npos);
    CHECK_FALSE(outcome.out.empty());  // it looked at what was there
  }
}

TEST_CASE("package faults: several processes at once download each package once", "[fetch]") {
  const TempDir dir;
  constexpr int processes = 4;
  std::vector<std::unique_ptr<Process>> all;
  for (int n = 0; n < processes; ++n)
    all.push_back(std::make_unique<Process>(ENVLOCK_STORE_TRIAL, trial(dir / "cache"),
                                            RunOptions{.cwd = dir.path()}));
  unsigned written = 0;
  for (const auto& process : all) {
    const Outcome outcome = process->wait();
    CAPTURE(outcome.err);
    REQUIRE(outcome.exit == 0);
    written += static_cast<unsigned>(std::stoul(outcome.out));
  }
  CHECK(written == packages);
  check_whole(dir);
}

TEST_CASE("package faults: cut at any length, a package is not used", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(700);
  for (const std::uint64_t size_known : {std::uint64_t{0}, std::uint64_t{700}}) {
    WantedPackage wanted = wanted_of(bytes);
    wanted.size_bytes = size_known;
    const fs::path file = cached_file(dir / "cache", wanted);
    std::size_t used = 0;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      dir.write("cache/packages/" + file.filename().string(), bytes.substr(0, length));
      if (store.find(wanted)) ++used;
      if (fs::exists(file)) ++used;
    }
    CHECK(used == 0);
    CHECK(store.take_notices().size() == bytes.size());
  }
}

TEST_CASE("package faults: with any bit flipped, a package is not used", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(4096);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = cached_file(dir / "cache", wanted);
  std::mt19937 random(4712);
  std::size_t used = 0;
  for (int n = 0; n < 1000; ++n) {
    std::string flipped = bytes;
    const std::size_t place = random() % bytes.size();
    flipped[place] = static_cast<char>(flipped[place] ^ (1 << (random() % 8)));
    dir.write("cache/packages/" + file.filename().string(), flipped);
    if (store.find(wanted)) ++used;
  }
  CHECK(used == 0);
  dir.write("cache/packages/" + file.filename().string(), bytes);
  CHECK(store.find(wanted));
}

TEST_CASE("package faults: cut at any length, a partial is gone on with to the right bytes",
          "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(1'200'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = cached_file(dir / "cache", wanted);
  std::mt19937 random(4713);
  for (int n = 0; n < 60; ++n) {
    {
      PackageWriter writer = writer_of(store, wanted);
      writer.start("u", "\"v\"", 0);
      writer.write(bytes_of(bytes).first(1'100'000));
    }
    const std::size_t length = n == 0 ? 0 : n == 1 ? 1 : random() % 1'100'000;
    fs::resize_file(file.string() + ".part", length);
    const PackageWriter looked = writer_of(store, wanted);
    REQUIRE(looked.resume_at() == length);
    REQUIRE(looked.validator() == (length == 0 ? "" : "\"v\""));
  }
  REQUIRE(read_file(put(store, wanted, bytes).file) == bytes);
}

}  // namespace envlock::test
