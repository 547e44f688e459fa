// `envlock install`, `list`, `baseline` and `run` through the built program.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "model/digest.hpp"
#include "tests/e2e/packing.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/channel_builder.hpp"
#include "tests/support/runnable_channel.hpp"

namespace envlock::test {

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// A workspace whose lock is of a channel with real archives.
class Installing {
 public:
  Installing() : channel_(work_.dir().path() / "packages") {
    channel_.add_conda(ArchiveBuilder("lib").file("lib/lib.so", "library", 0755));
    channel_.add_tar_bz2(ArchiveBuilder("app")
                             .depends({"lib"})
                             .file("bin/app", "#!/bin/sh\necho app\n", 0755)
                             .placeholder_text("etc/app.conf", "root=" + placeholder() + "\n"));
    ask("app");
    work_.solve();
  }
  void ask(const std::string& specs) const {
    work_.write("environment.yml", "channels: [" + channel_.path().string() +
                                       "]\nplatforms: [linux-64]\ndependencies: [" + specs + "]\n");
  }
  [[nodiscard]] const Workspace& operator*() const { return work_; }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }
  [[nodiscard]] ChannelBuilder& channel() { return channel_; }
  [[nodiscard]] std::string prefix() const { return (work_.project() / "env").string(); }

 private:
  Workspace work_;
  ChannelBuilder channel_;
};

mode_t mode_of(const fs::path& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

}  // namespace

TEST_CASE("install: a lock becomes an environment, and a second run says that it is one") {
  const Installing work;
  const Outcome first = work->run({"install", "--prefix", "env"});
  INFO(first.err);
  REQUIRE(first.exit == 0);
  CHECK_THAT(first.out, Contains("Installed 2 packages into '" + work.prefix() + "'"));
  CHECK(work->read("env/etc/app.conf") == "root=" + work.prefix() + "\n");
  CHECK(mode_of(work.prefix()) == 0700);
  const Outcome second = work->run({"install", "-p", "env"});
  CHECK(second.exit == 0);
  CHECK_THAT(second.out, Contains("nothing was changed"));
  CHECK_THAT(second.err,
             Contains("its files were not looked at") &&
                 Contains("envlock verify " + work.prefix() + " --lock") &&
                 Contains("envlock install envlock.lock --prefix " + work.prefix() + " --repair"));
}

TEST_CASE("install, fetch, baseline, pack: a lock that answers yesterday's question is said once") {
  const Installing work;
  const std::vector<std::vector<std::string>> commands{{"install", "-p", "env"},
                                                       {"fetch"},
                                                       {"baseline", "-o", "b"},
                                                       {"pack", "-o", "p.tar", "--force"}};
  for (const std::vector<std::string>& command : commands) {
    const Outcome outcome = work->run(command);
    INFO(outcome.err);
    CHECK(outcome.exit == 0);
    CHECK_THAT(outcome.err, !Contains("does not answer"));
  }
  // Neither a comment nor an option of the same question changes it.
  work->write("environment.yml", work->read("environment.yml") + "# a comment\n");
  CHECK_THAT(work->run({"fetch"}).err, !Contains("does not answer"));
  work.ask("app, lib >=1");
  work->write("environment.yml", work->read("environment.yml") + "variables: {SECRET: hunter2}\n");
  for (const std::vector<std::string>& command : commands) {
    const Outcome outcome = work->run(command);
    INFO(outcome.err);
    CHECK(outcome.exit == 0);
    const std::string said =
        "'envlock.lock' does not answer today's environment.yml: "
        "'lib >=1' was added, the variable 'SECRET' has another value";
    CHECK_THAT(outcome.err, Contains(said) && Contains("envlock solve environment.yml"));
    CHECK(outcome.err.find("does not answer") == outcome.err.rfind("does not answer"));
    CHECK_THAT(outcome.err, !Contains("hunter2"));
  }
  // From elsewhere, and where the file is gone.
  fs::create_directory(work->project() / "sub");
  fs::rename(work->project() / "envlock.lock", work->project() / "sub/envlock.lock");
  CHECK_THAT(work->run({"fetch", "sub/envlock.lock"}).err, !Contains("does not answer"));
  fs::rename(work->project() / "environment.yml", work->project() / "sub/environment.yml");
  CHECK_THAT(work->run({"fetch", "sub/envlock.lock"}).err,
             Contains("'sub/envlock.lock' does not answer today's sub/environment.yml") &&
                 Contains("envlock solve sub/environment.yml -o sub/envlock.lock"));
}

