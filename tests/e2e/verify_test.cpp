// `envlock verify` and `accept` through the built program, on prefixes that `install` made.
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/workspace.hpp"
#include "tests/support/channel_builder.hpp"
#include "tests/support/runnable_channel.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// An installed environment of a channel with real archives, with its lock and baseline.
class Installed {
 public:
  Installed() : channel_(work_.dir().path() / "packages") {
    channel_.add_conda(ArchiveBuilder("lib").file("lib/libzed.so.1", "library", 0755));
    channel_.add_tar_bz2(
        ArchiveBuilder("app")
            .depends({"lib"})
            .file("bin/app", "#!/bin/sh\necho app\n", 0755)
            .placeholder_text("etc/app.conf", "root=" + placeholder() + "\n")
            .placeholder_binary("share/app.bin",
                                std::string("a\0", 2) + placeholder() + std::string("/x\0z", 4)));
    work_.write("environment.yml",
                "channels: [" + channel_.path().string() +
                    "]\nplatforms: [linux-64]\ndependencies: [app]\nvariables: {APP_MODE: fast}\n");
    work_.solve();
    const Outcome installed = work_.run({"install", "-p", "env"});
    INFO(installed.err);
    REQUIRE(installed.exit == 0);
    REQUIRE(work_.run({"baseline", "-o", "env.baseline"}).exit == 0);
  }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }

  [[nodiscard]] Outcome verify(std::vector<std::string> more = {}) const {
    std::vector<std::string> args{"verify", "env", "--baseline", "env.baseline"};
    args.insert(args.end(), more.begin(), more.end());
    return work_.run(args);
  }
  /// Writes a file of the environment with the mode that packages have.
  void put(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    work_.write("env/" + name, text);
    REQUIRE(::chmod((work_.project() / "env" / name).c_str(), mode) == 0);
  }

 private:
  Workspace work_;
  ChannelBuilder channel_;
};

}  // namespace

TEST_CASE("verify: a fresh environment is clean against baseline, lock and itself") {
  const Installed env;
  const Outcome by_baseline = env.verify();
  INFO(by_baseline.out << by_baseline.err);
  CHECK(by_baseline.exit == 0);
  CHECK_THAT(by_baseline.out, Catch::StartsWith("env is as baseline env.baseline says: "));
  CHECK(by_baseline.err.empty());
  const Outcome by_lock = env->run({"verify", "env", "--lock", "envlock.lock", "--offline"});
  INFO(by_lock.out << by_lock.err);
  CHECK(by_lock.exit == 0);
  const Outcome by_itself = env->run({"verify", "env", "--self"});
  INFO(by_itself.out);
  CHECK(by_itself.exit == 0);
  CHECK_THAT(by_itself.out, Contains("not proof"));
  CHECK(env.verify({"--quiet"}).out.empty());
}

TEST_CASE("verify: one changed byte, one added program, one loosened permission") {
  const Installed env;
  SECTION("a byte") {
    env.put("lib/libzed.so.1", "librarY", 0755);
    const Outcome outcome = env.verify();
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("1 error") && Contains("lib/libzed.so.1 (lib 1.0 0)") &&
                                Contains("changed-file"));
    CHECK(env->run({"verify", "env", "--self", "--quiet"}).exit == 1);
  }
  SECTION("a program") {
    env.put("bin/new", "#!/bin/sh\n", 0755);
    CHECK_THAT(env.verify().out, Contains("extra-program"));
  }
  SECTION("a permission") {
    env.put("etc/app.conf", env->read("env/etc/app.conf"), 0666);
    CHECK_THAT(env.verify().out, Contains("writable-by-others") && Contains("chmod go-w"));
  }
  SECTION("an activation script of envlock's own") {
    env.put("bin/activate", env->read("env/bin/activate") + "\nevil\n");
    CHECK_THAT(env.verify().out, Contains("bin/activate (envlock)"));
    CHECK_THAT(env->run({"verify", "env", "--self"}).out, Contains("bin/activate (envlock)"));
  }
  SECTION("a variable") {
    env.put("conda-meta/state", "{\"env_vars\": {\"APP_MODE\": \"slow\"}}");
    CHECK_THAT(env.verify().out, Contains("APP_MODE changed") && !Contains("slow"));
    CHECK_THAT(env->run({"verify", "env", "--self"}).out, Contains("APP_MODE changed"));
  }
}

