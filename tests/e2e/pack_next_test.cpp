// `envlock pack`: what it says to do next, and the signature that it writes beside the pack.

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// The commands behind "there: " of what `pack` printed, one a line.
std::string steps_there(const std::string& out) {
  std::istringstream lines(out);
  std::string script;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("there: ");
    if (at == std::string::npos) continue;
    line = line.substr(at + std::string("there: ").size());
    script += line.substr(0, line.find("; or ")) + '\n';
  }
  return script;
}

}  // namespace

TEST_CASE("pack: the next steps that it prints work as they stand, for every form") {
  const Packing work;
  for (const std::string name : {"my env.tar.zst", "it's.tar.gz", "e.tar", "e.sh"}) {
    const Outcome packed = work->run({"pack", "-o", name});
    INFO(packed.out << packed.err);
    REQUIRE(packed.exit == 0);
    CHECK_THAT(packed.out, Contains("carry " + name + " and " + name + ".sha256"));
    CHECK_THAT(packed.out, Contains("telephone"));
    const bool says_zstd = packed.out.find("tar needs the program zstd") != std::string::npos;
    CHECK(says_zstd == name.ends_with(".zst"));
    const fs::path there = work->dir() / "there";
    fs::create_directory(there);
    fs::copy(work->project() / name, there);
    fs::copy(work->project() / (name + ".sha256"), there);
    const Outcome ran = shell(there, "set -e\n" + steps_there(packed.out) + "DIR/bin/app");
    INFO(ran.err);
    CHECK(ran.exit == 0);
    CHECK_THAT(ran.out, Contains("at " + (there / "DIR").string()));
    fs::remove_all(there);
  }
}

TEST_CASE("pack: the next steps of a signed pack check its signature, and work as they stand") {
  const Packing work;
  const std::string skip = have("minisign") ? "" : "minisign() { :; }\n";
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  REQUIRE(work->run({"keygen", "-o", "other", "--no-password"}).exit == 0);
  for (const std::string name : {"e.tar", "e.sh", "e/"}) {
    const Outcome packed = work->run({"pack", "-o", name, "--key", "k.key"});
    INFO(packed.out << packed.err);
    REQUIRE(packed.exit == 0);
    CHECK_THAT(packed.out, Contains(" --key KEY.pub"));
    if (name == "e/") continue;
    const fs::path there = work->dir() / "there";
    fs::create_directory(there);
    for (const std::string end : {"", ".sha256", ".minisig"})
      fs::copy(work->project() / (name + end), there);
    fs::copy(work->project() / "k.pub", there / "KEY.pub");
    const Outcome ran = shell(there, skip + "set -e\n" + steps_there(packed.out) + "DIR/bin/app");
    INFO(ran.out << ran.err);
    CHECK(ran.exit == 0);
    // The comment of the signature is one readable line.
    CHECK_THAT(ran.out, Contains("Signed by key ") && !Contains("\\x"));
    CHECK_THAT(ran.out, Contains("envlock-env verify --key KEY.pub"));
    const Outcome unpacked =
        work->run({"unpack", name, "-p", "env", "--key", "k.pub", "--no-byte-code"});
    INFO(unpacked.out << unpacked.err);
    CHECK_THAT(unpacked.out, Contains("Signed by key ") && !Contains("\\x"));
    CHECK_THAT(unpacked.out, Contains(" --key k.pub\n"));
    CHECK(work->run({"unpack", name, "-p", "no", "--key", "other.pub"}).exit == 6);
    fs::remove_all(work.path("env"));
    fs::remove_all(there);
  }
}

TEST_CASE("a signature that nobody checks is said, in one line, by each who could have") {
  const Packing work;
  const std::string said = "signed, and that was not checked: give the signer's key, --key KEY.pub";
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  const std::string plain = work.pack("plain.sh");
  const std::string pack = work.pack("e.sh", {"--key", "k.key"});
  const auto by_program = [&](const std::string& line) { return shell(work->project(), line).err; };
  CHECK_THAT(work->run({"unpack", plain, "-p", "plain"}).err, !Contains("checked"));
  CHECK_THAT(work->run({"unpack", pack, "-p", "env"}).err, Contains(said));
  CHECK_THAT(work->run({"unpack", pack, "-p", "two", "--key", "k.pub"}).err, !Contains("checked"));
  CHECK_THAT(by_program("sh e.sh three"), Contains(said));
  CHECK_THAT(by_program("sh e.sh --key k.pub four"), !Contains("checked"));
  CHECK_THAT(by_program("env/bin/envlock-env unpack"), Contains(said));
  CHECK_THAT(by_program("env/bin/envlock-env unpack --key k.pub"), !Contains("checked"));
  CHECK_THAT(by_program("env/bin/envlock-env verify"), Contains(said));
  CHECK_THAT(by_program("env/bin/envlock-env verify --key k.pub"), !Contains("checked"));
  const std::string manifest = "env/conda-meta/envlock.manifest";
  CHECK_THAT(work->run({"verify", "env", "--baseline", manifest}).err, Contains(said));
  CHECK_THAT(work->run({"verify", "env", "--baseline", manifest, "--key", "k.pub"}).err,
             !Contains("checked"));
  // One that was made later lies beside the pack alone.
  REQUIRE(work->run({"sign", plain, "--key", "k.key"}).exit == 0);
  const std::string beside = "which was not checked: minisign -V -p KEY.pub -m ";
  CHECK_THAT(work->run({"unpack", plain, "-p", "five"}).err, Contains(beside + plain));
  CHECK_THAT(by_program("sh plain.sh six"), Contains(beside));
}