TEST_CASE("fetch: what a lock names above its repository, or above its parent, is not read") {
  const Installing work;
  fs::create_directories(work->project() / "a/b");
  REQUIRE(work->run({"solve", "environment.yml", "-o", "a/b/envlock.lock"}).exit == 0);
  work->write("environment.yml", work->read("environment.yml") + "variables: {SECRET: hunter2}\n");
  const auto said = [&] { return work->run({"fetch", "a/b/envlock.lock"}).err; };
  CHECK_THAT(said(), !Contains("does not answer"));
  fs::create_directory(work->project() / ".git");
  CHECK_THAT(said(), Contains("does not answer today's environment.yml"));
  fs::create_directory(work->project() / "a/.git");
  CHECK_THAT(said(), !Contains("does not answer"));
}

TEST_CASE("install: a prefix at which another one works is said by its own name") {
  const Installing work;
  const fs::path stage = work->project() / ".env.envlock-partial";
  fs::create_directory(stage);
  fs::permissions(stage, fs::perms::owner_all);
  const int fd = ::open(stage.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(::flock(fd, LOCK_EX | LOCK_NB) == 0);
  const Outcome outcome = work->run({"install", "-p", "env"});
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("another envlock is working in '" + work.prefix() + "'") &&
                              !Contains("partial"));
  ::close(fd);
}

TEST_CASE("run: a prefix that may not be looked into is no missing one") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root may enter every folder");
    return;
  }
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  fs::permissions(work.prefix(), fs::perms::none);
  const Outcome outcome = work->run({"run", "-p", "env", "--", "true"});
  CHECK(outcome.exit == 125);
  CHECK_THAT(outcome.err, Contains("Permission denied") && Contains("--shared") &&
                              !Contains("is no environment"));
}

TEST_CASE("install: --shared, --group and --private are the prefix's mode") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "shared", "--shared"}).exit == 0);
  CHECK(mode_of(work->project() / "shared") == 0755);
  REQUIRE(work->run({"install", "-p", "group", "--group", std::to_string(::getegid())}).exit == 0);
  CHECK(mode_of(work->project() / "group") == 0750);
  const Outcome closed = work->run({"install", "-p", "shared", "--private"});
  CHECK(closed.exit == 0);
  CHECK_THAT(closed.err, Contains("had mode 0755, and has 0700 now"));
  CHECK(work->run({"install", "-p", "x", "--shared", "--private"}).exit == 2);
  CHECK(work->run({"install", "-p", "x", "--group", "no-such-group"}).exit == 2);
  CHECK(work->run({"install"}).exit == 2);
  CHECK(work->run({"install", "-p", "/"}).exit == 2);
  CHECK(work->run({"install", "-p", "a:b"}).exit == 2);
  CHECK(work->run({"install", "-p", "o'brien/env"}).exit == 8);
  CHECK_FALSE(work->exists("o'brien"));
}

TEST_CASE("install: a changed lock changes the environment by the difference") {
  Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  work.channel().add_conda(ArchiveBuilder("lib", "2.0").file("lib/lib2.so", "library", 0755));
  work->solve({"--update", "lib"});
  const Json document = work->json({"install", "-p", "env"});
  CHECK(document["result"]["updated"] == true);
  CHECK(document["result"]["added"] == Json::array({"lib-2.0-0"}));
  CHECK(document["result"]["removed"] == Json::array({"lib-1.0-0"}));
  CHECK(document["result"]["kept"] == 1);
  CHECK_FALSE(work->exists("env/lib/lib.so"));
  CHECK(work->exists("env/lib/lib2.so"));
}

TEST_CASE("install: --repair makes what was changed, removed or forgotten as the lock says") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  REQUIRE(work->run({"baseline", "-o", "base"}).exit == 0);
  work->write("env/bin/app", "changed");
  fs::remove(work->project() / "env/lib/lib.so");
  fs::remove(work->project() / "env/conda-meta/lib-1.0-0.json");
  work->write("env/mine", "my own");
  CHECK(work->run({"verify", "env", "--baseline", "base"}).exit == 1);
  const Outcome repaired = work->run({"install", "-p", "env", "--repair"});
  INFO(repaired.err);
  REQUIRE(repaired.exit == 0);
  CHECK(work->read("env/mine") == "my own");
  CHECK_THAT(repaired.out, Contains("mended lib 1.0 0: the package is not installed\n") &&
                               Contains("mended bin/app (app 1.0 0): the size is not") &&
                               Contains("conda-meta does not record") && Contains("Mended '") &&
                               Contains("All files of the 2 packages") && !Contains("+ app"));
  CHECK_THAT(repaired.err, Contains("1 finding is left"));
  fs::remove(work->project() / "env/mine");
  const Outcome verified = work->run({"verify", "env", "--baseline", "base"});
  INFO(verified.out);
  CHECK(verified.exit == 0);
  const Json again = work->json({"install", "-p", "env", "--repair"});
  CHECK(again["result"]["mended"] == Json::array());
  CHECK(again["result"]["findings_left"] == 0);
  fs::permissions(work->project() / "env/bin", fs::perms::others_write, fs::perm_options::add);
  const Outcome opened = work->run({"install", "-p", "env", "--repair"});
  CHECK_THAT(opened.out, Contains("Nothing that new files mend was wrong in '"));
  CHECK_THAT(opened.err, Contains("warning: 1 finding is left"));
}