TEST_CASE("verify: what it is held against has to be said, once") {
  const Installed env;
  const Outcome none = env->run({"verify", "env"});
  CHECK(none.exit == 2);
  CHECK_THAT(none.err, Contains("--baseline FILE") && Contains("--lock LOCK"));
  CHECK(env->run({"verify", "env", "--self", "--baseline", "env.baseline"}).exit == 2);
  CHECK(env->run({"verify", "env", "--self", "--key", "x"}).exit == 2);
  CHECK(env->run({"verify", "none", "--baseline", "env.baseline"}).exit == 7);
  CHECK(env->run({"verify", "env", "--baseline", "none"}).exit == 7);
  env->write("bad.baseline", "{}");
  CHECK(env->run({"verify", "env", "--baseline", "bad.baseline"}).exit == 3);
}

TEST_CASE("verify: an empty folder is exit 1 whatever --fail-on says") {
  const Installed env;
  fs::create_directory(env->project() / "empty");
  const Outcome outcome =
      env->run({"verify", "empty", "--baseline", "env.baseline", "--fail-on", "none"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("nothing was checked"));
}

TEST_CASE("verify: a lock whose packages are in no cache asks for a baseline") {
  const Installed env;
  const std::vector<std::string> args{"verify",       "env",         "--lock",
                                      "envlock.lock", "--cache-dir", "other-cache"};
  // Those of a local channel are read from there.
  CHECK(env->run(args).exit == 0);
  const fs::path channel = env->dir().path() / "packages";
  fs::rename(channel, env->dir().path() / "away");
  fs::remove_all(env->project() / "other-cache");
  const Outcome outcome = env->run(args);
  INFO(outcome.err);
  CHECK(outcome.exit == 7);
  CHECK_THAT(outcome.err, Contains("--baseline"));
}

TEST_CASE("verify: --key wants the baseline's signature, before anything of it is read") {
  const Installed env;
  REQUIRE(env->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  REQUIRE(env->run({"keygen", "-o", "other", "--no-password"}).exit == 0);
  CHECK(env.verify({"--key", "k.pub"}).exit == 6);
  REQUIRE(env->run({"sign", "env.baseline", "--key", "k.key"}).exit == 0);
  const Outcome good = env.verify({"--key", "k.pub"});
  INFO(good.err);
  CHECK(good.exit == 0);
  CHECK_THAT(good.out, Contains("signed: key "));
  CHECK(env.verify({"--key", "other.pub"}).exit == 6);
  const Outcome missing = env.verify({"--key", "keys/none"});
  CHECK(missing.exit == 7);
  CHECK_THAT(missing.err, Contains("there is no key 'keys/none'"));
  env->write("bad.pub", "nonsense");
  const Outcome bad = env.verify({"--key", "bad.pub"});
  CHECK(bad.exit == 3);
  CHECK_THAT(bad.err, Contains("error: 'bad.pub' is no minisign public key"));
  env->write("env.baseline", env->read("env.baseline") + " ");
  CHECK(env.verify({"--key", "k.pub"}).exit == 6);
}

TEST_CASE("verify: --key takes the line of a key, also where a '/' stands in it") {
  const Installed env;
  // Of a key made for this test, until there is one: about every second line of base64 has a '/'.
  std::string line;
  for (int i = 0; i < 40 && line.find('/') == std::string::npos; ++i) {
    std::filesystem::remove(env->project() / "k.pub");
    std::filesystem::remove(env->project() / "k.key");
    REQUIRE(env->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
    const std::string text = env->read("k.pub");
    line = text.substr(text.find('\n') + 1, 56);
  }
  REQUIRE(line.find('/') != std::string::npos);
  REQUIRE(env->run({"sign", "env.baseline", "--key", "k.key"}).exit == 0);
  const Outcome good = env.verify({"--key", line});
  INFO(good.err);
  CHECK(good.exit == 0);
  CHECK_THAT(good.out, Contains("signed: key "));
  env->write("env.baseline", env->read("env.baseline") + " ");
  CHECK_THAT(env.verify({"--key", line}).err, Contains("'env.baseline'") && !Contains("''"));
}

TEST_CASE("verify: a baseline that lies in the prefix proves nothing without --key") {
  const Installed env;
  env.put("share/env.baseline", env->read("env.baseline"));
  const Outcome outcome = env->run({"verify", "env", "--baseline", "env/share/env.baseline"});
  CHECK_THAT(outcome.out, Contains("not proof: the baseline lies in the prefix that it judges"));
}

TEST_CASE("verify: -o writes the report whole, in each format") {
  const Installed env;
  env.put("bin/new", "x", 0755);
  for (const std::string format : {"json", "sarif", "junit", "markdown", "prometheus", "text"}) {
    INFO(format);
    const Outcome outcome = env.verify({"--format", format, "-o", "report." + format});
    CHECK(outcome.exit == 1);
    const std::string report = env->read("report." + format);
    CHECK_FALSE(report.empty());
    if (format == "json" || format == "sarif") CHECK(Json::accept(report));
  }
  CHECK(env.verify({"-o", "no/such/folder"}).exit == 7);
  CHECK(env.verify({"--json", "--format", "sarif"}).exit == 2);
  CHECK(env.verify({"--format", "gitlab"}).exit == 2);
  const Json document = env->json({"verify", "env", "--baseline", "env.baseline"});
  CHECK(document["exit_code"] == 1);
  CHECK(document["ok"] == true);
  CHECK(document["result"]["findings"][0]["rule"] == "EL231");
}

TEST_CASE("verify: no report is written into the prefix that is judged") {
  const Installed env;
  fs::create_symlink("env/etc/app.conf", env->project() / "link.json");
  for (const std::string file : {"env/r.json", "env/share/r.json", "link.json"}) {
    const Outcome report = env.verify({"--report", "json=" + file});
    CHECK(report.exit == 2);
    CHECK_THAT(report.err, Contains("lies in the prefix that is judged") &&
                               Contains("the next run would find it"));
    CHECK(env.verify({"--json", "-o", file}).exit == 2);
  }
  CHECK(env.verify().exit == 0);
}

TEST_CASE("baseline: a signature of what the file was before does not stay") {
  const Installed env;
  env->write("env.baseline.minisig", "a signature");
  const Outcome same = env->run({"baseline", "-o", "env.baseline"});
  CHECK(same.exit == 0);
  CHECK(fs::exists(env->project() / "env.baseline.minisig"));
  env->write("env.baseline", "an older one");
  const Outcome other = env->run({"baseline", "-o", "env.baseline"});
  CHECK(other.exit == 0);
  CHECK_THAT(other.err, Contains("removed 'env.baseline.minisig'") &&
                            Contains("envlock sign env.baseline --key"));
  CHECK_FALSE(fs::exists(env->project() / "env.baseline.minisig"));
}

TEST_CASE("accept: a finding is left out for these bytes and this time only") {
  const Installed env;
  env.put("bin/new", "tool", 0755);
  env->write("policy.yml", "# mine\nchannel_priority: strict\n");
  REQUIRE(env.verify({"--json", "-o", "report.json"}).exit == 1);
  const Json report = Json::parse(env->read("report.json"));
  const std::string id = report["result"]["findings"][0]["id"];
  const auto accept = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args{"accept", id, "--project", "policy.yml"};
    args.insert(args.end(), more.begin(), more.end());
    return env->run(args);
  };
  CHECK(accept({"--reason", "x", "--until", "2999-01-01"}).exit == 2);  // of which bytes?
  CHECK(accept({"--reason", "x", "--report", "report.json"}).exit == 2);
  CHECK(accept({"--until", "2999-01-01", "--report", "report.json"}).exit == 2);
  CHECK(accept({"--reason", "x", "--until", "2001-01-01", "--report", "report.json"}).exit == 2);
  const Outcome done =
      accept({"--reason", "it's the vendor's", "--until", "2999-01-01", "--report", "report.json"});
  INFO(done.err);
  REQUIRE(done.exit == 0);
  CHECK_THAT(done.out, Contains("bin/new"));
  CHECK_THAT(env->read("policy.yml"), Catch::StartsWith("# mine\nchannel_priority: strict\n"));

  const Outcome clean = env.verify({"--project", "policy.yml"});
  INFO(clean.out);
  CHECK(clean.exit == 0);
  CHECK_THAT(clean.out, Contains("accepted " + id) && Contains("it's the vendor's"));
  CHECK(env.verify().exit == 1);  // only where it is told
  CHECK(env.verify({"--project", "policy.yml", "--now", "2999-06-01"}).exit == 1);
  env.put("bin/new", "t00l", 0755);
  const Outcome changed = env.verify({"--project", "policy.yml"});
  CHECK(changed.exit == 1);
  CHECK_THAT(changed.out, Contains("other bytes than these were accepted"));
  // Not out of what is judged.
  env.put("policy.yml", env->read("policy.yml"));
  CHECK(env.verify({"--project", "env/policy.yml"}).exit == 6);
}

TEST_CASE("baseline --byte-code: proves byte code at any prefix, and tells of an exchanged body") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Workspace work;
  work.write("environment.yml", "channels: [" + channel->string() +
                                    "]\nplatforms: [linux-64]\n"
                                    "dependencies: [python 3.11.*, pip, greeter]\n");
  work.solve({"--virtual-package", "__glibc=2.36"});
  REQUIRE(work.run({"install", "-p", "an env", "--shared", "--baseline", "by-install"}).exit == 0);
  // Made elsewhere, of the lock alone: the same bytes.
  const Outcome made = work.run({"baseline", "--byte-code", "-o", "b"});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(work.read("b") == work.read("by-install"));
  CHECK_THAT(work.read("b"), !Contains(work.project().string()));
  const auto verify = [&] { return work.json({"verify", "an env", "--baseline", "b"}); };
  const Json fresh = verify();
  INFO(fresh.dump(1));
  CHECK(fresh["exit_code"] == 0);
  // Only what is made of a source with the prefix in it.
  CHECK(fresh["result"]["not_proved"]["files of byte code"] == 1);
  const std::string code =
      "an env/lib/python3.11/site-packages/greeter/__pycache__/__init__.cpython-311.pyc";
  std::string bytes = work.read(code);
  REQUIRE(bytes.size() > 40);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  work.write(code, bytes);
  const Json told = verify();
  REQUIRE(told["result"]["findings"].size() == 1);
  CHECK(told["result"]["findings"][0]["rule"] == "EL240");
  CHECK(told["result"]["findings"][0]["severity"] == "error");
  // Repaired, and byte code that was removed is no finding.
  REQUIRE(work.run({"install", "-p", "an env", "--repair", "--baseline", "by-repair"}).exit == 0);
  CHECK(work.read("b") == work.read("by-repair"));
  CHECK(verify()["exit_code"] == 0);
  fs::remove_all(work.project() / "an env/lib/python3.11/site-packages/greeter/__pycache__");
  CHECK(verify()["exit_code"] == 0);
}

TEST_CASE(
    "install: a source has the time that its package's byte code names, so that Python uses "
    "it as it is") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Workspace work;
  ChannelBuilder packages(work.dir().path() / "packages");
  // Magic of 3.11, flags, a time of 2009, 6 bytes of source; then what `x = 1` compiles to is not
  // needed: Python must find the header good first.
  const std::string site = "lib/python3.11/site-packages/";
  const std::string header("\xa7\r\r\n\0\0\0\0\xd2\x02\x96\x49\x06\0\0\0", 16);
  packages.add_conda(ArchiveBuilder("shipped")
                         .depends({"python"})
                         .file(site + "shipped.py", "x = 1\n")
                         .file(site + "__pycache__/shipped.cpython-311.pyc", header + "N"));
  work.write("environment.yml", "channels: [" + packages.path().string() + ", " +
                                    channel->string() +
                                    "]\nplatforms: [linux-64]\ndependencies: [shipped]\n");
  work.solve({"--virtual-package", "__glibc=2.36"});
  REQUIRE(work.run({"install", "-p", "env", "--baseline", "b"}).exit == 0);
  const fs::path source = work.project() / "env" / site / "shipped.py";
  struct stat facts {};
  REQUIRE(::stat(source.c_str(), &facts) == 0);
  CHECK(facts.st_mtim.tv_sec == 1234567890);
  const Outcome imported = run_program((work.project() / "env/bin/python3.11").string(),
                                       {"-c", "import shipped"}, work.options());
  CHECK(imported.exit != 0);  // 'N' is marshalled None, no code: Python did not look at the source
  CHECK_THAT(imported.err, Contains("Non-code object"));
  CHECK(work.run({"verify", "env", "--baseline", "b"}).exit == 0);
}

