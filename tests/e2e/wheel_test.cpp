// Wheels that stand in a lock, through the built program: fetched, installed, verified, packed.

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/locked_wheels.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/runnable_channel.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

}  // namespace

TEST_CASE("wheels: a lock's are installed, listed and known to verify") {
  const LockedWheels locked;
  locked.install();
  CHECK(read_file(locked.env() / site / "hello-1.0.dist-info/INSTALLER") == "envlock\n");
  CHECK_THAT(read_file(locked.env() / "bin/hello-script"),
             Catch::StartsWith("#!" + locked.env().string() + "/bin/python3.11\n"));
  CHECK_THAT(locked->run({"list", "env"}).out,
             Contains("pypi_0") && Contains("hello") && Contains("local wheel"));

  const auto verify = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args{"verify", "env"};
    args.insert(args.end(), more.begin(), more.end());
    return locked->run(args);
  };
  REQUIRE(locked->run({"baseline", "-o", "env.baseline"}).exit == 0);
  for (const std::vector<std::string>& by :
       {std::vector<std::string>{"--lock", "envlock.lock", "--offline"},
        std::vector<std::string>{"--baseline", "env.baseline"},
        std::vector<std::string>{"--self"}}) {
    const Outcome clean = verify(by);
    INFO(clean.out << clean.err);
    CHECK(clean.exit == 0);
  }
  locked->write("env/" + site + "/hello.py", "import os\n");
  const Outcome changed = verify({"--baseline", "env.baseline"});
  CHECK(changed.exit == 1);
  CHECK_THAT(changed.out, Contains("hello.py") && Contains("pypi:hello 1.0"));
}

TEST_CASE("wheels: one that pip installed by hand stays a finding, beside those of the lock") {
  const LockedWheels locked;
  locked.install();
  const std::string info = "env/" + site + "/other-1.0.dist-info/";
  locked->write(info + "METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n");
  locked->write(info + "INSTALLER", "pip\n");
  locked->write(info + "RECORD", "other-1.0.dist-info/RECORD,,\n");
  const Outcome outcome = locked->run({"verify", "env", "--lock", "envlock.lock", "--offline"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("pip-package") && Contains("other 1.0 (pip)"));
  CHECK_THAT(outcome.out, !Contains("hello"));
}

TEST_CASE("wheels: an install after another lock brings the difference") {
  const LockedWheels locked;
  locked.install();
  locked.put(hello("2.0"), "2.0");
  locked.install();
  CHECK_THAT(read_file(locked.env() / site / "hello.py"), Contains("hello 2.0"));
  CHECK_FALSE(fs::exists(locked.env() / site / "hello-1.0.dist-info"));
  CHECK(locked->run({"verify", "env", "--lock", "envlock.lock", "--offline"}).exit == 0);
}

TEST_CASE("wheels: a pack has them, and what comes out of it is what install makes") {
  const LockedWheels locked;
  const std::string pack = locked.packing().pack("env.tar.zst");
  CHECK(sha256_of(read_file(pack)) == sha256_of(read_file(locked.packing().pack("again.tar.zst"))));
  const Outcome unpacked = locked->run({"unpack", pack, "--prefix", "unpacked"});
  INFO(unpacked.err);
  REQUIRE(unpacked.exit == 0);
  const fs::path prefix = locked->project() / "unpacked";
  CHECK_THAT(read_file(prefix / "bin/hello"),
             Catch::StartsWith("#!" + prefix.string() + "/bin/python3.11\n"));
  const Outcome judged = shell("/", "exec \"$1/bin/envlock-env\" verify", {prefix.string()});
  INFO(judged.out << judged.err);
  CHECK(judged.exit == 0);
  locked.install();
  CHECK(read_file(prefix / site / "hello-1.0.dist-info/RECORD") ==
        read_file(locked.env() / site / "hello-1.0.dist-info/RECORD"));
  CHECK(locked->run({"verify", "unpacked", "--lock", "envlock.lock", "--offline"}).exit == 0);
}

TEST_CASE("wheels: another byte than the lock says ends everything, and nothing is installed") {
  const LockedWheels locked;
  std::string bytes = hello().build();
  bytes.back() = 'x';
  locked->write("wheels/" + hello().file_name(), bytes);
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"install", "--prefix", "env"},
        std::vector<std::string>{"pack", "-o", "env.tar.zst"}, std::vector<std::string>{"fetch"}}) {
    const Outcome outcome = locked->run(args);
    INFO(outcome.err);
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains(hello().file_name()) && Contains(sha256_of(bytes).hex()));
  }
  CHECK_FALSE(fs::exists(locked.env()));
}