TEST_CASE("install: a record that cannot be read is named with what makes it anew") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const std::string before = work->read("env/conda-meta/lib-1.0-0.json");
  work->write("env/conda-meta/lib-1.0-0.json", "{");
  const Outcome refused = work->run({"install", "-p", "env"});
  CHECK(refused.exit == 3);
  CHECK_THAT(refused.err, Contains("conda-meta/lib-1.0-0.json:1: ") && Contains("with --repair"));
  REQUIRE(work->run({"install", "-p", "env", "--repair"}).exit == 0);
  CHECK(work->read("env/conda-meta/lib-1.0-0.json") == before);
}

TEST_CASE("install: a prefix that may not be written is refused before anything is fetched") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const fs::path env = work->project() / "env";
  const auto refused = [&](const std::string& prefix, int exit, const std::string& text) {
    for (const std::string more : {"--repair", "--json"}) {
      const Outcome outcome = work->run({"install", "-p", prefix, more, "--cache-dir", "no-cache"});
      INFO(outcome.out << outcome.err);
      CHECK(outcome.exit == exit);
      CHECK_THAT(outcome.out + outcome.err, Contains(text) && !Contains("fetched"));
      CHECK_FALSE(work->exists("no-cache"));
    }
  };
  fs::permissions(env, fs::perms::others_write, fs::perm_options::add);
  refused("env", 6, "others can write '");
  fs::permissions(env, fs::perms::others_write, fs::perm_options::remove);
  if (::geteuid() == 0) {
    REQUIRE(::lchown(env.c_str(), 54321, static_cast<gid_t>(-1)) == 0);
    refused("env", 6, "belongs to user 54321, and you are root");
  } else {
    fs::create_directory(work->project() / "closed");
    fs::permissions(work->project() / "closed", fs::perms::owner_read | fs::perms::owner_exec);
    refused("closed/a/b", 7,
            "in '" + (work->project() / "closed").string() + "', which belongs to");
    refused("/new-environment", 7, "in '/', which belongs to root");
  }
}

TEST_CASE("install --repair: programs of pip that start the old place's python are named") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const std::string old = (fs::canonical(work->project()) / "env").string();
  const auto put = [&](const std::string& name, const std::string& text) {
    work->write("env/bin/" + name, text);
    fs::permissions(work->project() / "env/bin" / name, fs::perms::owner_exec,
                    fs::perm_options::add);
  };
  put("by-pip", "#!" + old + "/bin/app\nimport x\n");
  put("by-pip-long", "#!/bin/sh\n'''exec' \"" + old + "/bin/app\" \"$0\" \"$@\"\n");
  put("longer", "#!/somewhere" + old + "/bin/python\n");
  put("of-the-system", "#!/bin/sh\necho " + old + "\necho " + old + "/bin/x\n");
  fs::rename(work->project() / "env", work->project() / "moved");
  fs::create_directories(old);  // still there: the old interpreter need not be gone
  const std::string before = work->read("moved/bin/by-pip");
  const Outcome repaired = work->run({"install", "-p", "moved", "--repair"});
  INFO(repaired.err);
  REQUIRE(repaired.exit == 0);
  CHECK_THAT(repaired.err, Contains("warning: 2 programs that no package brought start") &&
                               Contains("left as they are: bin/by-pip, bin/by-pip-long\n") &&
                               Contains("moved/bin/python -m pip install --force-reinstall"));
  CHECK(work->read("moved/bin/by-pip") == before);
  // By then the old place is known no more, but by its interpreter that is gone.
  const Json again = work->json({"install", "-p", "moved", "--repair"});
  CHECK(again["result"]["stale_scripts"] == Json::array({"bin/by-pip"}));
}