TEST_CASE("verify: a python environment after a week of work tells what should be told, no more") {
  const auto channel = runnable_channel();
  if (!channel) return;
  const Workspace work;
  work.write("environment.yml", "channels: [" + channel->string() +
                                    "]\nplatforms: [linux-64]\n"
                                    "dependencies: [python 3.11.*, numpy, pip, greeter]\n");
  work.solve({"--virtual-package", "__glibc=2.36"});
  REQUIRE(work.run({"install", "-p", "env dir", "--shared"}).exit == 0);
  REQUIRE(work.run({"baseline", "-o", "b"}).exit == 0);
  const auto verify = [&] { return work.json({"verify", "env dir", "--baseline", "b"}); };
  const Json fresh = verify();
  INFO(fresh.dump(1));
  CHECK(fresh["exit_code"] == 0);
  CHECK(fresh["result"]["findings"].empty());
  // Monday: byte code made anew, a user site, caches of numba and matplotlib at home, those of
  // fontconfig in the environment. Nothing of it is a finding.
  const std::string python = (work.project() / "env dir/bin/python3.11").string();
  const auto run = [&](const std::vector<std::string>& args) {
    const Outcome outcome = run_program(python, args, work.options());
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  };
  run({"-m", "compileall", "-q", "-f", "env dir/lib/python3.11/site-packages/greeter"});
  run({"-c", "import numpy, json, greeter"});
  work.write(".local/lib/python3.11/site-packages/mine.py", "x = 1\n");
  work.write(".local/lib/python3.11/site-packages/mine-1.dist-info/RECORD", "mine.py,,\n");
  work.write(".cache/numba/mine.nbc", "x");
  work.write(".cache/matplotlib/fontlist-v330.json", "{}");
  work.write("env dir/var/cache/fontconfig/a-le64.cache-8", "x");
  const Json monday = verify();
  INFO(monday.dump(1));
  CHECK(monday["exit_code"] == 0);
  // Until Friday: each thing that should be told is told once, as what it is, and nothing else is.
  work.write("env dir/etc/jupyter/labconfig/page_config.json", "{\"disabledExtensions\": {}}");
  work.write("env dir/lib/R/library/mine/DESCRIPTION", "Package: mine\n");
  work.write("env dir/lib/R/library/mine/R/mine.rdb", "x");
  work.write("env dir/lib/python3.11/site-packages/greeter/__pycache__/f-1.py311.nbi", "x");
  const std::string cache = "env dir/lib/python3.11/site-packages/greeter/__pycache__/";
  work.write(cache + "gone.cpython-311.opt-1.pyc", "x");
  const Json friday = verify();
  std::vector<std::string> told;
  for (const Json& finding : friday["result"]["findings"])
    told.push_back(finding["rule"].get<std::string>() + ' ' +
                   finding["severity"].get<std::string>() + ' ' +
                   finding["path"].get<std::string>());
  std::ranges::sort(told);
  CHECK(told ==
        std::vector<std::string>{"EL242 note lib/python3.11/site-packages/greeter/__pycache__/"
                                 "gone.cpython-311.opt-1.pyc",
                                 "EL245 warning lib/R",
                                 "EL247 warning lib/python3.11/site-packages/greeter/__pycache__",
                                 "EL250 note etc/jupyter"});
}

