// `envlock pack --prefix`: an installed environment, verified first; what is not of its packages
// goes by explicit wish alone, and the pack names it.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "model/baseline.hpp"
#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// The small environment, installed at "env". Its python is no program: byte code is not wanted.
class Installed {
 public:
  Installed() {
    work.channel().add_conda(ArchiveBuilder("python", "3.11.2")
                                 .file("bin/python3.11", "no program", 0755)
                                 .file("lib/python3.11/os.py", "pass\n"));
    work.ask("app, python");
    const Outcome outcome = work->run({"install", "--prefix", "env", "--no-byte-code"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  }

  /// Writes below the prefix.
  void put(const std::string& path, const std::string& text, bool executable = false) const {
    const fs::path file = work->project() / "env" / path;
    fs::create_directories(file.parent_path());
    work->write("env/" + path, text);
    fs::permissions(file, executable ? fs::perms(0755) : fs::perms(0644));
  }
  [[nodiscard]] Outcome pack(const std::string& file, std::vector<std::string> more = {}) const {
    std::vector<std::string> args{"pack", "--prefix", "env", "-o", file};
    args.insert(args.end(), more.begin(), more.end());
    return work->run(args);
  }
  /// Requires that it is not packed, and that nothing is written. @return what was said
  std::string refused(int exit, const std::vector<std::string>& more = {}) const {
    const std::vector<std::string> names = names_in(work->project());
    const Outcome outcome = pack("refused.tar", more);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit == exit);
    CHECK(names_in(work->project()) == names);
    return outcome.out + outcome.err;
  }
  /// Packs, and unpacks it at `to`.
  void carry(const std::string& to, const std::vector<std::string>& more) const {
    const Outcome packed = pack(to + ".tar", more);
    INFO(packed.out << packed.err);
    REQUIRE(packed.exit == 0);
    const Outcome unpacked = work->run({"unpack", to + ".tar", "-p", to, "--no-byte-code"});
    INFO(unpacked.err);
    REQUIRE(unpacked.exit == 0);
    const Outcome verified =
        shell(work->project(), "\"$1/bin/envlock-env\" verify", {work.path(to)});
    INFO(verified.out << verified.err);
    CHECK(verified.exit == 0);
  }
  [[nodiscard]] Json facts(const std::string& prefix) const {
    return Json::parse(work->read(prefix + "/share/envlock/pack.json"));
  }

  Packing work;
};

const std::string site = "lib/python3.11/site-packages/";

}  // namespace

TEST_CASE("pack --prefix: of a clean prefix come the bytes of a pack of its lock") {
  const Installed env;
  for (const std::string name : {"e.tar.zst", "e.sh"}) {
    const std::string expected = read_file(env.work.pack(name));
    const Outcome packed = env.pack("p-" + name, {"--threads", "1"});
    INFO(packed.out << packed.err);
    REQUIRE(packed.exit == 0);
    CHECK(env.work->read("p-" + name) == expected);
  }
  REQUIRE(env.pack("again.tar.zst", {"--lock", "envlock.lock"}).exit == 0);
  CHECK(env.work->read("again.tar.zst") == env.work->read("e.tar.zst"));
}