TEST_CASE("install: -f solves, writes the lock and installs it") {
  Installing work;
  fs::remove(work->project() / "envlock.lock");
  const Outcome outcome = work->run({"install", "-f", "environment.yml", "-p", "env"});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(work->exists("envlock.lock"));
  CHECK(work->exists("env/bin/app"));
  CHECK(work->run({"install", "envlock.lock", "-f", "environment.yml", "-p", "x"}).exit == 2);
}

TEST_CASE("install: -f never writes over the lock of another question") {
  Installing work;
  work->write("other.yml", work->read("environment.yml"));
  const std::string before = work->lock();
  const Outcome outcome = work->run({"install", "-f", "other.yml", "-p", "env"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("lock of 'environment.yml'") &&
                              Contains("envlock solve other.yml -o NAME.lock"));
  CHECK(work->lock() == before);
  CHECK_FALSE(work->exists("env"));
  CHECK(work->run({"install", "-f", "./environment.yml", "-p", "env"}).exit == 0);
}

TEST_CASE("install: -f takes --virtual-package, and a lock does not") {
  Installing work;
  work.channel().add_conda(ArchiveBuilder("future").depends({"__glibc >=99"}));
  work.ask("future");
  fs::remove(work->project() / "envlock.lock");
  const Outcome unfit = work->run(
      {"install", "-f", "environment.yml", "-p", "env", "--virtual-package", "__glibc=99"});
  CHECK(unfit.exit == 8);
  CHECK_THAT(unfit.err, Contains("--virtual-package host"));
  CHECK(work->run({"install", "-p", "env", "--virtual-package", "__glibc=99"}).exit == 2);
}

TEST_CASE("install: more packages than a process may open files") {
  const Workspace work;
  ChannelBuilder channel(work.dir().path() / "packages");
  std::string specs;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "p" + std::to_string(i);
    channel.add_conda(ArchiveBuilder(name).file("share/" + name, name));
    specs += (i == 0 ? "" : ", ") + name;
  }
  work.write("environment.yml", "channels: [" + channel.path().string() +
                                    "]\nplatforms: [linux-64]\ndependencies: [" + specs + "]\n");
  work.solve();
  const Outcome outcome = run_program(
      "/bin/sh", {"-c", "ulimit -n 256 && exec \"$0\" install -p env", envlock_program()},
      work.options());
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(work.read("env/share/p299") == "p299");
}

TEST_CASE("install: packages that claim one path with other bytes are refused, naming both") {
  Installing work;
  work.channel().add_conda(ArchiveBuilder("thief").file("bin/app", "other", 0755));
  work.ask("app, thief");
  work->solve();
  const Outcome outcome = work->run({"install", "-p", "env"});
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("'bin/app': app-1.0-0.tar.bz2 and thief-1.0-0.conda"));
  CHECK_FALSE(work->exists("env"));
  // The lines of the hint are all that it takes.
  const std::size_t begin = outcome.err.find("policy:\n");
  REQUIRE(begin != std::string::npos);
  work->write("envlock.yml", outcome.err.substr(begin));
  const Outcome ordered = work->run({"install", "-p", "env"});
  INFO(ordered.err);
  REQUIRE(ordered.exit == 0);
  CHECK_THAT(work->read("env/bin/app"), Contains("echo app"));
  for (const char* against : {"--self", "--lock=envlock.lock"}) {
    const Outcome verified = work->run({"verify", "env", against});
    INFO(verified.out << verified.err);
    CHECK(verified.exit == 0);
  }
  work->write("envlock.yml", "policy:\n  clobbers:\n    - {path: ../x, keep: app}\n");
  const Outcome wrong = work->run({"install", "-p", "env"});
  CHECK(wrong.exit == 3);
  CHECK_THAT(wrong.err, Contains("envlock.yml:3"));
}