TEST_CASE("docs/verify.md: the service and the timer are such as systemd takes") {
  const Installed env;
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/verify.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::regex block("```ini\n([^`]*)```");
  std::vector<std::string> units;
  for (std::sregex_iterator at(text.begin(), text.end(), block), end; at != end; ++at)
    units.push_back((*at)[1]);
  REQUIRE(units.size() == 2);
  const std::string installed = "/usr/bin/envlock";
  REQUIRE(units[0].find(installed) != std::string::npos);
  units[0].replace(units[0].find(installed), installed.size(), envlock_program());
  env->write("envlock-verify.service", units[0]);
  env->write("envlock-verify.timer", units[1]);
  const auto shell = [&](const std::string& line) {
    return run_program("/bin/sh", {"-c", line}, env->options());
  };
  if (shell("command -v systemd-analyze").exit != 0) {
    WARN("SKIPPED: systemd-analyze is not installed");
    return;
  }
  const Outcome judged =
      shell("systemd-analyze verify ./envlock-verify.service ./envlock-verify.timer");
  INFO(judged.out << judged.err);
  CHECK(judged.exit == 0);
  CHECK(judged.err.find("envlock-verify") == std::string::npos);
}

TEST_CASE("verify: a run that comes to no verdict leaves no older report in its place") {
  const Installed env;
  const std::string place = fs::canonical(env->project() / "env").string();
  const std::vector<std::string> formats{"prometheus", "sarif", "junit",
                                         "markdown",   "json",  "text"};
  std::vector<std::string> args{"--quiet"};
  for (const std::string& format : formats) {
    args.emplace_back("--report");
    args.push_back(format + "=r." + format);
  }
  REQUIRE(env.verify(args).exit == 0);
  CHECK_THAT(env->read("r.prometheus"),
             Contains("envlock_verify_success{prefix=\"" + place + "\"} 1\n"));
  CHECK(Json::parse(env->read("r.json"))["ok"] == true);
  fs::rename(env->project() / "env.baseline", env->project() / "away");
  CHECK(env.verify(args).exit == 7);
  CHECK_THAT(env->read("r.prometheus"),
             Contains("envlock_verify_success{prefix=\"" + place + "\"} 0\n") &&
                 Contains("envlock_verify_exit_code{prefix=\"" + place + "\"} 7"));
  CHECK(Json::parse(env->read("r.json"))["exit_code"] == 7);
  CHECK(Json::parse(env->read("r.sarif"))["runs"][0]["invocations"][0]["executionSuccessful"] ==
        false);
  CHECK_THAT(env->read("r.junit"), Contains("<error "));
  CHECK_THAT(env->read("r.markdown"), Contains("no verdict"));
  CHECK_THAT(env->read("r.text"), Contains("was not judged"));
  // -o is one more of them; a signature that is missing is no verdict either.
  fs::rename(env->project() / "away", env->project() / "env.baseline");
  CHECK(env.verify({"--key", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", "--format",
                    "prometheus", "-o", "o.prom"})
            .exit == 6);
  CHECK_THAT(env->read("o.prom"), Contains("envlock_verify_exit_code{prefix=\"" + place + "\"} 6"));
  CHECK(env.verify({"--report", "pdf=x"}).exit == 2);
  CHECK(env.verify({"--report", "sarif"}).exit == 2);
  CHECK(env.verify({"--report", "sarif=x", "-o", "x"}).exit == 2);
}

