// `envlock unpack` and `relocate`, bin/envlock-env and the self-extracting form through the built
// programs, on a small channel.

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// Every reference of the environment is to this place.
void require_home(const fs::path& prefix) {
  INFO(prefix);
  const std::string at = prefix.string();
  CHECK(read_file(prefix / "etc/app.conf") == "root=" + at + "\nno line end");
  CHECK(read_file(prefix / "etc/read-only.conf") == at + "\r\n\xE9\r\n");
  CHECK(run_program(at + "/bin/app", {}, {.cwd = "/"}).out == "at " + at + "\n");
  const std::string binary = read_file(prefix / "share/app.bin");
  const std::string text = at + "/b:" + at + "/x";
  CHECK(binary.size() == 2 + 255 + 3 + 255 + 4);
  CHECK(binary.substr(0, 2 + text.size()) == std::string("a\0", 2) + text);
  CHECK(binary.substr(2 + text.size()) == std::string(binary.size() - 3 - text.size(), '\0') + "z");
  CHECK(shell(prefix, "grep -rlF \"$1\" --exclude-dir=conda-meta .", {placeholder()}).out.empty());
}

/// Whether envlock-env finds files of packages that are not what the manifest says.
std::size_t errors_of(const fs::path& prefix, const std::string& options = {}) {
  const Outcome outcome = shell(prefix, "exec bin/envlock-env verify --json " + options);
  INFO(outcome.err);
  REQUIRE(outcome.exit <= 1);
  std::size_t errors = 0;
  const Json document = Json::parse(outcome.out);
  for (const Json& finding : document["result"]["findings"])
    errors += finding["severity"] == "error" ? 1U : 0U;
  return errors;
}

}  // namespace

TEST_CASE("relocate: programs that no package brought are named, not rewritten") {
  const Packing work;
  REQUIRE(work->run({"unpack", work.pack("e.tar.zst"), "-p", "a"}).exit == 0);
  const std::string text = "#!" + fs::canonical(work.path("a")).string() + "/bin/app\n";
  work->write("a/bin/mine", text);
  fs::rename(work.path("a"), work.path("b"));
  const Outcome moved = work->run({"relocate", "b"});
  CHECK(moved.exit == 0);
  CHECK_THAT(moved.err, Contains("warning: 1 program that no package brought starts") &&
                            Contains("bin/mine\n"));
  CHECK(work->read("b/bin/mine") == text);
  fs::rename(work.path("b"), work.path("c"));
  const Outcome by_itself = shell(work.path("c"), "exec bin/envlock-env relocate");
  CHECK(by_itself.exit == 0);
  CHECK_THAT(by_itself.err, Contains("bin/mine"));
  CHECK(work->json({"relocate", "c"})["result"]["stale_scripts"] == Json::array({"bin/mine"}));
}

TEST_CASE("unpack: the environment is at home where it is brought, and again after each move") {
  const Packing work;
  const std::string file = work.pack("e.tar.zst");
  const std::string odd = std::string(60, 'x') + " n\xC3\xA4" + std::string(80, 'y');
  for (const std::string& name : {std::string("a b"), odd}) {
    const Outcome outcome = work->run({"unpack", file, "-p", name});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    require_home(work.path(name));
  }
  const std::vector<std::string> beside = names_in(work->project());
  const std::vector<std::string> moves{"c", "d and e", "a b"};
  std::string from = "a b";
  for (const std::string& to : {moves[0], moves[1], std::string("f")}) {
    fs::rename(work.path(from), work.path(to));
    const Outcome moved = work->run({"relocate", to});
    INFO(moved.err);
    REQUIRE(moved.exit == 0);
    CHECK_THAT(moved.out, Contains("5 files made to run"));
    require_home(work.path(to));
    CHECK(errors_of(work.path(to)) == 0);
    CHECK_THAT(work->run({"relocate", to}).out, Contains("at home already"));
    from = to;
  }
  // As if it had been unpacked there at once, times and modes too.
  fs::rename(work.path("f"), work.path("moved"));
  REQUIRE(work->run({"unpack", file, "-p", "f"}).exit == 0);
  fs::rename(work.path("f"), work.path("other"));
  fs::rename(work.path("moved"), work.path("f"));
  REQUIRE(work->run({"relocate", "f"}).exit == 0);
  CHECK(difference(work.path("f"), work.path("other")).empty());
}