TEST_CASE("install: a package that lies about its files leaves no prefix") {
  Installing work;
  ArchiveBuilder liar("liar");
  liar.file("bin/liar", "text").paths_json([](ArchiveBuilder::Json& json) {
    json["paths"][0]["sha256"] = std::string(64, '0');
  });
  work.channel().add_conda(liar);
  work.ask("liar");
  work->solve();
  const Outcome outcome = work->run({"install", "-p", "env"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("liar-1.0-0.conda") && Contains("bin/liar"));
  CHECK_FALSE(work->exists("env"));
}

TEST_CASE("install: a link script runs only where the policy allows its very bytes") {
  Installing work;
  const std::string script = "#!/bin/sh\necho $PKG_NAME > $PREFIX/ran\n";
  work.channel().add_conda(ArchiveBuilder("setup").link_script("post-link", script));
  work.ask("setup");
  work->solve();
  const Outcome skipped = work->run({"install", "-p", "one"});
  CHECK(skipped.exit == 0);
  const std::string sha256 = sha256_of(script).hex();
  CHECK_THAT(skipped.err, Contains("warning") && Contains("bin/.setup-post-link.sh") &&
                              Contains("echo $PKG_NAME") && Contains("[" + sha256 + "]"));
  CHECK_FALSE(work->exists("one/ran"));
  work->write("envlock.yml", "policy: {link_scripts: [" + std::string(64, '0') + "]}\n");
  REQUIRE(work->run({"install", "-p", "two"}).exit == 0);
  CHECK_FALSE(work->exists("two/ran"));
  work->write("envlock.yml", "policy: {link_scripts: [" + sha256 + "]}\n");
  const Outcome run = work->run({"install", "-p", "three"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  CHECK(work->read("three/ran") == "setup\n");
  work->write("envlock.yml", "policy: {link_scripts: [no-digest]}\n");
  CHECK(work->run({"install", "-p", "four"}).exit == 3);
}

TEST_CASE(
    "install: what an allowed link script makes is written down, and verify finds each change") {
  Installing work;
  const std::string script =
      "printf 'exec true\\n' > $PREFIX/bin/made && chmod 755 $PREFIX/bin/made\n"
      "mkdir $PREFIX/share && echo $PREFIX > $PREFIX/share/made.txt\n"
      "echo changed >> $PREFIX/etc/setup.conf\n"
      "ln -s made $PREFIX/bin/link\n";
  work.channel().add_conda(ArchiveBuilder("setup")
                               .link_script("post-link", script)
                               .placeholder_text("etc/setup.conf", "root=" + placeholder() + "\n"));
  work.ask("app, setup");
  work->solve();
  work->write("envlock.yml", "policy: {link_scripts: [" + sha256_of(script).hex() + "]}\n");
  const Outcome installed = work->run({"install", "-p", "env", "--baseline", "b"});
  INFO(installed.err);
  REQUIRE(installed.exit == 0);
  CHECK_THAT(
      work->read("b"),
      Contains("{\"path\":\"bin/link\",\"package\":\"setup\",\"role\":\"script_product\"") &&
          Contains(
              "\"path\":\"etc/setup.conf\",\"package\":\"setup\",\"role\":\"script_product\""));
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", "env"});
    return work->run(more);
  };
  const Outcome proved = verify({"--baseline", "b"});
  CHECK_THAT(proved.out + proved.err,
             Catch::StartsWith("env is as baseline b says: 10 files of 3 packages, ") &&
                 !Contains("not proved"));
  CHECK(proved.exit == 0);
  CHECK(verify({"--self"}).exit == 0);
  // The lock alone proves none of it: its package's file is another one, and the code is told.
  const Outcome by_lock = verify({"--lock", "envlock.lock"});
  CHECK(by_lock.exit == 1);
  CHECK_THAT(by_lock.out, Contains("1 error, 1 warning, 1 note") && Contains("2 programs") &&
                              Contains("link-script-product") && Contains("etc/setup.conf") &&
                              Contains("extra-file") && Contains("share"));
  work->write("env/bin/made", "exec false\n");
  for (const std::vector<std::string>& against :
       {std::vector<std::string>{"--baseline", "b"}, {"--lock", "envlock.lock"}, {"--self"}}) {
    const Outcome changed = verify(against);
    CHECK(changed.exit == 1);
    CHECK_THAT(changed.out, Contains("error    bin/made"));
  }
  // The script runs again, and makes anew what it made.
  fs::remove_all(work->project() / "env/share");
  fs::remove(work->project() / "env/bin/link");
  const Outcome repaired = work->run({"install", "-p", "env", "--repair", "--baseline", "b"});
  INFO(repaired.err);
  REQUIRE(repaired.exit == 0);
  CHECK(verify({"--baseline", "b"}).exit == 0);
}

TEST_CASE("run: packages' and the lock's variables are set, the lock's last") {
  Installing work;
  work.channel().add_conda(ArchiveBuilder("vars").file(
      "etc/conda/env_vars.d/vars.json", R"({"FROM_PACKAGE": "a b", "FROM_BOTH": "package"})"));
  work->write("environment.yml", "channels: [" + (work->dir().path() / "packages").string() +
                                     "]\nplatforms: [linux-64]\ndependencies: [vars]\n"
                                     "variables: {FROM_BOTH: lock}\n");
  work->solve();
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const Outcome outcome = work->run(
      {"run", "-p", "env", "--", "/bin/sh", "-c", "echo $FROM_PACKAGE, $FROM_BOTH; exit 7"});
  INFO(outcome.err);
  CHECK(outcome.out == "a b, lock\n");
  CHECK(outcome.exit == 7);
  CHECK(work->run({"run", "-p", "env", "--", "no-such-command"}).exit == 127);
  CHECK(work->run({"run", "-p", ".", "--", "true"}).exit == 125);
  // No option of the command's is envlock's.
  for (const char* option : {"-V", "--help", "-c"}) {
    const Outcome without = work->run({"run", "-p", "env", "python", option});
    CHECK(without.exit == 125);
    CHECK_THAT(without.err, Contains("-- python"));
  }
  // Whatever fails before the command begins.
  CHECK(work->run({"run", "--no-such-option", "--", "true"}).exit == 125);
  const Outcome json = work->run({"run", "--json", "-p", "env", "--", "true"});
  CHECK(json.exit == 125);
  CHECK(Json::parse(json.out)["exit_code"] == 125);
  CHECK_THAT(work->run({"run", "--help"}).out,
             Contains("  125  ") && Contains("  127  ") && !Contains("    2  "));
}

TEST_CASE("install: an allowed link script that fails is said, with its words") {
  Installing work;
  const std::string script = "echo no luck >&2; exit 3\n";
  work.channel().add_conda(ArchiveBuilder("setup").link_script("post-link", script));
  work.ask("setup");
  work->solve();
  work->write("envlock.yml", "policy: {link_scripts: [" + sha256_of(script).hex() + "]}\n");
  const Outcome outcome = work->run({"install", "-p", "env"});
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("exit status 3") && Contains("no luck"));
}

TEST_CASE("install: another platform's environment cannot be here") {
  const Installing work;
  const std::string lock = work->lock();
  work->write("environment.yml", "channels: [" + (work->dir().path() / "packages").string() +
                                     "]\nplatforms: [linux-aarch64]\ndependencies: []\n");
  work->solve();
  CHECK(work->run({"install", "-p", "env", "--platform", "linux-aarch64"}).exit == 8);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"install", "-p", "env"}, {"baseline", "-o", "b"}}) {
    const Outcome unsaid = work->run(command);
    CHECK(unsaid.exit == 2);
    CHECK_THAT(unsaid.err, Contains("--platform") && Contains("linux-aarch64"));
  }
  CHECK(work->run({"baseline", "-o", "b", "--platform", "linux-aarch64"}).exit == 0);
}