TEST_CASE("wheels: a hostile one of the right hash is refused before anything is written") {
  const LockedWheels locked;
  locked.put(hello().raw({.name = "../../evil.py", .data = "x"}), "1.0");
  const Outcome outcome = locked->run({"install", "--prefix", "env"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("A01"));
  CHECK_FALSE(fs::exists(locked.env()));
}

TEST_CASE("wheels: one for another platform or python is refused by its tag, unfetched") {
  const LockedWheels locked;
  put_pypi(*locked, {entry(hello(), "hello", "1.0",
                           "https://files.example/hello-1.0-cp312-cp312-win_amd64.whl")});
  const Outcome outcome = locked->run({"install", "--prefix", "env"});
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("cp312-cp312-win_amd64") && Contains("python 3.11 on linux-64"));
}

TEST_CASE("wheels: a source archive is refused by name, and a local project left out with a line") {
  const LockedWheels locked;
  Ordered source = entry(hello(), "hello", "1.0", "https://files.example/hello-1.0.tar.gz");
  const Ordered project = {{"name", "mine"},
                           {"version", "0.1"},
                           {"path", "./mine"},
                           {"metadata_sha256", sha256_of("x").hex()}};
  put_pypi(*locked, {source});
  for (const char* const command : {"install", "pack"}) {
    const Outcome outcome =
        locked->run({command, std::string(command) == "pack" ? "-o" : "--prefix", "env.tar.zst"});
    CHECK(outcome.exit == 8);
    CHECK_THAT(outcome.err, Contains("'hello 1.0'") && Contains("no wheels"));
  }
  put_pypi(*locked, {project});
  const Outcome installed = locked->run({"install", "--prefix", "env"});
  CHECK(installed.exit == 0);
  CHECK_THAT(installed.err, Contains("'mine 0.1' left out") && Contains("pip install --no-deps"));
  const Outcome packed = locked->run({"pack", "-o", "env.tar.zst"});
  CHECK(packed.exit == 0);
  CHECK_THAT(packed.err, Contains("'mine 0.1' left out"));
}

TEST_CASE("wheels: a name or version unlike that of the file is a fault of the lock") {
  const LockedWheels locked;
  put_pypi(*locked, {entry(hello(), "other", "1.0", "./wheels/" + hello().file_name())});
  const Outcome outcome = locked->run({"fetch"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("other 1.0") && Contains(hello().file_name()));
}

TEST_CASE("wheels: fetched over HTTP once, and kept for work without network") {
  const LockedWheels locked;
  const std::string bytes = hello().build();
  int asked = 0;
  const LocalServer server([&](const LocalServer::Request& request) -> LocalServer::Answer {
    ++asked;
    if (request.path != "/f/" + hello().file_name()) return {.status = 404};
    return {.body = bytes};
  });
  put_pypi(*locked, {entry(hello(), "hello", "1.0", server.url() + "/f/" + hello().file_name())});
  const Json first = locked->json({"fetch"});
  CHECK(first["result"]["fetched"] == 4);
  CHECK(asked == 1);
  const Json again = locked->json({"fetch", "--offline", "--to", "mirror"});
  CHECK(again["result"]["fetched"] == 0);
  CHECK(asked == 1);
  CHECK(read_file(locked->project() / "mirror/pypi" / hello().file_name()) == bytes);
  CHECK(locked->run({"install", "--prefix", "env", "--offline"}).exit == 0);
}

TEST_CASE(
    "wheels: what conda brings and a wheel brings, too, is found before anything is written") {
  const LockedWheels locked;
  locked.put(WheelBuilder("hello").data("scripts", "app", "#!python\n"), "1.0");
  const Outcome outcome = locked->run({"install", "--prefix", "env"});
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("'bin/app'") && Contains("hello-1.0-py3-none-any.whl") &&
                              Contains("# or pypi:hello"));
  CHECK_FALSE(fs::exists(locked.env()));
}

