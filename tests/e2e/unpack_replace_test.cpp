// What `envlock unpack --replace` says of the environment that it replaces.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// Brings a pack over the environment "env", by envlock or by the program in it.
Outcome replace(const Packing& work, const std::string& pack, bool by_envlock) {
  if (by_envlock) return work->run({"unpack", pack, "-p", "env", "--replace"});
  return shell(work->project(), "env/bin/envlock-env unpack --replace \"$1\" env", {pack});
}

void add_moved(Packing& work, const std::string& version, const std::string& build) {
  work.channel().add_conda(
      ArchiveBuilder("moved", version, build).file("share/moved", version + build));
  fs::remove(work.path("envlock.lock"));
  work.ask("app, moved==" + version + '=' + build);
}

}  // namespace

TEST_CASE("unpack --replace: lists the work in the environment that the new one will not have") {
  const Packing work;
  const std::string pack = work.pack("e.tar");
  REQUIRE(work->run({"unpack", pack, "-p", "env"}).exit == 0);
  const bool by_envlock = GENERATE(true, false);
  SECTION("nothing where there is none") {
    const Outcome outcome = replace(work, pack, by_envlock);
    CHECK(outcome.exit == 0);
    CHECK_THAT(outcome.err, !Contains("local change"));
  }
  SECTION("files that were changed and that no package brought") {
    work->write("env/lib/libzed.so.1", "patched");
    work->write("env/share/notes.txt", "mine");
    work->write("env/conda-meta/history", "==> by hand <==\n");
    const Outcome outcome = replace(work, pack, by_envlock);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK_THAT(outcome.err, Contains("has 2 local changes") && Contains("  lib/libzed.so.1: ") &&
                                Contains("  share/notes.txt: "));
    CHECK(work->read(".env.envlock-previous/share/notes.txt") == "mine");
  }
  SECTION("twenty by name, the rest by count") {
    for (int i = 10; i < 35; ++i) work->write("env/bin/mine-" + std::to_string(i), "x");
    const Outcome outcome = replace(work, pack, by_envlock);
    REQUIRE(outcome.exit == 0);
    CHECK_THAT(outcome.err, Contains("has 25 local changes") && Contains("  bin/mine-29: ") &&
                                !Contains("mine-30") && Contains("and 5 more"));
  }
  SECTION("that the one kept before goes") {
    CHECK_THAT(replace(work, pack, by_envlock).err, !Contains("earlier --replace"));
    CHECK_THAT(replace(work, pack, by_envlock).err,
               Contains("kept makes room for this one\n") && !Contains("local change"));
  }
  SECTION("what was changed in the one kept before stands in the way, until somebody removes it") {
    work->write("env/share/notes.txt", "mine");
    work->write("env/lib/libzed.so.1", "patched");
    REQUIRE(replace(work, pack, by_envlock).exit == 0);
    const Outcome outcome = replace(work, pack, by_envlock);
    CHECK(outcome.exit == 8);
    CHECK_THAT(outcome.err, Contains("has 2 local changes, which would be lost with it") &&
                                Contains("lib/libzed.so.1: ") && Contains("share/notes.txt: ") &&
                                Contains("rm -r "));
    CHECK(work->read(".env.envlock-previous/share/notes.txt") == "mine");
    CHECK(work->exists("env/conda-meta/envlock.manifest"));
    fs::remove_all(work->project() / ".env.envlock-previous");
    CHECK(replace(work, pack, by_envlock).exit == 0);
  }
}

TEST_CASE("unpack --replace: what is older than before is named") {
  Packing work;
  add_moved(work, "1.9", "h1_0");
  const std::string older = work.pack("older.tar");
  add_moved(work, "1.10", "h1_9");
  const std::string newer = work.pack("newer.tar");
  add_moved(work, "1.10", "h1_10");
  const std::string newest = work.pack("newest.tar");
  REQUIRE(work->run({"unpack", older, "-p", "env"}).exit == 0);
  const auto said = [&](const std::string& pack, bool by_envlock) {
    const Outcome outcome = replace(work, pack, by_envlock);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    return outcome.err;
  };
  CHECK_THAT(said(newer, true), !Contains("back in time"));
  CHECK_THAT(said(newest, false), !Contains("back in time"));
  CHECK_THAT(said(newest, true), !Contains("back in time"));
  CHECK_THAT(said(newer, false),
             Contains("1 package is older") && Contains("  moved: 1.10 h1_10 -> 1.10 h1_9"));
  const Json result = work->json({"unpack", older, "-p", "env", "--replace"})["result"];
  REQUIRE(result["older"].size() == 1);
  CHECK(result["older"][0]["before"] == "1.10 h1_9");
  CHECK(result["older"][0]["after"] == "1.9 h1_0");
  CHECK(result["local_changes"].empty());
}