TEST_CASE("unpack: every form gives the same environment") {
  const Packing work;
  REQUIRE(work->run({"unpack", work.pack("e.tar.zst"), "-p", "env", "--threads", "1"}).exit == 0);
  fs::rename(work.path("env"), work.path("first"));
  for (const std::string name : {"e.tar.gz", "e.tar", "e.sh"}) {
    INFO(name);
    const Outcome outcome = work->run({"unpack", work.pack(name), "-p", "env", "--threads", "4"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(difference(work.path("env"), work.path("first")).empty());
    fs::remove_all(work.path("env"));
  }
  // After a plain tar, the environment's own program does the same.
  fs::create_directory(work.path("env"));
  REQUIRE(shell(work.path("env"), "umask 022; tar -xf ../e.tar").exit == 0);
  const Outcome early = shell(work.path("env"), "bin/envlock-env verify");
  CHECK(early.exit == 1);
  CHECK_THAT(early.out,
             Contains(": 1 error, 0 warnings, 0 notes") && Contains("not unpacked yet") &&
                 Contains("to do     " + work.path("env/bin/envlock-env") + " unpack\n"));
  const Outcome here = shell("/", "exec \"$1\" unpack", {work.path("env/bin/envlock-env")});
  INFO(here.err);
  REQUIRE(here.exit == 0);
  CHECK_THAT(here.out, Contains("Every file is what the manifest says"));
  require_home(work.path("env"));
  CHECK(difference(work.path("env"), work.path("first")).empty());
}

TEST_CASE("unpack: a prefix that would break Python's texts is refused, however it came to be") {
  const Packing work;
  const std::string file = work.pack("e.tar.zst");
  REQUIRE(work->run({"unpack", file, "-p", "env"}).exit == 0);
  for (const std::string name : {"o'brien", "a\"b", "a\\b"}) {
    const auto refused = [&](const Outcome& outcome) {
      INFO(name << ": " << outcome.err);
      CHECK(outcome.exit == 8);
      CHECK_THAT(outcome.err, Contains("nothing was written"));
    };
    refused(work->run({"unpack", file, "-p", name}));
    refused(shell(work->project(), "env/bin/envlock-env unpack \"$1\" \"$2\"", {file, name}));
    CHECK_FALSE(work->exists(name));
    fs::rename(work.path("env"), work.path(name));
    refused(work->run({"relocate", name}));
    refused(shell(work->project(), "\"$1/bin/envlock-env\" relocate", {name}));
    refused(shell(work->project(), "\"$1/bin/envlock-env\" unpack", {name}));
    fs::rename(work.path(name), work.path("env"));
    require_home(work.path("env"));
  }
}

TEST_CASE("unpack: a folder with something in it and a path that is too long stay as they are") {
  const Packing work;
  const std::string file = work.pack("e.tar.zst");
  work->write("full/mine", "mine");
  const Outcome full = work->run({"unpack", file, "-p", "full"});
  CHECK(full.exit == 8);
  CHECK_THAT(full.err, Contains("not empty"));
  CHECK(names_in(work.path("full")) == std::vector<std::string>{"mine"});
  work->write("file", "mine");
  CHECK(work->run({"unpack", file, "-p", "file"}).exit == 8);
  CHECK(work->read("file") == "mine");
  CHECK(work->run({"unpack", "no-such.tar.zst", "-p", "x"}).exit == 7);
  CHECK(work->run({"unpack", "-p", "x"}).exit == 2);
  CHECK(work->run({"unpack", file}).exit == 2);
  const std::vector<std::string> names = names_in(work->project());
  const std::string deep = std::string(120, 'p') + "/" + std::string(140, 'q');
  const Outcome too_long = work->run({"unpack", file, "-p", deep});
  CHECK(too_long.exit == 8);
  CHECK_THAT(too_long.err,
             Contains(std::to_string(work.path(deep).size()) + " bytes") && Contains("255"));
  CHECK(names_in(work->project()) == names);
  // An environment that is moved there keeps its old references, all of them.
  REQUIRE(work->run({"unpack", file, "-p", "env"}).exit == 0);
  fs::create_directory(work.path(std::string(120, 'p')));
  fs::copy(work.path("env"), work.path("copy"),
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::rename(work.path("env"), work.path(deep));
  const Outcome moved = work->run({"relocate", deep});
  CHECK(moved.exit == 8);
  CHECK_THAT(moved.err, Contains("255"));
  CHECK(shell("/", "diff -r --no-dereference \"$1\" \"$2\"", {work.path(deep), work.path("copy")})
            .out.empty());
}

TEST_CASE("unpack: the same pack once more is no work, and anything else there stays as it is") {
  const Packing work;
  REQUIRE(work->run({"keygen", "-o", "ours", "--no-password"}).exit == 0);
  REQUIRE(work->run({"keygen", "-o", "theirs", "--no-password"}).exit == 0);
  const std::string file = work.pack("e.tar.zst", {"--key", "ours.key"});
  REQUIRE(work->run({"unpack", file, "-p", "env"}).exit == 0);
  const std::string list = "find env -printf '%p %y %m %i %T@ %C@\n' | sort";
  const std::string before = shell(work->project(), list).out;
  const Json again = work->json({"unpack", file, "-p", "env", "--key", "ours.pub"});
  CHECK(again["exit_code"] == 0);
  CHECK(again["result"]["was_there"] == true);
  CHECK_THAT(work->run({"unpack", file, "-p", "env"}).out,
             Contains("'" + work.path("env") + "' holds this pack already"));
  const Outcome by_itself = shell(work->project(), "env/bin/envlock-env unpack e.tar.zst env");
  CHECK(by_itself.exit == 0);
  CHECK_THAT(by_itself.out, Contains("holds this pack already"));
  work.pack("e.tar", {"--key", "ours.key"});
  CHECK(work->run({"unpack", "e.tar", "-p", "env"}).exit == 0);  // another form of the same
  // Who writes it into a pipe comes to its end.
  const Outcome piped =
      shell(work->project(),
            "HOME=$3; export HOME; { cat \"$2\"; echo \"cat $?\" >&2; } | \"$1\" unpack - -p env",
            {envlock_program(), file, work->project().string()});
  CHECK_THAT(piped.out, Contains("holds this pack already"));
  CHECK_THAT(piped.err, Contains("cat 0\n"));
  // Who signed it is asked first, and a pack that begins damaged is none.
  CHECK(work->run({"unpack", file, "-p", "env", "--key", "theirs.pub"}).exit == 6);
  work->write("bad.tar", std::string(work->read("e.tar")).replace(600, 1, "X"));
  CHECK(work->run({"unpack", "bad.tar", "-p", "env"}).exit == 6);
  CHECK(shell(work->project(), list).out == before);
  // --replace brings it anew all the same.
  const Json replaced = work->json({"unpack", file, "-p", "env", "--replace"});
  CHECK(replaced["result"]["was_there"] == false);
  CHECK(replaced["result"]["previous"] == work.path(".env.envlock-previous"));

  const auto is_refused = [&](const std::string& pack) {
    const Outcome outcome = work->run({"unpack", pack, "-p", "env"});
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit == 8);
    CHECK_THAT(outcome.err, Contains("not empty"));
  };
  work.pack("less.tar", {"--exclude", "share/app"});
  is_refused("less.tar");
  work.pack("signed_by_others.tar", {"--key", "theirs.key"});
  is_refused("signed_by_others.tar");  // or the prefix could not be checked by that key
  const Outcome shared = work->run({"unpack", file, "-p", "env", "--shared"});
  CHECK(shared.exit == 0);
  CHECK_THAT(shared.err, Contains("who may enter '" + work.path("env") + "' stays as it was"));
  // Moved, or as tar extracted it: it does not run yet.
  fs::rename(work.path("env"), work.path("other"));
  REQUIRE(work->run({"relocate", "other"}).exit == 0);
  fs::rename(work.path("other"), work.path("env"));
  is_refused(file);
  fs::remove_all(work.path("env"));
  fs::create_directory(work.path("env"));
  REQUIRE(shell(work.path("env"), "tar -xf ../e.tar").exit == 0);
  is_refused("e.tar");
}

TEST_CASE("unpack: of several at once into one folder each ends well or says that another works") {
  const Packing work;
  const std::string file = work.pack("e.tar.zst");
  const Outcome all = shell(
      work->project(),
      "HOME=$3; export HOME; for i in 1 2 3 4; do { \"$1\" unpack \"$2\" -p env >out.$i 2>&1; "
      "echo $? >exit.$i; } & done; wait; cat exit.*; cat out.*",
      {envlock_program(), file, work->project().string()});
  INFO(all.out);
  std::size_t brought = 0;
  for (int i = 1; i <= 4; ++i) {
    const std::string said = work->read("out." + std::to_string(i));
    const std::string code = work->read("exit." + std::to_string(i));
    INFO(said);
    CHECK((code == "0\n" || code == "8\n"));
    if (code == "8\n")
      CHECK_THAT(said, Contains("another envlock is working") || Contains("not empty"));
    brought += said.find("Unpacked 2 packages") == std::string::npos ? 0U : 1U;
  }
  CHECK(brought == 1);
  require_home(work.path("env"));
  CHECK(errors_of(work.path("env")) == 0);
}

TEST_CASE("unpack: a mount point is filled from inside, and what a kill left there goes first") {
  const Packing work;
  const std::string file = work.pack("e.tar");
  if (!have("unshare") || shell("/", "unshare -Urm true").exit != 0) {
    WARN("SKIPPED: user namespaces are forbidden here");
    return;
  }
  fs::create_directory(work.path("env"));
  const auto in_mount = [&](const std::string& lines) {
    return run_program(
        "/usr/bin/env",
        {"unshare", "-Urm", "sh", "-c",
         "set -e; mount -t tmpfs -o mode=0755 none env; unpack() { \"$0\" unpack e.tar -p "
         "env \"$@\"; }; " +
             lines,
         envlock_program()},
        work->options());
  };
  const Outcome fresh = in_mount("unpack >/dev/null; env/bin/app; ls -A env");
  INFO(fresh.err);
  CHECK(fresh.out == "at " + work.path("env") + "\nbin\nconda-meta\netc\nlib\nshare\n");
  // As after a kill amid the move: some is there, the list says which.
  const Outcome again = in_mount(
      "mkdir -p env/.envlock-partial/share env/bin env/lib; touch env/bin/half; "
      "printf 'bin\\netc\\nlib\\n' >env/.envlock-partial/.moving; unpack >/dev/null; ls -A env "
      "env/bin");
  INFO(again.err);
  CHECK(again.exit == 0);
  CHECK_THAT(again.out,
             Contains("env:\nbin\nconda-meta\n") && !Contains("half") && !Contains("partial"));
  const Outcome mine =
      in_mount("mkdir env/.envlock-partial; touch env/mine; unpack || echo \"exit $?\"; ls env");
  CHECK(mine.out == "exit 8\nmine\n");
  CHECK_THAT(mine.err, Contains("'mine'"));
  CHECK_THAT(in_mount("mkdir -p env/.envlock-partial env/bin env/data; touch env/bin/half; "
                      "printf 'bin\\netc\\n' >env/.envlock-partial/.moving; unpack || true; "
                      "ls -A env env/.envlock-partial")
                 .out,
             Contains("env:\n.envlock-partial\nbin\ndata\n") && Contains(".moving"));
  // That run had ended but for its own folder: what is there by now is somebody's.
  const Outcome ended = in_mount(
      "unpack >/dev/null; mkdir env/.envlock-partial; touch env/lib/mine; "
      "printf 'bin\\nconda-meta\\nlib\\n' >env/.envlock-partial/.moving; "
      "unpack || echo \"exit $?\"; ls -A env; ls env/lib/mine");
  INFO(ended.err);
  CHECK(ended.out == "exit 8\nbin\nconda-meta\netc\nlib\nshare\nenv/lib/mine\n");
  CHECK(in_mount("mkdir env/lost+found; unpack >/dev/null; env/bin/app").out ==
        "at " + work.path("env") + "\n");
  const Outcome replaced = in_mount("unpack >/dev/null; unpack --replace || echo \"exit $?\"");
  CHECK(replaced.out == "exit 8\n");
  CHECK_THAT(replaced.err, Contains("mount point"));
}

TEST_CASE("unpack: --replace keeps what was there, and --rollback puts it back") {
  Packing work;
  const std::string old_pack = work.pack("old.tar.zst");
  work.channel().add_conda(ArchiveBuilder("extra").file("share/extra", "new"));
  work.ask("app, extra");
  const std::string new_pack = work.pack("new.tar.zst");
  REQUIRE(work->run({"unpack", old_pack, "-p", "env"}).exit == 0);
  work->write("env/mine", "mine");
  CHECK(work->run({"unpack", "--rollback", "-p", "env"}).exit == 8);
  CHECK(work->run({"unpack", new_pack, "-p", "env"}).exit == 8);
  CHECK(work->run({"unpack", new_pack, "-p", "env", "--replace", "--rollback"}).exit == 2);
  const Json replaced = work->json({"unpack", new_pack, "-p", "env", "--replace"});
  CHECK(replaced["result"]["previous"] == work.path(".env.envlock-previous"));
  CHECK(work->read("env/share/extra") == "new");
  CHECK_FALSE(work->exists("env/mine"));
  require_home(work.path("env"));
  CHECK(work->read(".env.envlock-previous/mine") == "mine");
  // A pack that is refused replaces nothing.
  std::string bytes = work->read("old.tar.zst");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  work->write("bad.tar.zst", bytes);
  const std::string kept = work.path(".env.envlock-previous/mine");
  CHECK(work->run({"unpack", old_pack, "-p", "env", "--replace"}).exit == 8);  // it would be lost
  fs::rename(kept, work.path("mine"));
  CHECK(work->run({"unpack", "bad.tar.zst", "-p", "env", "--replace"}).exit == 6);
  fs::rename(work.path("mine"), kept);
  CHECK(work->read("env/share/extra") == "new");
  for (const bool by_envlock : {true, false}) {
    const Outcome outcome =
        by_envlock ? work->run({"unpack", "--rollback", "-p", "env"})
                   : shell(work->project(), "env/bin/envlock-env unpack --rollback env");
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(work->exists("env/mine") == by_envlock);
    CHECK(work->exists("env/share/extra") != by_envlock);
    require_home(work.path("env"));
  }
}

TEST_CASE("unpack: --key wants the manifest signed by that key") {
  const Packing work;
  for (const std::string name : {"ours", "theirs"})
    REQUIRE(work->run({"keygen", "-o", name, "--no-password"}).exit == 0);
  const std::string file = work.pack("signed.tar.zst", {"--key", "ours.key"});
  const std::string plain = work.pack("plain.tar.zst");
  CHECK(work->exists("signed.tar.zst.minisig"));
  if (have("minisign")) {
    CHECK(shell(work->project(), "minisign -V -p ours.pub -m signed.tar.zst").exit == 0);
    CHECK(shell(work->project(), "minisign -V -p theirs.pub -m signed.tar.zst").exit != 0);
  }
  const Outcome wrong = work->run({"unpack", file, "-p", "env", "--key", "theirs.pub"});
  CHECK(wrong.exit == 6);
  const Outcome unsigned_pack = work->run({"unpack", plain, "-p", "env", "--key", "ours.pub"});
  CHECK(unsigned_pack.exit == 6);
  CHECK_THAT(unsigned_pack.err, Contains("not signed"));
  CHECK_FALSE(work->exists("env"));
  const Json right = work->json({"unpack", file, "-p", "env", "--key", "ours.pub"});
  CHECK_THAT(right["result"]["signed_by"].get<std::string>(), Contains("key "));
  if (have("minisign")) {
    CHECK(shell(work->project(),
                "minisign -V -p ours.pub -m env/conda-meta/envlock.manifest -x "
                "env/conda-meta/envlock.manifest.minisig")
              .exit == 0);
  }
  // The same from the environment itself, later.
  const std::string env = work.path("env");
  CHECK(errors_of(env, "--key ../ours.pub") == 0);
  CHECK(shell(env, "bin/envlock-env verify --key ../theirs.pub").exit == 6);
  REQUIRE(work->run({"unpack", plain, "-p", "unsigned"}).exit == 0);
  CHECK(shell(work.path("unsigned"), "bin/envlock-env verify --key ../ours.pub").exit == 6);
  // Who changes a file and the manifest cannot sign it.
  const std::string manifest = work->read("env/conda-meta/envlock.manifest");
  work->write("env/conda-meta/envlock.manifest",
              std::string(manifest).replace(manifest.find("\"size\":7"), 8, "\"size\":8"));
  CHECK(shell(env, "bin/envlock-env verify --key ../ours.pub").exit == 6);
}

TEST_CASE("unpack: who may enter is the option's, and what was forgotten is 0700") {
  const Packing work;
  const std::string file = work.pack("e.tar");
  const auto mode = [&](const std::string& name) {
    struct stat facts {};
    REQUIRE(::lstat(work.path(name).c_str(), &facts) == 0);
    return facts.st_mode & 07777U;
  };
  REQUIRE(work->run({"unpack", file, "-p", "shared", "--shared"}).exit == 0);
  CHECK(mode("shared") == 0755);
  REQUIRE(work->run({"unpack", file, "-p", "private", "--private"}).exit == 0);
  CHECK(mode("private") == 0700);
  const std::string program = work.path("shared/bin/envlock-env");
  REQUIRE(shell(work->project(), "umask 0; \"$1\" unpack e.tar forgotten", {program}).exit == 0);
  CHECK(mode("forgotten") == 0700);
  CHECK(shell(work.path("forgotten"), "find . ! -type l -perm /022").out.empty());
  CHECK(work->run({"unpack", file, "-p", "x", "--shared", "--private"}).exit == 2);
}

TEST_CASE(
    "envlock-env: verify names what was changed, added and opened, and info tells the digest") {
  const Packing work;
  const Json packed = work->json({"pack", "-o", "e.tar"});
  REQUIRE(work->run({"unpack", "e.tar", "-p", "env"}).exit == 0);
  const std::string env = work.path("env");
  REQUIRE(errors_of(env) == 0);
  const Json info = Json::parse(shell(env, "bin/envlock-env info --json").out);
  CHECK(info["result"]["manifest_sha256"] == packed["result"]["manifest_sha256"]);
  CHECK_THAT(
      shell(env, "bin/envlock-env info").out,
      Contains(packed["result"]["spoken_digest"].get<std::string>()) && Contains("app 1.0 0"));
  CHECK(shell("/", "eval \"$(\"$1\" activate)\" && echo \"$CONDA_PREFIX\"",
              {env + "/bin/envlock-env"})
            .out == env + "\n");
  if (have("fish")) {
    CHECK(run_program("/usr/bin/env",
                      {"fish", "--no-config", "-c",
                       "eval ($argv[1] activate --shell fish); and echo $CONDA_PREFIX",
                       env + "/bin/envlock-env"},
                      {.cwd = "/"})
              .out == env + "\n");
  }
  SECTION("one byte") {
    work->write("env/lib/libzed.so.1", "librarY");
    CHECK(errors_of(env) == 1);
    const Outcome outcome = shell(env, "bin/envlock-env verify");
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("lib/libzed.so.1"));
    CHECK(work->run({"relocate", "env"}).exit == 0);  // it does not name the prefix
    CHECK(shell(env, "bin/envlock-env unpack").exit == 6);
  }
  SECTION("the place of a file that names the prefix") {
    work->write("env/etc/app.conf", "root=/elsewhere\nno line end");
    CHECK(errors_of(env) == 1);
    fs::rename(env, work.path("moved"));
    const Outcome moved = work->run({"relocate", "moved"});
    CHECK(moved.exit == 6);
    CHECK_THAT(moved.err, Contains("etc/app.conf") && Contains("nothing was changed"));
    CHECK(work->read("moved/bin/app") == "#!/bin/sh\necho at " + env + "\n");
  }
  SECTION("a program more") {
    work->write("env/bin/helper", "#!/bin/sh\n");
    ::chmod((env + "/bin/helper").c_str(), 0755);
    CHECK_THAT(shell(env, "bin/envlock-env verify").out, Contains("bin/helper"));
  }
  SECTION("writable by others") {
    ::chmod((env + "/bin/app").c_str(), 0777);
    const Outcome outcome = shell(env, "bin/envlock-env verify");
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("bin/app"));
  }
}

