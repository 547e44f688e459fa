// What `envlock pack` takes, from where, and what it asks of the machine that packs.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

constexpr const char* strace = "/usr/bin/strace";

}  // namespace

TEST_CASE("pack --offline: it opens no socket, and makes nothing but the pack") {
  const Packing work;
  if (!have(strace)) return;
  REQUIRE(work->run({"fetch"}).exit == 0);
  if (run_program(strace, {"-f", "-qq", "-o", "calls", "/bin/true"}, {.cwd = work->project()})
          .exit != 0) {
    WARN("SKIPPED: processes cannot be traced here");
    return;
  }
  const std::vector<std::string> args{"-f",
                                      "-qq",
                                      "-o",
                                      "calls",
                                      "-e",
                                      "trace=socket,connect,mkdir,mkdirat,symlink,symlinkat",
                                      envlock_program(),
                                      "pack",
                                      "-o",
                                      "e.tar.zst",
                                      "--offline"};
  const Outcome packed = run_program(strace, args, work->options());
  INFO(packed.err);
  REQUIRE(packed.exit == 0);
  const std::string calls = work->read("calls");
  INFO(calls);
  CHECK_THAT(calls, !Contains("socket(") && !Contains("connect(") && !Contains("symlink"));
  // Folders of the cache are there already.
  CHECK(shell(work->project(), "grep mkdir calls | grep -v EEXIST").out.empty());
}

TEST_CASE("pack: a package that changed in the cache is not packed, nor is it kept") {
  Packing work;
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(work.channel().path())) {
    if (entry.is_regular_file())
      files['/' + fs::relative(entry.path(), work.channel().path()).string()] =
          read_file(entry.path());
  }
  const LocalServer server(serve_files(std::move(files)));
  work->write("environment.yml", "channels: [\"" + server.url("/") +
                                     "\"]\nplatforms: [linux-64]\ndependencies: [app]\n");
  work->solve();
  const std::string cache = work.path("own");
  REQUIRE(work->run({"fetch", "--cache-dir", cache}).exit == 0);
  const auto spoil = [&] {
    std::string changed;
    for (const auto& entry : fs::directory_iterator(cache + "/packages")) {
      std::string bytes = read_file(entry.path());
      bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
      fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
      work->write(fs::relative(entry.path(), work->project()).string(), bytes);
      changed = sha256_of(bytes).hex();
    }
    REQUIRE_FALSE(changed.empty());
    return changed;
  };
  const std::string changed = spoil();
  const Outcome offline = work->run({"pack", "-o", "e.tar", "--offline", "--cache-dir", cache});
  INFO(offline.err);
  CHECK(offline.exit == 5);
  CHECK_THAT(offline.err, Contains("(lib-1.0-0.conda) is removed from the cache") &&
                              Contains("(app-1.0-0.tar.bz2) is removed from the cache") &&
                              Contains("its sha256 is " + changed));
  CHECK_FALSE(work->exists("e.tar"));
  CHECK(fs::is_empty(cache + "/packages"));
  // With the network at hand it comes once more.
  REQUIRE(work->run({"fetch", "--cache-dir", cache}).exit == 0);
  (void)spoil();
  REQUIRE(work->run({"pack", "-o", "e.tar", "--cache-dir", cache}).exit == 0);
  REQUIRE(work->run({"unpack", "e.tar", "-p", "env"}).exit == 0);
  CHECK(work->read("env/lib/libzed.so.1") == "library");
}

TEST_CASE("pack and unpack: a TMPDIR that cannot be used is not needed") {
  const Packing work;
  const RunOptions options = work->options({{"TMPDIR", "/nonexistent"}});
  for (const std::string name : {"e.tar.zst", "e.sh", "folder/"}) {
    const Outcome packed = run_envlock({"pack", "-o", name}, options);
    INFO(packed.err);
    CHECK(packed.exit == 0);
  }
  CHECK(run_envlock({"unpack", "e.tar.zst", "-p", "env"}, options).exit == 0);
  CHECK(shell(work->project(), "TMPDIR=/nonexistent sh e.sh env2").exit == 0);
}

TEST_CASE("pack: what a channel says of a package counts, not what the package says of itself") {
  Packing work;
  work.channel().add_conda(ArchiveBuilder("patched").depends({"app"}).file("share/p", "p"));
  work.channel().edit_record("patched-1.0-0.conda", [](ArchiveBuilder::Json& record) {
    record["depends"] = ArchiveBuilder::Json::array({"lib >=1"});
  });
  work.ask("patched");
  REQUIRE(work->run({"unpack", work.pack("e.tar"), "-p", "env"}).exit == 0);
  const Json record = Json::parse(work->read("env/conda-meta/patched-1.0-0.json"));
  CHECK(record["depends"] == Json::array({"lib >=1"}));
  CHECK_FALSE(work->exists("env/bin/app"));

  // A lock in which something is missing is not packed.
  Json lock = Json::parse(work->lock());
  Json& packages = lock["platforms"]["linux-64"]["packages"];
  REQUIRE(packages.size() == 2);
  packages.erase(packages[0]["name"] == "lib" ? 0 : 1);
  work->write("cut.lock", lock.dump(2));
  const Outcome refused = work->run({"pack", "cut.lock", "-o", "cut.tar"});
  INFO(refused.err);
  CHECK(refused.exit == 3);
  CHECK_THAT(refused.err, Contains("'patched'") && Contains("'lib >=1'"));
  CHECK_FALSE(work->exists("cut.tar"));
}