TEST_CASE("verify: SARIF points to the lines of baseline and lock") {
  const Installed env;
  env.put("lib/libzed.so.1", "librarY", 0755);
  const auto location = [&](const std::string& file) {
    const Json sarif = Json::parse(env->read(file));
    return sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
  };
  const auto line = [&](const std::string& file, std::size_t number) {
    std::istringstream text(env->read(file));
    std::string found;
    for (std::size_t i = 0; i < number; ++i) std::getline(text, found);
    return found;
  };
  REQUIRE(env.verify({"--report", "sarif=b.sarif"}).exit == 1);
  Json at = location("b.sarif");
  CHECK(at["artifactLocation"]["uri"] == "env.baseline");
  CHECK_THAT(line("env.baseline", at["region"]["startLine"]),
             Contains("{\"path\":\"lib/libzed.so.1\""));
  REQUIRE(env->run({"verify", "env", "--lock", "envlock.lock", "--report", "sarif=l.sarif"}).exit ==
          1);
  at = location("l.sarif");
  CHECK(at["artifactLocation"]["uri"] == "envlock.lock");
  CHECK_THAT(line("envlock.lock", at["region"]["startLine"]), Contains("\"name\": \"lib\""));
}

TEST_CASE("accept: makes the envlock.yml that is not there, and takes a project's folder") {
  const Workspace work;
  const std::vector<std::string> args{
      "accept",  "EL231-0123456789ab", "--reason", "r",
      "--until", "2999-01-01",         "--sha256", std::string(64, 'a')};
  const auto accept_in = [&](const std::string& project) {
    std::vector<std::string> named = args;
    named.insert(named.end(), {"--project", project});
    return work.run(named);
  };
  const Outcome made = work.run(args);
  INFO(made.err);
  CHECK(made.exit == 0);
  CHECK_THAT(made.err, Contains("'envlock.yml' is new"));
  CHECK_THAT(work.read("envlock.yml"),
             Catch::StartsWith("policy:\n  accept:\n    - finding: EL231-0123456789ab\n"));
  work.write("policy/envlock.yml", "channel_priority: strict\n");
  const Outcome outcome = accept_in("policy");
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, !Contains("is new"));
  CHECK_THAT(work.read("policy/envlock.yml"), Contains("EL231-0123456789ab"));
  // Where it may not write, the lines themselves are said.
  const Outcome nowhere = accept_in("no/such/folder/envlock.yml");
  CHECK(nowhere.exit == 7);
  CHECK_THAT(nowhere.err, Contains("policy:\n") && Contains("  accept:\n") &&
                              Contains("- finding: EL231-0123456789ab\n"));
}