TEST_CASE("wheels: diff tells what a lock, a prefix and a baseline have of them") {
  const LockedWheels locked;
  locked.install();
  REQUIRE(locked->run({"baseline", "-o", "env.baseline"}).exit == 0);
  for (const char* const other : {"env", "env.baseline"}) {
    const Outcome same = locked->run({"diff", "envlock.lock", other});
    INFO(same.out << same.err);
    CHECK(same.exit == 0);
  }
  locked.put(hello("2.0"), "2.0");
  CHECK_THAT(locked->run({"diff", "env", "envlock.lock"}).out, Contains("hello"));
}

TEST_CASE("wheels: they run, and their files are those that pip lays out itself") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Workspace work;
  work.write("environment.yml", "channels: [" + channel->string() +
                                    "]\nplatforms: [linux-64]\ndependencies: [python, pip]\n");
  work.solve({"--virtual-package", "__glibc=2.36"});
  const std::string plain = work.lock();
  const WheelBuilder wheel = hello()
                                 .data("headers", "hello.h", "int x;\n")
                                 .data("platlib", "plat.py", "y = 2\n")
                                 .file("hello_data/tool", "#!/bin/sh\n", 0755);
  work.write(wheel.file_name(), wheel.build());
  put_pypi(work, {entry(wheel, "hello", "1.0", "./" + wheel.file_name())});
  const Outcome installed = work.run({"install", "--prefix", "env"});
  INFO(installed.err);
  REQUIRE(installed.exit == 0);
  const fs::path env = work.project() / "env";
  for (const char* const program : {"hello", "hello-script"}) {
    const Outcome ran = run_program((env / "bin" / program).string(), {}, {.cwd = "/"});
    INFO(ran.err);
    CHECK(ran.out == "hello 1.0\n");
  }
  const Outcome listed = run_program((env / "bin/python").string(),
                                     {"-m", "pip", "list", "--format=freeze"}, {.cwd = "/"});
  CHECK_THAT(listed.out, Contains("hello==1.0"));
  CHECK(run_program((env / "bin/python").string(), {"-m", "pip", "check"}, {.cwd = "/"}).exit == 0);

  // The same environment without the wheel, into which pip installs it.
  work.write("envlock.lock", plain);
  REQUIRE(work.run({"install", "--prefix", "other"}).exit == 0);
  const fs::path other = work.project() / "other";
  const Outcome by_pip = run_program((other / "bin/python").string(),
                                     {"-m", "pip", "install", "--no-deps", "--no-index",
                                      (work.project() / wheel.file_name()).string()},
                                     {.cwd = "/"});
  INFO(by_pip.err);
  REQUIRE(by_pip.exit == 0);
  const Outcome compared = shell("/", R"(
    list() { (cd "$1" && find . -type f ! -path './conda-meta/*' ! -name '*.pyc' \
      -printf '%P %m\n' | LC_ALL=C sort); }
    list "$1" >"$1.list"; list "$2" | diff "$1.list" -)",
                                 {env.string(), other.string()});
  // pip tells where its file came from; a file of this machine's is not told here.
  CHECK_THAT(compared.out, Contains("hello-1.0.dist-info/direct_url.json"));
  INFO(compared.out);
  CHECK(std::count(compared.out.begin(), compared.out.end(), '\n') == 2);
  for (const char* const path :
       {"hello.py", "plat.py", "hello_data/tool", "hello-1.0.dist-info/METADATA",
        "hello-1.0.dist-info/WHEEL", "hello-1.0.dist-info/entry_points.txt"})
    CHECK(read_file(env / site / path) == read_file(other / site / path));
  // pip can remove it.
  const Outcome removed = run_program((env / "bin/python").string(),
                                      {"-m", "pip", "uninstall", "-y", "hello"}, {.cwd = "/"});
  INFO(removed.err);
  CHECK(removed.exit == 0);
  CHECK_FALSE(fs::exists(env / "bin/hello"));
  CHECK_FALSE(fs::exists(env / site / "hello.py"));
  CHECK_FALSE(fs::exists(env / "share/hello/text"));
}

}  // namespace envlock::test
