#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"
#include "tests/support/look_alike.hpp"

namespace envlock::test {

namespace {

/// A project beside the workspace's own, for the same channel, with a cache of its own.
std::string lock_made_elsewhere(const Workspace& work, const std::string& name,
                                const std::vector<std::string>& args, RunOptions options) {
  const std::filesystem::path dir = work.dir() / name;
  std::filesystem::create_directories(dir);
  std::filesystem::copy_file(work.project() / "environment.yml", dir / "environment.yml",
                             std::filesystem::copy_options::overwrite_existing);
  if (options.cwd == work.project()) options.cwd = dir;
  options.env["ENVLOCK_CACHE_DIR"] = (work.dir() / (name + "-cache")).string();
  const Outcome outcome = run_envlock(args, options);
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  return read_file(dir / "envlock.lock");
}

}  // namespace

TEST_CASE("solve: the same question gives the same bytes, whatever surrounds it", "[e2e]") {
  const Workspace work;
  work.environment({"python", "numpy", "pandas", "requests", "torch"});
  work.solve();
  const std::string lock = work.lock();
  const RunOptions plain = work.options();

  CHECK(lock_made_elsewhere(work, "one-thread", {"solve", "--threads", "1"}, plain) == lock);
  CHECK(lock_made_elsewhere(work, "many-threads", {"solve", "--threads", "32"}, plain) == lock);
  CHECK(lock_made_elsewhere(work, "quiet", {"solve", "--quiet"}, plain) == lock);
  CHECK(lock_made_elsewhere(work, "now", {"solve", "--now", "2031-01-01T00:00:00Z"}, plain) ==
        lock);
  RunOptions changed = plain;
  changed.env["TZ"] = "Pacific/Kiritimati";
  changed.env["LC_ALL"] = "tr_TR.UTF-8";
  changed.env["SOURCE_DATE_EPOCH"] = "1";
  changed.env["USER"] = "somebody";
  CHECK(lock_made_elsewhere(work, "surroundings", {"solve"}, changed) == lock);
  changed = plain;
  changed.umask = 0;
  CHECK(lock_made_elsewhere(work, "umask-0", {"solve"}, changed) == lock);
  changed.umask = 077;
  CHECK(lock_made_elsewhere(work, "umask-077", {"solve"}, changed) == lock);
  changed = plain;
  changed.cwd = "/";
  const std::filesystem::path elsewhere = work.dir() / "from-root";
  CHECK(lock_made_elsewhere(work, "from-root",
                            {"solve", (elsewhere / "environment.yml").string(), "-o",
                             (elsewhere / "envlock.lock").string()},
                            changed) == lock);

  // A warm cache, and the channel without its compressed form.
  std::filesystem::remove(work.project() / "envlock.lock");
  work.solve();
  CHECK(work.lock() == lock);
  std::filesystem::remove(work.channel() / "linux-64/repodata.json.zst");
  std::filesystem::remove(work.project() / "envlock.lock");
  work.solve();
  CHECK(work.lock() == lock);
}

TEST_CASE("solve: the order of records in repodata, and of lines in the file, does not matter",
          "[e2e]") {
  const Workspace work;
  work.environment({"python", "numpy", "pandas"});
  work.solve();
  const Json first = Json::parse(work.lock());

  const std::filesystem::path file = work.channel() / "linux-64/repodata.json";
  const Json document = Json::parse(read_file(file));
  Json turned = document;
  turned["packages.conda"] = Json::object();
  std::vector<std::string> keys;
  for (const auto& [key, record] : document["packages.conda"].items()) keys.push_back(key);
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    turned["packages.conda"][*key] = document["packages.conda"][*key];
  }
  work.dir().write("channel/linux-64/repodata.json", turned.dump());
  work.dir().write("channel/linux-64/repodata.json.zst", zstd_compressed(turned.dump()));
  work.environment({"pandas", "numpy", "python"});
  std::filesystem::remove(work.project() / "envlock.lock");
  work.solve();
  CHECK(Json::parse(work.lock()) == first);
}

TEST_CASE("solve: the look-alike of conda-forge gives the same bytes with 1 and 8 threads",
          "[e2e]") {
  const Workspace work;
  make_look_alike(work.dir() / "look-alike");
  work.write("environment.yml",
             "channels: [../look-alike]\nplatforms: [linux-64, osx-arm64, win-64]\n"
             "dependencies: [python, numpy, pandas, jupyterlab]\n");
  work.solve({"--threads", "8"});
  CHECK(work.lock_problems().empty());
  CHECK(lock_made_elsewhere(work, "again", {"solve", "--threads", "1"}, work.options()) ==
        work.lock());
}

}  // namespace envlock::test