TEST_CASE("unpack --replace: packages that the pack does not have are named") {
  Packing work;
  add_moved(work, "1.9", "h1_0");
  const std::string with = work.pack("with.tar");
  fs::remove(work.path("envlock.lock"));
  work.ask("app");
  const std::string without = work.pack("without.tar");
  REQUIRE(work->run({"unpack", with, "-p", "env"}).exit == 0);
  const bool by_envlock = GENERATE(true, false);
  CHECK_THAT(replace(work, with, by_envlock).err, !Contains("does not have"));
  const Outcome outcome = replace(work, without, by_envlock);
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("the pack does not have 1 package of the environment") &&
                              Contains("  moved 1.9 h1_0\n") && !Contains("back in time"));
  REQUIRE(work->run({"unpack", with, "-p", "env", "--replace"}).exit == 0);
  const Json result = work->json({"unpack", without, "-p", "env", "--replace"})["result"];
  CHECK(result["gone"] == Json::array({"moved 1.9 h1_0"}));
  CHECK(result["older"].empty());
}

TEST_CASE("unpack --replace: what a kill left at each step is ended by the next run") {
  const Packing work;
  const std::string pack = work.pack("e.tar");
  REQUIRE(work->run({"unpack", pack, "-p", "env"}).exit == 0);
  work->write("env/share/is", "current");
  work->write(".env.envlock-previous/conda-meta/x", "");
  work->write(".env.envlock-previous/is", "previous");
  SECTION("a new one that never stood there is removed, and the previous one stays so") {
    work->write(".env.envlock-next/conda-meta/.envlock-incoming", "");
    const Outcome outcome = work->run({"unpack", "--rollback", "-p", "env"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(work->read("env/is") == "previous");
    CHECK_FALSE(work->exists(".env.envlock-next"));
  }
  SECTION("the old one that was exchanged becomes the previous one") {
    work->write("env/conda-meta/.envlock-incoming", "");
    work->write(".env.envlock-next/conda-meta/x", "");
    work->write(".env.envlock-next/is", "replaced");
    REQUIRE(work->run({"unpack", "--rollback", "-p", "env"}).exit == 0);
    CHECK(work->read("env/is") == "replaced");
    CHECK(work->read(".env.envlock-previous/share/is") == "current");
  }
  SECTION("one that was put aside comes back") {
    fs::rename(work.path("env"), work.path(".env.envlock-aside"));
    work->write(".env.envlock-next/conda-meta/.envlock-incoming", "");
    const Outcome outcome = work->run({"unpack", pack, "-p", "env", "--replace"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(work->read(".env.envlock-previous/share/is") == "current");
    for (const std::string name : {"next", "aside", "older", "partial"})
      CHECK_FALSE(work->exists(".env.envlock-" + name));
    CHECK_FALSE(work->exists("env/conda-meta/.envlock-incoming"));
  }
  SECTION("one that another process works on is not rolled back") {
    const Outcome busy =
        shell(work->project(), "exec 9<env; flock 9; \"$1\" unpack --rollback -p env",
              {std::string(envlock_program())});
    CHECK(busy.exit == 8);
    CHECK(work->read("env/share/is") == "current");
  }
}

TEST_CASE("unpack --replace: a damaged environment can be replaced") {
  const Packing work;
  const std::string pack = work.pack("e.tar");
  for (const bool by_envlock : {true, false}) {
    fs::remove_all(work.path("env"));
    REQUIRE(work->run({"unpack", pack, "-p", "env"}).exit == 0);
    fs::copy(work.path("env/bin/envlock-env"), work.path("program"),
             fs::copy_options::overwrite_existing);
    fs::remove(work.path("env/conda-meta/envlock.lock"));
    const Outcome outcome = by_envlock
                                ? replace(work, pack, true)
                                : shell(work->project(), "./program unpack --replace e.tar env");
    INFO(outcome.err);
    CHECK(outcome.exit == 0);
    CHECK(work->exists("env/conda-meta/envlock.lock"));
  }
}

TEST_CASE("unpack --replace: an environment that was installed is looked at, too") {
  const Packing work;
  const std::string pack = work.pack("e.tar");
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  work->write("env/share/notes.txt", "mine");
  const Json result = work->json({"unpack", pack, "-p", "env", "--replace"})["result"];
  REQUIRE(result["local_changes"].size() == 1);
  CHECK(result["local_changes"][0]["path"] == "share/notes.txt");
  CHECK(result["older"].empty());
  // envlock-env cannot judge it, and says so.
  REQUIRE(work->run({"install", "-p", "other"}).exit == 0);
  const Outcome outcome =
      shell(work->project(), "env/bin/envlock-env unpack --replace e.tar other");
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("is not known"));
}

TEST_CASE("a self-extracting pack puts the environment back that it replaced") {
  const Packing work;
  work.pack("e.sh");
  const auto run = [&](const std::string& args) {
    return shell(work->project(), "sh e.sh " + args);
  };
  REQUIRE(run("'an env'").exit == 0);
  work->write("an env/share/mine", "first");
  const Outcome none = run("--rollback 'an env'");
  CHECK(none.exit == 8);
  CHECK_THAT(none.err, Contains("no previous environment"));
  REQUIRE(run("--replace 'an env'").exit == 0);
  CHECK_FALSE(work->exists("an env/share/mine"));
  const Outcome back = run("--rollback 'an env'");
  INFO(back.err);
  CHECK(back.exit == 0);
  CHECK(work->read("an env/share/mine") == "first");
  CHECK(run("--rollback").exit == 2);
  const std::vector<std::string> names = names_in(work->project());
  CHECK(run("--rollback no/such").exit == 8);
  CHECK(names_in(work->project()) == names);
}

}  // namespace envlock::test