TEST_CASE(
    "pack: for a GPU that is not here, and nothing of the machine that packs is in the lock") {
  Packing work;
  work.channel().add_conda(
      ArchiveBuilder("gpu").depends({"__cuda >=12.1"}).file("share/gpu", "gpu"));
  work.ask("gpu", {}, {"--virtual-package", "__cuda=12.4"});
  RunOptions none = work->options({{"CONDA_OVERRIDE_CUDA", ""}});
  RunOptions other = work->options({{"CONDA_OVERRIDE_CUDA", "11.0"}});
  REQUIRE(run_envlock({"pack", "-o", "a.tar"}, none).exit == 0);
  REQUIRE(run_envlock({"pack", "-o", "b.tar"}, other).exit == 0);
  CHECK(work->read("a.tar") == work->read("b.tar"));
  // Where it is brought it is judged; what stands for the machine is said.
  const Outcome without = run_envlock({"unpack", "a.tar", "-p", "env"}, none);
  CHECK(without.exit == 8);
  CHECK_THAT(without.err, Contains("cuda: needs") && Contains("CONDA_OVERRIDE_CUDA is set to ''"));
  CHECK_FALSE(work->exists("env"));
  RunOptions enough = work->options({{"CONDA_OVERRIDE_CUDA", "12.6"}});
  const Outcome with = run_envlock({"unpack", "a.tar", "-p", "env"}, enough);
  INFO(with.err);
  CHECK(with.exit == 0);
  CHECK_THAT(with.err, Contains("CONDA_OVERRIDE_CUDA is set to '12.6'"));
  const std::string check = "CONDA_OVERRIDE_CUDA=11.0 env/bin/envlock-env check-host";
  const Outcome later = shell(work->project(), check);
  CHECK(later.exit == 8);
  CHECK_THAT(later.err, Contains("CONDA_OVERRIDE_CUDA is set to '11.0'"));
  CHECK(Json::parse(shell(work->project(), check + " --json").out)["result"]["overrides"] ==
        Json::array({"CONDA_OVERRIDE_CUDA"}));
}

TEST_CASE("pack: of another platform, with its line ends, and with what is missing there said") {
  Packing work;
  const std::string batch = "@echo off\r\nrem " + placeholder() + "\r\nexit\r\n";
  work.channel().add_conda(
      ArchiveBuilder("win").subdir("win-64").placeholder_text("Scripts/run.bat", batch));
  work->write("environment.yml",
              "channels: [../packages]\nplatforms: [win-64]\ndependencies: [win]\n");
  work->solve();
  CHECK(work->run({"pack", "-o", "e.tar"}).exit == 2);
  const Outcome packed = work->run({"pack", "-o", "e.tar", "--platform", "win-64"});
  INFO(packed.err);
  REQUIRE(packed.exit == 0);
  CHECK_THAT(packed.err, Contains("holds no program for win-64"));
  CHECK(work->run({"pack", "-o", "e.sh", "--platform", "win-64"}).exit == 8);
  fs::create_directory(work.path("as-is"));
  REQUIRE(shell(work.path("as-is"), "tar -xf ../e.tar").exit == 0);
  CHECK(work->read("as-is/Scripts/run.bat") == batch);
  CHECK(work->run({"unpack", "e.tar", "-p", "env"}).exit == 8);
  REQUIRE(work->run({"unpack", "e.tar", "-p", "env", "--force", "platform"}).exit == 0);
  CHECK(work->read("env/Scripts/run.bat") ==
        "@echo off\r\nrem " + work.path("env") + "\r\nexit\r\n");
}

TEST_CASE("pack: with conda in the environment, bin/activate is envlock's where that is settled") {
  Packing work;
  work.channel().add_conda(
      ArchiveBuilder("conda")
          .file("bin/activate", "#!/bin/sh\n# conda's own\n", 0755)
          .file("bin/deactivate", "#!/bin/sh\n# conda's own\n", 0755)
          .placeholder_text("bin/conda", "#!/bin/sh\necho base: " + placeholder() + "\n", 0755));
  work.ask("conda");
  const Outcome refused = work->run({"pack", "-o", "e.tar"});
  CHECK(refused.exit == 8);
  CHECK_THAT(refused.err, Contains("{path: \"bin/activate\", keep: envlock}"));
  // As the message says it.
  work->write("envlock.yml",
              "policy:\n  clobbers:\n    - {path: \"bin/activate\", keep: envlock}\n");
  REQUIRE(work->run({"unpack", work.pack("e.tar"), "-p", "env"}).exit == 0);
  CHECK(shell(work->project(), ". env/bin/activate && conda").out ==
        "base: " + work.path("env") + "\n");
  CHECK_THAT(work->read("env/bin/deactivate"), Contains("conda's own"));
  CHECK(shell(work->project(), "env/bin/envlock-env verify").exit == 0);
}

TEST_CASE("pack --prefix: conda's history and links of records are not needed") {
  const Packing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const std::string expected = read_file(work.pack("lock.tar"));
  fs::remove(work.path("env/conda-meta/history"));
  for (const std::string name : {"app-1.0-0.json", "lib-1.0-0.json"}) {
    Json record = Json::parse(work->read("env/conda-meta/" + name));
    record["link"] = nullptr;  // as pixi writes it
    work->write("env/conda-meta/" + name, record.dump(2));
  }
  const Outcome packed = work->run({"pack", "--prefix", "env", "-o", "prefix.tar"});
  INFO(packed.out << packed.err);
  REQUIRE(packed.exit == 0);
  CHECK(work->read("prefix.tar") == expected);
}

}  // namespace envlock::test