TEST_CASE("install --repair: what envlock.yml accepted, or no package brought, is none mended") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  work->write("env/bin/app", "tuned by the lab");
  fs::permissions(work->project() / "env/bin/app", fs::perms(0755));
  work->write("env/etc/app.conf", "broken");
  work->write("envlock.yml", "channel_priority: strict\n");
  REQUIRE(work->run({"verify", "env", "--lock", "envlock.lock", "--json", "-o", "r.json"}).exit ==
          1);
  const Json report = Json::parse(work->read("r.json"));
  for (const Json& finding : report["result"]["findings"]) {
    if (finding["path"] == "bin/app")
      REQUIRE(work->run({"accept", finding["id"], "--report", "r.json", "--reason", "tuned",
                         "--until", "2999-01-01"})
                  .exit == 0);
  }
  const Outcome repaired = work->run({"install", "-p", "env", "--repair"});
  INFO(repaired.err);
  REQUIRE(repaired.exit == 0);
  CHECK_THAT(repaired.out, Contains("mended etc/app.conf") && !Contains("mended bin/app"));
  CHECK_THAT(repaired.err,
             Contains("'bin/app' is the package's again, though envlock.yml accepts") &&
                 Contains("tuned"));
}

TEST_CASE(
    "install --repair: what envlock.yml accepts is not left, and the hint names envlock.yml") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  for (const std::string program : {"mine", "other"}) {
    work->write("env/bin/" + program, "#!/bin/sh\n");
    fs::permissions(work->project() / "env/bin" / program, fs::perms(0755));
  }
  fs::create_directory(work->project() / "policy");
  work->write("policy/envlock.yml", "channel_priority: strict\n");
  REQUIRE(work->run({"verify", "env", "--lock", "envlock.lock", "--json", "-o", "r.json"}).exit ==
          1);
  const Json report = Json::parse(work->read("r.json"));
  const auto accept = [&](const std::string& path) {
    for (const Json& finding : report["result"]["findings"]) {
      if (finding["path"] == path)
        REQUIRE(work->run({"accept", finding["id"], "--report", "r.json", "--reason", "ours",
                           "--until", "2999-01-01", "--project", "policy/envlock.yml"})
                    .exit == 0);
    }
  };
  accept("bin/mine");
  const auto repair = [&] {
    return work->run({"install", "-p", "env", "--repair", "--project", "policy/envlock.yml"});
  };
  const Outcome one = repair();
  INFO(one.err);
  REQUIRE(one.exit == 0);
  CHECK_THAT(one.err, Contains("1 finding is left that no new file mends") &&
                          Contains("envlock verify " + work.prefix() +
                                   " --lock envlock.lock --project policy/envlock.yml says which"));
  accept("bin/other");
  const Outcome none = repair();
  INFO(none.out);
  CHECK_THAT(none.err, !Contains("left that no new file"));
  CHECK_THAT(none.out, Contains("Nothing was wrong"));
}