TEST_CASE("envlock-env: wrong command lines are exit 2, a program that lies elsewhere exit 8") {
  const Packing work;
  REQUIRE(work->run({"unpack", work.pack("e.tar"), "-p", "env"}).exit == 0);
  const std::string env = work.path("env");
  for (const std::string line :
       {"", "no-such", "verify x", "activate --shell csh", "unpack --force x e d", "--nothing",
        "unpack --threads 0 a b", "unpack --key", "unpack one"}) {
    INFO(line);
    const Outcome outcome = shell(env, "bin/envlock-env " + line);
    CHECK(outcome.exit == 2);
    CHECK(outcome.out.empty());
  }
  const Json wrong = Json::parse(shell(env, "bin/envlock-env verify --json x").out);
  CHECK(wrong["command"] == "verify");
  CHECK(wrong["ok"] == false);
  CHECK(wrong["exit_code"] == 2);
  CHECK(wrong["error"]["kind"] == "usage");
  const Outcome help = shell(env, "bin/envlock-env --help");
  CHECK(help.exit == 0);
  // Every option is in the help, on a line that begins with it.
  for (const std::string option :
       {"--replace", "--host FILE", "--force CLASS", "--shared", "--no-byte-code", "--key KEY",
        "--json", "--threads N", "--shell SHELL"})
    CHECK_THAT(help.out, Contains("\n  " + option + " "));
  for (const std::string command :
       {"unpack", "relocate", "verify", "check-host", "info", "activate"})
    CHECK_THAT(help.out, Contains("envlock-env " + command + " "));
  fs::copy(work.path("env/bin/envlock-env"), work.path("alone"));
  CHECK(shell(work->project(), "./alone verify").exit == 8);
  REQUIRE(shell(work->project(), "./alone unpack e.tar by-alone").exit == 0);
  require_home(work.path("by-alone"));
  // The name under which users of other packers look for it.
  fs::rename(work.path("alone"), work.path("envlock-unpack"));
  REQUIRE(shell(work->project(), "./envlock-unpack e.tar by-name").exit == 0);
  require_home(work.path("by-name"));
}