TEST_CASE("pack: for one place, the next step is tar alone") {
  const Packing work;
  const std::string place = work.path("one place");
  const Outcome packed = work->run({"pack", "-o", "e.tar", "--dest-prefix", place});
  REQUIRE(packed.exit == 0);
  const Outcome ran =
      shell(work->project(), "set -e\n" + steps_there(packed.out) + "\"$1/bin/app\"", {place});
  INFO(packed.out << ran.err);
  CHECK(ran.exit == 0);
  CHECK_THAT(ran.out, Contains("at " + place));
}

TEST_CASE("pack: the signature is that of the bytes that were written") {
  const Packing work;
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  const Outcome packed = work->run({"pack", "-o", "e.tar.zst", "--key", "k.key"});
  INFO(packed.err);
  REQUIRE(packed.exit == 0);
  CHECK_THAT(packed.out, Contains("e.tar.zst.minisig") && Contains("minisign -V"));
  // `sign` reads the file anew; both write the same.
  const std::string signature = work->read("e.tar.zst.minisig");
  fs::remove(work->project() / "e.tar.zst.minisig");
  REQUIRE(work->run({"sign", "e.tar.zst", "--key", "k.key"}).exit == 0);
  CHECK(work->read("e.tar.zst.minisig") == signature);
}

TEST_CASE("pack: a name that no signature can hold is refused before any work") {
  const Packing work;
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  const std::vector<std::string> names = names_in(work->project());
  const Outcome refused = work->run({"pack", "-o", "a\tb.tar", "--key", "k.key"});
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err, Contains("signature"));
  CHECK(names_in(work->project()) == names);
}

TEST_CASE("pack: a channel folder is installed from elsewhere, by the lines that it prints") {
  Packing work;
  const Outcome packed = work->run({"pack", "-o", "channel/", "--format", "channel"});
  INFO(packed.out << packed.err);
  REQUIRE(packed.exit == 0);
  CHECK(work->read("channel/envlock.lock") == work->read("envlock.lock"));
  CHECK(names_in(work->project() / "channel") ==
        std::vector<std::string>{"envlock.lock", "linux-64", "noarch"});
  CHECK(names_in(work->project() / "channel/linux-64") ==
        std::vector<std::string>{"app-1.0-0.tar.bz2", "lib-1.0-0.conda", "repodata.json",
                                 "repodata.json.zst"});
  // The same as `fetch --to`, byte for byte.
  REQUIRE(work->run({"fetch", "--to", "fetched"}).exit == 0);
  fs::remove(work->project() / "fetched" / "envlock.lock");
  CHECK(shell(work->project(), "diff -r -x envlock.lock fetched channel").out.empty());

  // Elsewhere: neither the old channel nor the cache are there.
  const fs::path there = work->dir() / "there";
  fs::rename(work->project() / "channel", there);
  fs::rename(work.channel().path(), work->dir() / "gone");
  const std::size_t begin = packed.out.find("  channels:\n");
  REQUIRE(begin != std::string::npos);
  work->dir().write("there/envlock.yml",
                    packed.out.substr(begin + 2, packed.out.find("Next:") - begin - 2));
  RunOptions options = work->options();
  options.cwd = there;
  options.env["ENVLOCK_CACHE_DIR"] = (work->dir() / "new-cache").string();
  const Outcome installed =
      run_envlock({"install", "--offline", "--prefix", work.path("env")}, options);
  INFO(installed.err << read_file(there / "envlock.yml"));
  CHECK(installed.exit == 0);
  CHECK(shell(work->project(), "env/bin/app").out == "at " + work.path("env") + "\n");
}

TEST_CASE("pack: a channel goes into a folder of its own, and takes no option of packs") {
  Packing work;
  work->write("full/file", "mine");
  const std::vector<std::string> names = names_in(work->project());
  const auto refused = [&](std::vector<std::string> args, int exit, const std::string& says) {
    args.insert(args.begin(), {"pack", "--format", "channel"});
    const Outcome outcome = work->run(args);
    INFO(says << " <- " << outcome.err);
    CHECK(outcome.exit == exit);
    CHECK_THAT(outcome.err, Contains(says));
    CHECK(names_in(work->project()) == names);
  };
  refused({"-o", "full/"}, 7, "not an empty folder");
  refused({"-o", "channel"}, 2, "does not end in '/'");
  refused({"-o", "e.tar.zst"}, 2, "writes a folder");
  refused({"-o", "-"}, 2, "writes a folder");
  refused({"-o", "channel/", "--exclude", "*"}, 2, "--exclude");
  refused({"-o", "channel/", "--key", "k"}, 7, "k");
  refused({"-o", "channel/", "--platform", "osx-64"}, 2, "osx-64");
  fs::remove(work.channel().file("linux-64", "lib-1.0-0.conda"));
  refused({"-o", "channel/", "--offline"}, 5, "lib-1.0-0.conda");
}

}  // namespace envlock::test