TEST_CASE("pack --prefix: with a baseline neither packages nor a cache nor the lock are needed") {
  const Installed env;
  REQUIRE(env.work->run({"baseline", "-o", "env.baseline"}).exit == 0);
  REQUIRE(env.work->run({"unpack", env.work.pack("lock.tar"), "-p", "by-lock"}).exit == 0);
  env.carry("with-lock", {"--baseline", "env.baseline"});
  fs::rename(env.work->project() / "envlock.lock", env.work->dir() / "envlock.lock");
  fs::remove_all(env.work->dir() / "packages");
  env.carry("by-prefix",
            {"--baseline", "env.baseline", "--offline", "--cache-dir", "none", "--threads", "3"});
  CHECK_FALSE(env.work->exists("none"));
  CHECK(env.work->read("by-prefix.tar") == env.work->read("with-lock.tar"));
  for (const std::string name : {"bin/app", "etc/app.conf", "share/app.bin", "lib/libzed.so.1"}) {
    const std::string there = env.work.path("by-prefix");
    const std::string lock_text = env.work->read("by-lock/" + name);
    std::string expected = lock_text;
    for (std::size_t at = 0;
         (at = expected.find(env.work.path("by-lock"), at)) != std::string::npos;)
      expected.replace(at, env.work.path("by-lock").size(), there);
    if (name != "share/app.bin") CHECK(env.work->read("by-prefix/" + name) == expected);
  }
  CHECK(shell(env.work->project(), "by-prefix/bin/app").out ==
        "at " + env.work.path("by-prefix") + "\n");
  CHECK(read_file(env.work->project() / "by-prefix.tar").find(env.work->dir().path().string()) ==
        std::string::npos);
  // Of another lock it says nothing.
  env.work->write("other.lock", read_file(env.work->dir() / "envlock.lock") + "\n");
  CHECK_THAT(env.refused(3, {"--baseline", "env.baseline", "--lock", "other.lock"}),
             Contains("made from another lock"));
}

TEST_CASE("pack --prefix: a link on the way to the prefix changes nothing") {
  const Installed env;
  REQUIRE(env.work->run({"baseline", "-o", "env.baseline"}).exit == 0);
  REQUIRE(env.pack("a.tar", {"--baseline", "env.baseline"}).exit == 0);
  fs::create_directory_symlink("env", env.work->project() / "link");
  const Outcome packed =
      env.work->run({"pack", "--prefix", "link", "--baseline", "env.baseline", "-o", "b.tar"});
  INFO(packed.out << packed.err);
  REQUIRE(packed.exit == 0);
  CHECK(env.work->read("a.tar") == env.work->read("b.tar"));
}

TEST_CASE("pack --prefix: what is not as the packages say is named, and nothing is written") {
  const Installed env;
  SECTION("the same size, other bytes") {
    env.put("lib/libzed.so.1", "Library", true);
    CHECK_THAT(env.refused(1),
               Contains("lib/libzed.so.1") && Contains("EL203") && Contains("Nothing was packed"));
    CHECK_THAT(env.refused(1, {"--include", "lib/*"}), Contains("EL203"));
  }
  SECTION("several at once") {
    fs::remove(env.work->project() / "env/etc/app.conf");
    env.put(site + "sitecustomize.py", "print('hello')\n");
    env.put("bin/tool", "#!/bin/sh\n", true);
    fs::remove(env.work->project() / "env/lib/libzed.so");
    fs::create_symlink("libzed.copy", env.work->project() / "env/lib/libzed.so");
    CHECK_THAT(env.refused(1), Contains("EL201") && Contains("EL231") && Contains("EL232") &&
                                   Contains("EL205") && Contains("1 startup file"));
    const Json json = env.work->json({"pack", "--prefix", "env", "-o", "e.tar"});
    CHECK(json["exit_code"] == 1);
    CHECK(json["result"]["findings"].size() == 4);
    CHECK_FALSE(env.work->exists("e.tar"));
  }
  SECTION("a FIFO does not hold it up, and can only be left") {
    REQUIRE(::mkfifo((env.work->project() / "env/fifo").c_str(), 0644) == 0);
    CHECK_THAT(env.refused(1), Contains("EL209"));
    CHECK_THAT(env.refused(1, {"--include", "fifo"}), Contains("fifo"));
    CHECK(env.pack("e.tar", {"--exclude", "fifo"}).exit == 0);
  }
  SECTION("conda's leftovers and settings are never taken in silence") {
    env.put(".conda_trash/old", "x");
    env.put("lib/libzed.so.1.c~", "x");
    env.put("conda-meta/pinned", "app 1.0\n");
    env.put("conda-meta/state", R"({"env_vars":{"SECRET":"canary"},"version":1})");
    env.put("conda-meta/history", "==> 2026-01-01 <==\n# cmd: conda install -c /t/tk-canary/x\n");
    CHECK_THAT(env.refused(1), Contains(".conda_trash") && Contains("libzed.so.1.c~") &&
                                   Contains("pinned") && Contains("conda-meta/state"));
    CHECK_THAT(env.refused(1, {"--include", "*"}), Contains("conda-meta/state"));
    CHECK_THAT(env.refused(1, {"--exclude", "conda-meta/state", "--include", "conda-meta/pinned",
                               "--exclude", ".conda_trash", "--exclude", "*.c~"}),
               Contains("'conda-meta/pinned': it lies in conda-meta"));
    const Outcome packed = env.pack(
        "e.tar", {"--exclude", "conda-meta", "--exclude", ".conda_trash", "--exclude", "*.c~"});
    INFO(packed.out);
    REQUIRE(packed.exit == 0);
    CHECK(env.work->read("e.tar").find("canary") == std::string::npos);
  }
  SECTION("no environment at all") {
    fs::create_directory(env.work->project() / "empty");
    CHECK(env.work->run({"pack", "--prefix", "empty", "-o", "e.tar"}).exit == 1);
    CHECK(env.work->run({"pack", "--prefix", "none", "-o", "e.tar"}).exit == 7);
    CHECK_FALSE(env.work->exists("e.tar"));
  }
}