TEST_CASE("envlock-env verify: next steps are those of a host that has no envlock") {
  const Packing work;
  REQUIRE(work->run({"unpack", work.pack("e.tar"), "-p", "env"}).exit == 0);
  fs::rename(work.path("env"), work.path("moved"));
  const Outcome moved = shell(work.path("moved"), "bin/envlock-env verify");
  CHECK(moved.exit == 1);
  CHECK_THAT(moved.out, Contains("to do     " + work.path("moved/bin/envlock-env") + " relocate"));
  fs::rename(work.path("moved"), work.path("env"));
  work->write("env/lib/libzed.so.1", "patched");
  work->write("env/share/notes.txt", "mine");
  work->write("env/bin/mine", "#!/bin/sh\n");
  fs::permissions(work.path("env/bin/mine"), fs::perms(0755));
  fs::remove(work.path("env/etc/app.conf"));
  fs::remove(work.path("env/conda-meta/history"));
  for (const Outcome& outcome : {moved, shell(work.path("env"), "bin/envlock-env verify")}) {
    CHECK(outcome.exit == 1);
    for (const std::string absent : {" envlock ", "environment.yml", "REPORT.json"})
      CHECK_THAT(outcome.out, !Contains(absent));
  }
  // What it says for a file that was changed works, as it stands but for the pack's name.
  const Outcome verified = shell(work.path("env"), "bin/envlock-env verify");
  const std::string step =
      work.path("env/bin/envlock-env") + " unpack --replace PACK " + work.path("env");
  CHECK_THAT(verified.out, Contains(step + '\n'));
  CHECK(shell(work->project(), "ln e.tar PACK && " + step).exit == 0);
  require_home(work.path("env"));
}