TEST_CASE("install --repair: an earlier run's own stage is no damage") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  fs::create_directories(work->project() / "env/.envlock-stage/bin");
  work->write("env/.envlock-stage/bin/app", "#!/bin/sh\n");
  fs::permissions(work->project() / "env/.envlock-stage", fs::perms(0700));
  const Outcome seen = work->run({"verify", "env", "--lock", "envlock.lock"});
  CHECK(seen.exit == 1);
  CHECK_THAT(seen.out, Contains("EL228") && !Contains("EL231") && !Contains("accept"));
  const Outcome repaired = work->run({"install", "-p", "env", "--repair"});
  INFO(repaired.out);
  REQUIRE(repaired.exit == 0);
  CHECK_THAT(repaired.out, !Contains("mended"));
  CHECK(work->run({"verify", "env", "--lock", "envlock.lock"}).exit == 0);
}

TEST_CASE("install --repair: variables that conda keeps stay, and the earlier lock's go") {
  const Installing work;
  work->write("environment.yml", work->read("environment.yml") + "variables: {MODE: quick}\n");
  work->solve();
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  Json state = Json::parse(work->read("env/conda-meta/state"));
  state["env_vars"]["LICENCE"] = "port";
  work->write("env/conda-meta/state", state.dump());
  REQUIRE(work->run({"install", "-p", "env", "--repair"}).exit == 0);
  CHECK(Json::parse(work->read("env/conda-meta/state")) == state);
  work.ask("app");
  work->solve();
  const Outcome updated = work->run({"install", "-p", "env"});
  INFO(updated.err);
  REQUIRE(updated.exit == 0);
  state["env_vars"].erase("MODE");
  CHECK(Json::parse(work->read("env/conda-meta/state")) == state);
}

TEST_CASE("list: what pip installed is in it, as conda has it") {
  const Workspace work;
  const std::string site = "env/lib/python3.11/site-packages/";
  work.write("env/conda-meta/python-3.11.2-0.json",
             R"({"name":"python","version":"3.11.2","build":"0","build_number":0,)"
             R"("files":["lib/python3.11/site-packages/wheel-0.40.dist-info/METADATA"]})");
  work.write(site + "wheel-0.40.dist-info/METADATA", "Name: wheel\nVersion: 0.40\n");
  work.write(site + "Requests_Kit-2.0.dist-info/METADATA",
             "Metadata-Version: 2.1\nName: Requests-Kit\nVersion: 2.0.post1\n\nName: no\n");
  work.write(site + "odd-1.0.dist-info/METADATA", "Name: \x1b[31m\n");
  work.write(site + "left-1.0.dist-info/RECORD", "");
  const Json packages = work.json({"list", "env"})["result"]["packages"];
  REQUIRE(packages.size() == 3);
  CHECK(packages[0]["name"] == "odd");
  CHECK(packages[1]["name"] == "python");
  CHECK(packages[2]["name"] == "Requests-Kit");
  CHECK(packages[2]["version"] == "2.0.post1");
  CHECK(packages[2]["channel_url"] == "pypi");
  const Outcome text = work.run({"list", "env"});
  CHECK_THAT(text.out, Contains("Requests-Kit  2.0.post1  pypi_0  pypi\n"));
  CHECK_THAT(text.err, Contains("2 of them by pip"));
}