TEST_CASE(
    "pack --prefix: what no package brought is taken or left by explicit wish, and recorded") {
  const Installed env;
  const std::string prefix = env.work.path("env");
  env.put("bin/tool", "#!" + prefix + "/bin/app\n# not of " + prefix + "-2\n", true);
  env.put("share/data/one", "1");
  env.put("share/data/two", "2");
  fs::create_symlink(prefix + "/share/data/one", env.work->project() / "env/share/absolute");
  CHECK_THAT(env.refused(1), Contains("bin/tool") && Contains("share/data"));
  CHECK_THAT(env.refused(1, {"--include", "bin/*"}), Contains("share/data"));
  CHECK_THAT(env.refused(2, {"--include", "bin/tool", "--exclude", "share/dat"}),
             Contains("no file of the environment matches 'share/dat'"));

  env.carry("other", {"--include", "bin/tool", "--include", "share/absolute", "--exclude",
                      "share/data", "--include", "*/one"});
  CHECK(env.work->read("other/bin/tool") ==
        "#!" + env.work.path("other") + "/bin/app\n# not of " + prefix + "-2\n");
  CHECK(fs::read_symlink(env.work->project() / "other/share/absolute") == "data/one");
  CHECK(env.work->read("other/share/data/one") == "1");
  CHECK_FALSE(env.work->exists("other/share/data/two"));
  const Json facts = env.facts("other");
  REQUIRE(facts["accepted"].size() == 3);
  CHECK(facts["accepted"][0]["path"] == "bin/tool");
  CHECK(facts["accepted"][0]["reason"] == "--include bin/tool");
  CHECK(facts["accepted"][0]["sha256"] == sha256_of(env.work->read("env/bin/tool")).hex());
  CHECK_FALSE(facts.contains("no_proof"));

  // It moves like the rest, and a change of it is found.
  fs::rename(env.work->project() / "other", env.work->project() / "moved");
  REQUIRE(shell(env.work->project(), "moved/bin/envlock-env relocate").exit == 0);
  CHECK_THAT(env.work->read("moved/bin/tool"),
             Catch::StartsWith("#!" + env.work.path("moved") + "/bin/app\n"));
  env.work->write("moved/share/data/one", "3");
  CHECK(shell(env.work->project(), "moved/bin/envlock-env verify").exit == 1);
}