TEST_CASE("a tar that was cut or damaged is told as one, by envlock and by envlock-env") {
  const Packing work;
  const std::string whole = read_file(work.pack("e.tar"));
  REQUIRE(work->run({"unpack", "e.tar", "-p", "env"}).exit == 0);
  std::string damaged_header = whole;
  damaged_header[1] = static_cast<char>(damaged_header[1] ^ 1);
  const std::vector<std::pair<std::string, std::string>> files{
      {"cut at a member's header", whole.substr(0, whole.size() / 512 / 2 * 512)},
      {"cut within a block", whole.substr(0, whole.size() / 2 + 100)},
      {"without its end mark", whole.substr(0, whole.size() - 1024)},
      {"with another header", damaged_header}};
  for (const auto& [what, bytes] : files) {
    INFO(what);
    work->write("bad.tar", bytes);
    for (const Outcome& outcome :
         {work->run({"unpack", "bad.tar", "-p", "new"}),
          shell(work->project(), "exec env/bin/envlock-env unpack bad.tar new")}) {
      INFO(outcome.err);
      CHECK(outcome.exit == 6);
      CHECK_THAT(outcome.err, Contains("bad.tar' is no pack of envlock, or damaged") &&
                                  Contains("carry it over again, and compare its sha256"));
      CHECK_THAT(outcome.err, !Contains("rule") && !Contains("package"));
    }
    CHECK_FALSE(work->exists("new"));
  }
}