TEST_CASE("list: what a prefix says of itself") {
  const Installing work;
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const Outcome outcome = work->run({"list", "env"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("app   1.0") && Contains("lib   1.0"));
  const Json document = work->json({"list", "env"});
  CHECK(document["result"]["packages"][0]["name"] == "app");
  CHECK(document["result"]["packages"][0]["requested"] == true);
  CHECK(document["result"]["packages"][1]["requested"] == false);
  CHECK(work->run({"list", "."}).exit == 7);
}

TEST_CASE("baseline: the same lock gives the same bytes, from any folder and cache") {
  const Installing work;
  REQUIRE(work->run({"baseline", "-o", "one"}).exit == 0);
  REQUIRE(
      work->run({"baseline", "-o", "two", "--cache-dir", "other-cache", "--threads", "1"}).exit ==
      0);
  CHECK(work->read("one") == work->read("two"));
  CHECK_THAT(work->read("one"), Contains("bin/app") && !Contains(work->project().string()));
  CHECK(work->run({"baseline"}).exit == 2);
}

TEST_CASE("install: the runnable environment runs, imports and has commands and byte code") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Workspace work;
  work.write("environment.yml",
             "channels: [" + channel->string() +
                 "]\nplatforms: [linux-64]\ndependencies: [python, numpy, greeter]\n");
  work.solve({"--virtual-package", "__glibc=2.36"});
  const Outcome installed = work.run({"install", "-p", "an env"});
  INFO(installed.err);
  REQUIRE(installed.exit == 0);
  const fs::path prefix = work.project() / "an env";
  const Outcome outcome = run_program(
      (prefix / "bin/python3.11").string(),
      {"-c", "import numpy, ssl, sqlite3, sys; print(sys.prefix, numpy.arange(3).sum())"},
      {.cwd = work.project()});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK(outcome.out == prefix.string() + " 3\n");
  CHECK(fs::exists(prefix / "lib/python3.11/__pycache__/os.cpython-311.pyc"));
  CHECK(fs::exists(prefix / "lib/python3.11/site-packages/__pycache__/greeter.cpython-311.pyc") !=
        fs::exists(prefix / "lib/python3.11/site-packages/greeter/__pycache__"));
  // Byte code that a kill left out is made by the next run, and is in the records.
  const std::string record = "an env/conda-meta/";
  std::size_t removed = 0;
  for (const auto& entry : fs::directory_iterator(prefix / "conda-meta")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("greeter-") && !name.starts_with("python-3")) continue;
    Json json = Json::parse(work.read(record + name));
    Json& paths = json["paths_data"]["paths"];
    for (std::size_t i = paths.size(); i-- > 0;) {
      if (paths[i]["path_type"] != "pyc_file") continue;
      fs::remove(prefix / paths[i]["_path"].get<std::string>());
      Json& files = json["files"];
      for (std::size_t n = files.size(); n-- > 0;) {
        if (files[n] == paths[i]["_path"]) files.erase(n);
      }
      paths.erase(i);
      ++removed;
    }
    work.write(record + name, json.dump());
    work.write("pending", work.exists("pending") ? work.read("pending") + ", " : "");
    work.write("pending", work.read("pending") + Json(name.substr(0, name.size() - 5)).dump());
  }
  REQUIRE(removed > 0);
  work.write("an env/conda-meta/envlock.pending",
             "{\"byte_code\": [" + work.read("pending") + "], \"link_scripts\": []}");
  const Outcome taken_up = work.run({"install", "-p", "an env"});
  CHECK(taken_up.exit == 0);
  CHECK_THAT(taken_up.err, Contains("left undone"));
  // The same lock at the same place gives the same bytes, byte code included.
  fs::rename(prefix, work.project() / "moved");
  REQUIRE(work.run({"install", "-p", "an env", "--threads", "1"}).exit == 0);
  const Outcome difference =
      run_program("/usr/bin/diff", {"-r", "an env", "moved"}, {.cwd = work.project()});
  CHECK(difference.out.empty());
  CHECK(difference.exit == 0);
}

TEST_CASE("install --repair: records and the lock that were lost are made anew, as verify says") {
  const Packing work;
  REQUIRE(work->run({"baseline", "-o", "env.baseline"}).exit == 0);
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  const auto verify = [&] { return work->run({"verify", "env", "--baseline", "env.baseline"}); };
  REQUIRE(verify().exit == 0);
  SECTION("a record that cannot be read") { work->write("env/conda-meta/lib-1.0-0.json", "{"); }
  SECTION("one of no package") { work->write("env/conda-meta/other-1.0-0.json", "{"); }
  SECTION("the lock") { fs::remove(work.path("env/conda-meta/envlock.lock")); }
  SECTION("all of conda-meta") { fs::remove_all(work.path("env/conda-meta")); }
  CHECK(verify().exit == 1);
  CHECK(work->run({"install", "-p", "env"}).exit != 0);
  const Outcome repaired = work->run({"install", "-p", "env", "--repair"});
  INFO(repaired.err);
  REQUIRE(repaired.exit == 0);
  const Outcome after = verify();
  INFO(after.out);
  CHECK(after.exit == 0);
}

}  // namespace envlock::test