TEST_CASE("accept: an envlock.yml in the environment is refused, because verify refuses it") {
  const Installed env;
  env.put("bin/new", "#!/bin/sh\n", 0755);
  REQUIRE(env.verify({"--json", "-o", "report.json"}).exit == 1);
  const Json report = Json::parse(env->read("report.json"));
  const std::string id = report["result"]["findings"][0]["id"];
  const std::string sha256 = report["result"]["findings"][0]["sha256"];
  const auto accept = [&](std::vector<std::string> more) {
    std::vector<std::string> args{"accept", id, "--until", "2999-01-01", "--reason", "mine"};
    args.insert(args.end(), more.begin(), more.end());
    return env->run(args);
  };
  for (const std::string place : {"env", "env/etc/envlock.yml"}) {
    const Outcome refused = accept({"--report", "report.json", "--project", place});
    INFO(refused.err);
    CHECK(refused.exit == 2);
    CHECK_THAT(refused.err, Contains("lies in the environment '"));
    CHECK(accept({"--sha256", sha256, "--project", place}).exit == 2);
  }
  CHECK_FALSE(env->exists("env/envlock.yml"));
  CHECK(accept({"--report", "report.json", "--project", "envlock.yml"}).exit == 0);
  CHECK(env.verify({"--project", "envlock.yml"}).exit == 0);
  // In another environment it is nothing that verify would refuse.
  REQUIRE(env->run({"install", "-p", "other"}).exit == 0);
  CHECK(accept({"--report", "report.json", "--project", "other/envlock.yml"}).exit == 0);
}