TEST_CASE("a self-extracting pack runs under any sh, from any path, and leaves nothing beside") {
  const Packing work;
  work.pack("e.sh");
  fs::create_directory(work.path("with space"));
  fs::rename(work.path("e.sh"), work.path("with space/e v1.sh"));
  const std::string file = work.path("with space/e v1.sh");
  CHECK(read_file(file).substr(0, 10) == "#!/bin/sh\n");
  const std::vector<std::string> names = names_in(work->project());
  const Outcome help = shell(work->project(), "\"$1\" --help", {file});
  CHECK(help.exit == 0);
  CHECK_THAT(help.out, Contains("usage: sh ") && Contains("extract nothing"));
  CHECK(shell(work->project(), "\"$1\"", {file}).exit == 2);
  CHECK(shell(work->project(), "\"$1\" one two", {file}).exit == 2);
  CHECK(names_in(work->project()) == names);
  for (const std::string with : {"", "dash", "bash", "busybox sh", "zsh", "ksh"}) {
    if (!with.empty() && !have(with.substr(0, with.find(' ')))) continue;
    INFO("by '" << with << "'");
    const Outcome outcome = shell(work.path("with space"),
                                  with + " \"./$1\" --threads 2 \"../an env/deep\"", {"e v1.sh"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    require_home(work.path("an env/deep"));
    CHECK(names_in(work.path("an env")) == std::vector<std::string>{"deep"});
    CHECK(names_in(work.path("with space")) == std::vector<std::string>{"e v1.sh"});
    const Outcome again = shell(work->project(), with + " \"$1\" 'an env/deep'", {file});
    CHECK(again.exit == 0);
    CHECK_THAT(again.out, Contains("holds this pack already"));
    CHECK(names_in(work.path("an env")) == std::vector<std::string>{"deep"});
    fs::remove_all(work.path("an env"));
  }
  // Cut or damaged anywhere, it says so and does nothing.
  const std::size_t archive =
      std::stoul(read_file(file).substr(read_file(file).find("at byte ") + 8, 12));
  const std::size_t script = read_file(file).find("\n}\n\x7F") + 3;
  REQUIRE(script < archive);
  for (const std::size_t size : {std::size_t{11}, std::size_t{12}, std::size_t{46}, std::size_t{56},
                                 std::size_t{70}, std::size_t{500}, std::size_t{1500}, script - 3,
                                 script, script + 100, archive / 2, archive - 1, archive}) {
    INFO("cut to " << size);
    work->write("cut.sh", read_file(file).substr(0, size));
    for (const std::string& with : shells()) {
      INFO("by '" << with << "'");
      const Outcome outcome = shell(work->project(), with + " cut.sh made/env");
      CHECK(outcome.exit != 0);
      CHECK_FALSE(outcome.err.empty());
      CHECK_FALSE(work->exists("made"));
      if (size >= script) CHECK(outcome.exit == 6);
    }
  }
  std::string flipped = read_file(file);
  flipped[archive / 2] = static_cast<char>(flipped[archive / 2] ^ 1);
  work->write("flipped.sh", flipped);
  const Outcome damaged = shell(work->project(), "sh flipped.sh env");
  CHECK(damaged.exit == 6);
  CHECK_THAT(damaged.err, Contains("cut or damaged"));
  CHECK_FALSE(work->exists("env"));
  // A .sh that lost its end writes nothing.
  const std::string bytes = read_file(file);
  work->write("cut.sh", bytes.substr(0, bytes.size() - 1000));
  CHECK(shell(work->project(), "sh cut.sh made/env").exit == 6);
  CHECK_FALSE(work->exists("made"));
}

TEST_CASE("unpack: who may enter is chosen and told alike by install, envlock and envlock-env") {
  const Packing work;
  const std::string pack = work.pack("e.tar");
  REQUIRE(work->run({"unpack", pack, "-p", "tool"}).exit == 0);
  const auto mode_told = [](const Outcome& outcome) {
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit == 0);
    const std::size_t from = outcome.out.find("', ") + 3;
    return outcome.out.substr(from, outcome.out.find_first_of(";.\n", from) - from);
  };
  const auto all_are = [&](const std::string& home, const std::string& told, mode_t mode) {
    RunOptions options = work->options({{"HOME", home}});
    INFO("home " << home);
    CHECK(mode_told(run_envlock({"install", "-p", "one"}, options)) == told);
    CHECK(mode_told(run_envlock({"unpack", pack, "-p", "two"}, options)) == told);
    CHECK(mode_told(run_program(work.path("tool/bin/envlock-env"), {"unpack", pack, "three"},
                                options)) == told);
    for (const char* const name : {"one", "two", "three"}) {
      struct stat facts {};
      REQUIRE(::stat(work.path(name).c_str(), &facts) == 0);
      CHECK((facts.st_mode & 0777U) == mode);
      fs::remove_all(work.path(name));
    }
  };
  all_are(work->project().string(), "private (0700)", 0700);
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root shares what lies outside of its home");
    return;
  }
  all_are((work->dir() / "home").string(),
          "shared (0755), because root installs it outside of its home", 0755);
}

}  // namespace envlock::test