TEST_CASE("pack --prefix: what leads out of the prefix is not taken, or is told") {
  const Installed env;
  SECTION("links") {
    fs::create_symlink("/etc/passwd", env.work->project() / "env/absolute");
    fs::create_symlink("../../outside", env.work->project() / "env/share/relative");
    CHECK_THAT(env.refused(1, {"--include", "*"}),
               Contains("'absolute': it is a link to '/etc/passwd', outside of the prefix") &&
                   Contains("'share/relative'"));
  }
  SECTION("editable installs") {
    env.put(site + "easy-install.pth", "/home/canary/src\n");
    env.put(site + "__editable__.x.pth", "/home/canary/other\n");
    env.put(site + "harmless.pth", "# a comment\nimport sys\n");
    CHECK_THAT(env.refused(1), Contains("easy-install.pth") && Contains("__editable__.x.pth"));
    const Outcome packed = env.pack("e.tar", {"--include", site + "*"});
    REQUIRE(packed.exit == 0);
    CHECK_THAT(packed.err, Contains("names '/home/canary/src', which is outside") &&
                               Contains("names '/home/canary/other'") && !Contains("harmless"));
  }
  SECTION("what pip made names the prefix in scripts, and the place of its wheel") {
    const std::string prefix = env.work.path("env");
    const std::string info = site + "tiny-1.0.dist-info/";
    env.put(site + "tiny.py", "def main(): pass\n");
    env.put("bin/tiny", "#!" + prefix + "/bin/python\n", true);
    env.put(info + "direct_url.json", R"({"url": "file:///home/canary/tiny.whl"})");
    env.put(info + "RECORD", "tiny.py,,\n../../../bin/tiny,,\n" + info.substr(site.size()) +
                                 "RECORD,,\n" + info.substr(site.size()) + "direct_url.json,,\n");
    CHECK_THAT(env.refused(1), Contains("tiny 1.0 (pip)") && Contains("EL237"));
    CHECK_THAT(env.refused(1, {"--include", site + "*"}), Contains("bin/tiny"));
    env.carry("other", {"--include", "*tiny*"});
    CHECK(env.work->read("other/bin/tiny") == "#!" + env.work.path("other") + "/bin/python\n");
    CHECK_THAT(env.pack("again.tar", {"--include", "*tiny*"}).err,
               Contains("direct_url.json' names 'file:///home/canary/tiny.whl'"));
  }
  SECTION("a binary goes on naming the prefix, which is told") {
    env.put("lib/own.so", std::string("ELF\0", 4) + env.work.path("env") + "/lib");
    const Outcome packed = env.pack("e.tar", {"--include", "lib/own.so"});
    REQUIRE(packed.exit == 0);
    CHECK_THAT(packed.err, Contains("'lib/own.so' names this prefix"));
  }
}

TEST_CASE("pack --prefix: accepted findings go with the pack, for the accepted bytes alone") {
  const Installed env;
  env.put("etc/app.conf", "root=" + env.work.path("env") + "\nmine\n");
  fs::remove(env.work->project() / "env/share/app/tests/one");
  env.put("share/data", "data");
  const Outcome report =
      env.work->run({"verify", "env", "--lock", "envlock.lock", "--report", "json=report.json"});
  REQUIRE(report.exit == 1);
  env.work->write("policy.yml", "channel_priority: strict\n");
  const Json found = Json::parse(env.work->read("report.json"));
  for (const Json& finding : found["result"]["findings"]) {
    const Outcome accepted = env.work->run({"accept", finding["id"].get<std::string>(), "--report",
                                            "report.json", "--project", "policy.yml", "--until",
                                            "2999-01-01", "--reason", "ticket 4711"});
    INFO(accepted.err);
    REQUIRE(accepted.exit == 0);
  }
  env.refused(1);  // only where it is named
  env.carry("other", {"--project", "policy.yml"});
  CHECK(env.work->read("other/etc/app.conf") == "root=" + env.work.path("other") + "\nmine\n");
  CHECK_FALSE(env.work->exists("other/share/app/tests/one"));
  CHECK(env.work->read("other/share/data") == "data");
  const Json facts = env.facts("other");
  const Json& accepted = facts["accepted"];
  REQUIRE(accepted.size() == 3);
  for (const Json& item : accepted) {
    CHECK(item["reason"] == "ticket 4711");
    CHECK_THAT(item["finding"].get<std::string>(), Contains("EL2"));
  }
  CHECK(accepted[0]["path"] == "etc/app.conf");
  CHECK(accepted[0]["sha256"] == sha256_of(env.work->read("env/etc/app.conf")).hex());

  env.put("etc/app.conf", "other bytes\n");
  CHECK_THAT(env.refused(1, {"--project", "policy.yml"}), Contains("etc/app.conf"));
  env.put("policy.yml", env.work->read("policy.yml"));
  env.refused(6, {"--project", "env/policy.yml"});
}

TEST_CASE("pack --prefix: its own lock proves nothing, and only --self takes it") {
  const Installed env;
  fs::rename(env.work->project() / "envlock.lock", env.work->dir() / "envlock.lock");
  CHECK_THAT(env.refused(2), Contains("--self"));
  CHECK_THAT(env.refused(6, {"--lock", "env/conda-meta/envlock.lock"}), Contains("--self"));
  CHECK_THAT(env.refused(2, {"--self", "--lock", "x"}), Contains("contradicts"));
  // Beside that lock nobody looks for an envlock.yml.
  env.put("conda-meta/envlock.yml", "channels: [\n");
  CHECK_THAT(env.refused(1, {"--self"}), Contains("conda-meta/envlock.yml"));
  fs::remove(env.work->project() / "env/conda-meta/envlock.yml");
  env.carry("other", {"--self"});
  CHECK_THAT(env.facts("other")["no_proof"].get<std::string>(), Contains("its own lock"));
  // An unpacked one has a manifest, too, and needs no packages.
  fs::remove_all(env.work->dir() / "packages");
  const Outcome again = env.work->run({"pack", "--prefix", "other", "--self", "-o", "again.tar",
                                       "--offline", "--cache-dir", "none"});
  INFO(again.out << again.err);
  CHECK(again.exit == 0);
  CHECK_THAT(again.err, Contains("no proof"));
}

TEST_CASE("pack --prefix: options that contradict each other end before any work") {
  const Installed env;
  CHECK_THAT(env.refused(2, {"envlock.lock"}), Contains("--lock LOCK"));
  const auto wrong = [&](std::vector<std::string> args, const std::string& says) {
    args.insert(args.begin(), "pack");
    const Outcome outcome = env.work->run(args);
    CHECK(outcome.exit == 2);
    CHECK_THAT(outcome.err, Contains(says));
  };
  wrong({"--self", "-o", "e.tar"}, "needs '--prefix'");
  wrong({"--baseline", "b", "-o", "e.tar"}, "needs '--prefix'");
  wrong({"--prefix", "env", "-o", "channel/", "--format", "channel"},
        "channel is made of packages");
}

TEST_CASE("pack --include: verify is clean by a manifest that something from outside vouches for") {
  const Installed env;
  const Workspace& work = *env.work;
  REQUIRE(work.run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  REQUIRE(work.run({"keygen", "-o", "other", "--no-password"}).exit == 0);
  const std::string info = site + "tiny-1.0.dist-info/";
  env.put("bin/tool", "#!" + env.work.path("env") + "/bin/app\n", true);
  env.put("share/data/one", "1");
  env.put("bin/tiny", "#!" + env.work.path("env") + "/bin/python\n", true);
  env.put(info + "RECORD", "../../../bin/tiny,sha256=" + std::string(43, 'A') + ",\n" +
                               info.substr(site.size()) + "RECORD,,\n");
  const Json packed =
      work.json({"pack", "--prefix", "env", "-o", "e.tar", "--key", "k.key", "--include", "bin/*",
                 "--include", "share/data", "--include", site + "*"});
  REQUIRE(packed["exit_code"] == 0);
  const auto spoken = packed["result"]["spoken_digest"].get<std::string>();
  const auto sha256 = packed["result"]["manifest_sha256"].get<std::string>();
  const Outcome unpacked = work.run({"unpack", "e.tar", "-p", "there", "--no-byte-code"});
  REQUIRE(unpacked.exit == 0);
  const std::string manifest = env.work.path("there/conda-meta/envlock.manifest");
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", "there"});
    return work.run(more);
  };
  const auto by_manifest = [&](const std::string& option, const std::string& value) {
    return verify({"--baseline", manifest, option, value});
  };
  // The command that unpack prints is one of them.
  CHECK_THAT(unpacked.out, Contains("envlock verify " + env.work.path("there") + " --baseline " +
                                    manifest + " --digest " + spoken + '\n'));
  for (const auto& [option, value] : {std::pair<std::string, std::string>("--key", "k.pub"),
                                      {"--digest", spoken},
                                      {"--digest", sha256}}) {
    const Outcome clean = by_manifest(option, value);
    INFO(option << ' ' << value << '\n' << clean.out << clean.err);
    CHECK(clean.exit == 0);
    CHECK_THAT(clean.out, !Contains("not proof"));
    const Outcome there =
        shell(work.project(), "there/bin/envlock-env verify \"$1\" \"$2\"", {option, value});
    CHECK(there.exit == 0);
    CHECK_THAT(there.out, !Contains("not proof"));
  }
  CHECK_THAT(verify({"--baseline", manifest}).out, Contains("not proof"));
  CHECK(by_manifest("--key", "other.pub").exit == 6);
  CHECK(by_manifest("--digest", "0000-0000-0000-0000").exit == 6);
  CHECK(by_manifest("--digest", "0000-0000").exit == 2);
  CHECK(verify({"--self", "--digest", spoken}).exit == 2);
  CHECK(shell(work.project(), "there/bin/envlock-env verify --digest 0000-0000-0000-0000").exit ==
        6);

  // Against the lock they stay findings, which name that way, and never the digest that is there.
  const Outcome by_lock = verify({"--lock", "envlock.lock", "--report", "json=report.json"});
  CHECK(by_lock.exit == 1);
  CHECK_THAT(by_lock.out, !Contains(spoken));
  // What pip wrote of bin/tiny was right elsewhere.
  CHECK_THAT(by_lock.out, Contains("(tiny 1.0 (pip)): the file is not as the RECORD of its package "
                                   "says; it names this prefix, and that was another one"));
  CHECK_THAT(work.run({"verify", "env", "--lock", "envlock.lock"}).out,
             Contains("the RECORD of its package says\n"));
  const Json report = Json::parse(work.read("report.json"));
  std::vector<std::string> rules;
  for (const Json& finding : report["result"]["findings"]) {
    INFO(finding.dump());
    rules.push_back(finding["rule"]);
    CHECK_THAT(finding.dump(), Contains("--baseline " + manifest + " --key KEY.pub, or --digest"));
  }
  for (const std::string rule : {"EL229", "EL231", "EL237", "EL238", "EL250"})
    CHECK(std::ranges::count(rules, rule) > 0);
  CHECK(std::ranges::count(rules, "EL231") == 2);  // not bin/envlock-env

  // Who writes into the prefix, and into the manifest there, silences nothing.
  env.work->write("there/bin/evil", "#!/bin/sh\n");
  ::chmod(env.work.path("there/bin/evil").c_str(), 0755);
  Baseline edited = read_baseline(work.read("there/conda-meta/envlock.manifest"), "manifest");
  BaselineFile evil;
  evil.path = "bin/evil";
  evil.package = BaselineFile::own;
  evil.executable = true;
  evil.size_bytes = 10;
  evil.sha256 = sha256_of("#!/bin/sh\n");
  edited.files.insert(std::ranges::lower_bound(edited.files, evil.path, {}, &BaselineFile::path),
                      evil);
  work.write("there/conda-meta/envlock.manifest", write_baseline(edited));
  const Outcome still = verify({"--lock", "envlock.lock"});
  CHECK(still.exit == 1);
  CHECK_THAT(still.out, Contains("bin/evil") && Contains("EL229"));
  CHECK(by_manifest("--key", "k.pub").exit == 6);
  CHECK(by_manifest("--digest", spoken).exit == 6);
  CHECK_THAT(verify({"--baseline", manifest}).out, Contains("not proof"));
}

TEST_CASE("unpack --replace: what a pack brought on purpose is no local change") {
  const Installed env;
  const Workspace& work = *env.work;
  env.put("share/data/one", "1");
  REQUIRE(work.run({"pack", "--prefix", "env", "-o", "e.tar", "--include", "share/data/*"}).exit ==
          0);
  const std::vector<std::string> again{"unpack", "e.tar",          "-p",
                                       "there",  "--no-byte-code", "--replace"};
  for (int i = 0; i < 3; ++i) {
    const Outcome unpacked = work.run(again);
    INFO(unpacked.err);
    CHECK(unpacked.exit == 0);
    CHECK_THAT(unpacked.err, !Contains("local change"));
  }
  CHECK(work.run({"verify", "there", "--self"}).exit == 0);
  work.write("there/share/data/one", "2");
  const Outcome last = work.run(again);
  CHECK(last.exit == 0);
  CHECK_THAT(last.err, Contains("1 local change") && Contains("share/data/one"));
}

TEST_CASE("pack --exclude: verify leads from the lock to a command that ends clean") {
  const Installed env;
  const Workspace& work = *env.work;
  const Json packed = work.json({"pack", "-o", "e.tar", "--exclude", "share"});
  REQUIRE(packed["exit_code"] == 0);
  REQUIRE(work.run({"unpack", "e.tar", "-p", "there", "--no-byte-code"}).exit == 0);
  const Outcome by_lock = work.run({"verify", "there", "--lock", "envlock.lock"});
  INFO(by_lock.out);
  CHECK(by_lock.exit == 1);
  const std::string command = "verify " + env.work.path("there") + " --baseline " +
                              env.work.path("there/conda-meta/envlock.manifest");
  CHECK_THAT(by_lock.out, Contains("(pack --exclude): to prove that, envlock " + command) &&
                              !Contains("--replace"));
  const Outcome clean =
      work.run({"verify", "there", "--baseline", env.work.path("there/conda-meta/envlock.manifest"),
                "--digest", packed["result"]["spoken_digest"].get<std::string>()});
  INFO(clean.out);
  CHECK(clean.exit == 0);
}

TEST_CASE(
    "accept: what was accepted stays so when the environment is packed, moved and relocated") {
  const Installed env;
  const Workspace& work = *env.work;
  const std::string prefix = env.work.path("env");
  const std::string info = site + "tiny-1.0.dist-info/";
  env.put("bin/tool", "#!" + prefix + "/bin/app\n# not of " + prefix + "-2\nls " + prefix + "\n",
          true);
  env.put("share/data/one", "root=" + prefix + "\n");
  env.put("bin/tiny", "#!" + prefix + "/bin/python\n", true);
  env.put(info + "RECORD", "../../../bin/tiny,sha256=" + std::string(43, 'A') + ",\n" +
                               info.substr(site.size()) + "RECORD,,\n");
  work.write("policy.yml", "channel_priority: strict\n");
  const auto accept_all = [&](const std::string& where) {
    REQUIRE(work.run({"verify", where, "--lock", "envlock.lock", "--project", "policy.yml",
                      "--report", "json=report.json"})
                .exit == 1);
    const Json report = Json::parse(work.read("report.json"));
    for (const Json& finding : report["result"]["findings"]) {
      const Outcome accepted =
          work.run({"accept", finding["id"].get<std::string>(), "--report", "report.json",
                    "--project", "policy.yml", "--until", "2999-01-01", "--reason", "ticket 4711"});
      INFO(accepted.err);
      REQUIRE(accepted.exit == 0);
    }
  };
  const auto verify = [&](const std::string& where) {
    return work.run({"verify", where, "--lock", "envlock.lock", "--project", "policy.yml"});
  };
  accept_all("env");
  CHECK(verify("env").exit == 0);
  env.carry("there", {"--project", "policy.yml"});
  // What the pack brought beside them is new; all else is as it was accepted.
  const Outcome first = verify("there");
  INFO(first.out);
  CHECK_THAT(first.out, Contains("EL229") && Contains("1 error, 0 warnings, 0 notes"));
  accept_all("there");
  CHECK(verify("there").exit == 0);
  fs::create_directory(env.work.path("far-away"));
  fs::rename(env.work.path("there"), env.work.path("far-away/moved"));
  REQUIRE(work.run({"relocate", "far-away/moved"}).exit == 0);
  const Outcome moved = verify("far-away/moved");
  INFO(moved.out);
  CHECK(moved.exit == 0);
  work.write("far-away/moved/bin/tool",
             "#!" + env.work.path("far-away/moved") + "/bin/app\nrm -r /\n");
  CHECK_THAT(verify("far-away/moved").out, Contains("bin/tool"));
}

}  // namespace envlock::test