TEST_CASE("accept: what changed since is accepted anew in the old entry's place") {
  const Installed env;
  env.put("bin/new", "tool", 0755);
  const auto accept = [&] {
    REQUIRE(env.verify({"--json", "-o", "report.json"}).exit == 1);
    const Json report = Json::parse(env->read("report.json"));
    const Outcome outcome =
        env->run({"accept", report["result"]["findings"][0]["id"], "--report", "report.json",
                  "--reason", "r", "--until", "2999-01-01", "--project", "policy.yml"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    return outcome.out;
  };
  CHECK_THAT(accept(), !Contains("older entry"));
  env.put("bin/new", "t00l", 0755);
  CHECK_THAT(env.verify({"--project", "policy.yml"}).out, Contains("'envlock accept' again"));
  CHECK_THAT(accept(), Contains("in the place of an older entry, for other bytes"));
  CHECK(env.verify({"--project", "policy.yml"}).exit == 0);
}

TEST_CASE("accept: a folder that lost some of its files is told as what it is by now") {
  const Installed env;
  fs::create_directories(env->project() / "env/extras");
  env.put("extras/tool", "#!/bin/sh\n", 0755);
  env.put("extras/table", "1", 0644);
  REQUIRE(env.verify({"--json", "-o", "report.json"}).exit == 1);
  const std::string id = Json::parse(env->read("report.json"))["result"]["findings"][0]["id"];
  REQUIRE(env->run({"accept", id, "--report", "report.json", "--reason", "r", "--until",
                    "2999-01-01", "--project", "policy.yml"})
              .exit == 0);
  REQUIRE(env.verify({"--project", "policy.yml"}).exit == 0);
  fs::remove(env->project() / "env/extras/tool");
  const Outcome less = env.verify({"--project", "policy.yml"});
  CHECK(less.exit == 1);
  CHECK_THAT(less.out, Contains("what was accepted here was other bytes, and another kind") &&
                           Contains("(" + id + ")") && !Contains("gone by now"));
  fs::remove_all(env->project() / "env/extras");
  CHECK_THAT(env.verify({"--project", "policy.yml"}).out,
             Contains("accepted, and gone by now: " + id));
}

TEST_CASE("verify: what cannot be opened is said with what would do") {
  const Installed env;
  const auto error_of = [&](const std::vector<std::string>& args) {
    const Outcome outcome = env->run(args);
    CHECK(outcome.exit == 7);
    CHECK_THAT(outcome.err, Contains("hint: "));
    return outcome.err;
  };
  CHECK_THAT(error_of({"verify", "env", "--baseline", "none"}), Contains("envlock baseline -o"));
  CHECK_THAT(error_of({"verify", "env", "--baseline", "env.baseline", "--project", "."}),
             Contains("git:REV:PATH"));
  CHECK_THAT(error_of({"verify", "env", "--lock", "none.lock"}), Contains("envlock solve"));
  CHECK_THAT(error_of({"verify", "none", "--self"}), Contains("folder"));
  CHECK_THAT(error_of({"baseline", "-o", "no/such/folder/b"}),
             Contains("check that the folder exists"));
  CHECK_THAT(error_of({"baseline", "env", "-o", "b"}), Contains("envlock solve"));
}

TEST_CASE("verify: names what it counts and is no finding, with -v and in JSON") {
  const Installed env;
  CHECK_THAT(env.verify().out,
             Contains("1 file of conda's own") && !Contains("conda-meta/history"));
  CHECK_THAT(env.verify({"-v"}).out, Contains("1 file of conda's own\n    conda-meta/history\n"));
  const Json named = Json::parse(env.verify({"--json"}).out)["result"]["named"];
  CHECK(named["files of conda's own"] == Json::array({"conda-meta/history"}));
}

TEST_CASE(
    "verify: an environment that was moved is told so, with what mends it, and then is right") {
  const Installed work;
  fs::rename(work->project() / "env", work->project() / "other place");
  const auto verify = [&] {
    return work->run({"verify", "other place", "--baseline", "env.baseline"});
  };
  const Outcome moved = verify();
  CHECK(moved.exit == 1);
  CHECK_THAT(moved.out, Contains("1 error, 0 warnings") && Contains("/env' and lies at '") &&
                            Contains("moved-prefix"));
  CHECK_THAT(work->run({"verify", "other place", "--self"}).out,
             Contains("moved-prefix") && Contains("1 error, 0 warnings"));
  CHECK_THAT(work->run({"verify", "other place", "--lock", "envlock.lock"}).out,
             Contains("to do     envlock install " +
                      (fs::canonical(work->project()) / "envlock.lock").string() + " --prefix '") &&
                 Contains("/other place' --repair\n    or        move it back\n"));
  const Outcome mended = work->run({"install", "--repair", "--prefix", "other place"});
  INFO(mended.err);
  REQUIRE(mended.exit == 0);
  CHECK(verify().exit == 0);
}

}  // namespace envlock::test
