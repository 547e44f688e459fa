// Tampering with a prefix, one thing at a time: each must be noticed as what it is, and nothing
// else may be told.
#include "verify/prefix_check.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "model/error.hpp"
#include "tests/verify/made_prefix.hpp"
#include "verify/policy.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

/// Whether `holds` does in a process that may not read everything: root gives the prefix and itself
/// to nobody.
template <class Holds>
bool as_unprivileged(const MadePrefix& prefix, const Holds& holds) {
  if (::geteuid() != 0) return holds();
  constexpr uid_t nobody = 65534;
  REQUIRE(::chown(prefix.dir().path().c_str(), nobody, nobody) == 0);
  for (const auto& entry : fs::recursive_directory_iterator(prefix.dir().path()))
    REQUIRE(::lchown(entry.path().c_str(), nobody, nobody) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool fits = false;
    try {
      fits =
          ::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0 && holds();
    } catch (...) {
      fits = false;
    }
    ::_exit(fits ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("verify: a fresh prefix is clean, whatever the number of threads") {
  const MadePrefix prefix;
  for (const std::size_t threads : {1U, 2U, 7U}) {
    const VerifyResult result = prefix.verify(threads);
    CHECK_THAT(brief(result), Catch::Equals(Lines{}));
    CHECK(result.files_checked == prefix.baseline().files.size());
    CHECK(result.packages == 3);
    CHECK(result.skipped.empty());
  }
}

TEST_CASE("verify: a prefix of every mode that install makes is clean") {
  const MadePrefix prefix("with a space");
  for (const mode_t mode : {0700U, 0755U, 0750U}) {
    REQUIRE(::chmod(prefix.path().c_str(), mode) == 0);
    CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  }
}

TEST_CASE("verify: the kernel without openat2 gives the same answers") {
  const MadePrefix prefix;
  VerifyRequest request = prefix.request();
  request.method = BeneathMethod::component_wise;
  CHECK_THAT(brief(verify_prefix(request, prefix.baseline())), Catch::Equals(Lines{}));
  prefix.write("lib/libzed.so.1.3",
               "\x7f"
               "ELF zEd");
  CHECK(brief(verify_prefix(request, prefix.baseline())) == Lines{"EL203 lib/libzed.so.1.3"});
}

TEST_CASE("verify: one changed byte is found, with both digests") {
  const MadePrefix prefix;
  prefix.write("lib/libzed.so.1.3",
               "\x7f"
               "ELF zeD");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL203");
  CHECK(finding.path == "lib/libzed.so.1.3");
  CHECK(finding.package == "libzed 1.0 0");
  CHECK(finding.expected == "sha256 " + sha256_of("\x7f"
                                                  "ELF zed")
                                            .hex());
  CHECK(finding.found == "sha256 " + sha256_of("\x7f"
                                               "ELF zeD")
                                         .hex());
  CHECK(finding.sha256 == sha256_of("\x7f"
                                    "ELF zeD"));
}

TEST_CASE("verify: a wrong size is told without reading the file") {
  const MadePrefix prefix;
  prefix.write("lib/libzed.so.1.3", "short");
  const VerifyResult result = prefix.verify();
  CHECK(only(result).found == "5 bytes");
  CHECK(only(result).sha256 == sha256_of("short"));
  // An EiB of nothing costs no time (V01).
  const fs::path file = prefix / "lib/libzed.so.1.3";
  if (::truncate(file.c_str(), off_t{1} << 42U) != 0) {
    WARN("SKIPPED: this file system has no such large files");
    return;
  }
  const Finding sparse = only(prefix.verify());
  CHECK(sparse.found == "4398046511104 bytes");
  CHECK_FALSE(sparse.sha256);
  VerifyRequest request = prefix.request();
  request.hash_all_evidence = true;
  CHECK_FALSE(only(verify_prefix(request, prefix.baseline())).sha256);
}

TEST_CASE("verify: a changed byte beside a placeholder is found, in text and in binaries") {
  const MadePrefix prefix;
  const std::string root = fs::canonical(prefix.path()).string();
  SECTION("text") {
    prefix.write("etc/tool.conf", "root = " + root + "/shore\n");
    CHECK(brief(prefix.verify()) == Lines{"EL203 etc/tool.conf"});
  }
  SECTION("another prefix") {
    prefix.write("etc/tool.conf", "root = " + std::string(root.size(), 'x') + "/share\n");
    CHECK(brief(prefix.verify()) == Lines{"EL203 etc/tool.conf"});
  }
  SECTION("the interpreter of a script") {
    std::string text = read_file(prefix / "bin/tool");
    text.replace(text.find("python3.11"), 10, "python3.12");
    prefix.write("bin/tool", text, true);
    CHECK(brief(prefix.verify()) == Lines{"EL203 bin/tool"});
  }
  SECTION("the padding of a binary") {
    std::string bytes = read_file(prefix / "share/zed/prefix.bin");
    bytes[bytes.size() - 3] = 'x';
    prefix.write("share/zed/prefix.bin", bytes);
    CHECK(brief(prefix.verify()) == Lines{"EL203 share/zed/prefix.bin"});
  }
}

TEST_CASE("verify: a prefix that is named through a link is judged where it lies") {
  const MadePrefix prefix;
  const fs::path link = prefix.dir().path() / "current";
  fs::create_directory_symlink("env", link);
  VerifyRequest request = prefix.request();
  request.prefix = link.string() + "/";
  CHECK_THAT(brief(verify_prefix(request, prefix.baseline())), Catch::Equals(Lines{}));
}

TEST_CASE("verify: missing files are told one by one, a missing package once") {
  const MadePrefix prefix;
  fs::remove(prefix / "etc/tool.conf");
  CHECK(brief(prefix.verify()) == Lines{"EL201 etc/tool.conf"});
  fs::remove(prefix / "bin/tool");
  fs::remove(prefix / "bin/.tool-post-link.sh");
  fs::remove_all(prefix / "etc");
  fs::remove(prefix / "conda-meta/tool-1.0-0.json");
  const VerifyResult result = prefix.verify();
  CHECK(brief(result) == Lines{"EL202 ", "EL222 "});
  CHECK(result.findings.front().package == "tool 1.0 0");
}

TEST_CASE("verify: a link that points elsewhere, and types that were exchanged") {
  const MadePrefix prefix;
  prefix.link("lib/libzed.so.1", "/tmp/evil.so");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL205");
  CHECK(finding.expected == "libzed.so.1.3");
  CHECK(finding.found == "/tmp/evil.so");

  fs::remove(prefix / "lib/libzed.so.1");
  prefix.write("lib/libzed.so.1", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL204 lib/libzed.so.1"});

  prefix.link("lib/libzed.so.1", "libzed.so.1.3");
  prefix.link("lib/python3.11/os.py", "/etc/passwd");
  const Finding link = only(prefix.verify());
  CHECK(link.rule == "EL204");
  CHECK(link.found == "a symbolic link to /etc/passwd");

  fs::remove(prefix / "lib/python3.11/os.py");
  fs::create_directory(prefix / "lib/python3.11/os.py");
  CHECK(brief(prefix.verify()) == Lines{"EL204 lib/python3.11/os.py"});
}

TEST_CASE("verify: a folder that became a link is one finding, and is not followed") {
  const MadePrefix prefix;
  fs::rename(prefix / "lib/python3.11", prefix.dir().path() / "moved");
  fs::create_directory_symlink("../../moved", prefix / "lib/python3.11");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL204");
  CHECK(finding.path == "lib/python3.11");
}

TEST_CASE("verify: FIFOs, sockets and devices never block (V01)") {
  const MadePrefix prefix;
  fs::remove(prefix / "lib/python3.11/os.py");
  REQUIRE(::mkfifo((prefix / "lib/python3.11/os.py").c_str(), 0644) == 0);
  REQUIRE(::mkfifo((prefix / "bin/extra").c_str(), 0644) == 0);
  CHECK(brief(prefix.verify()) == Lines{"EL209 bin/extra", "EL204 lib/python3.11/os.py"});
}

TEST_CASE("verify: an unreadable folder or file is one finding, and nothing in it is missing") {
  const MadePrefix prefix;
  REQUIRE(::chmod((prefix / "lib/python3.11").c_str(), 0) == 0);
  REQUIRE(::chmod((prefix / "etc/tool.conf").c_str(), 0) == 0);
  const bool fits = as_unprivileged(prefix, [&] {
    const VerifyResult result = prefix.verify(1);
    return brief(result) == Lines{"EL206 etc/tool.conf", "EL206 lib/python3.11"} &&
           result.skipped.at("unreadable") == 1;
  });
  ::chmod((prefix / "lib/python3.11").c_str(), 0755);
  CHECK(fits);
}

TEST_CASE("verify: nothing that was checked is a finding of its own") {
  const TempDir dir;
  const MadePrefix prefix;
  VerifyRequest request = prefix.request();
  request.prefix = dir.path().string();
  const VerifyResult result = verify_prefix(request, prefix.baseline());
  CHECK(result.files_checked == 0);
  CHECK(brief(result) == Lines{"EL200 "});
  request.prefix = (dir / "none").string();
  CHECK_THROWS_AS(verify_prefix(request, prefix.baseline()), IoError);
  const fs::path file = dir.write("file", "x");
  request.prefix = file.string();
  CHECK_THROWS_AS(verify_prefix(request, prefix.baseline()), IoError);
}

TEST_CASE("verify: the same findings in the same order from any number of threads") {
  const MadePrefix prefix;
  for (int i = 0; i < 300; ++i) prefix.write("share/x/f" + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 40; ++i) prefix.write("bin/p" + std::to_string(i), "#!", true);
  prefix.write("lib/libzed.so.1.3", "x");
  const VerifyResult one = prefix.verify(1);
  CHECK(one.findings.size() == 42);
  for (int i = 0; i < 5; ++i) {
    const VerifyResult many = prefix.verify(8);
    CHECK(brief(many) == brief(one));
    REQUIRE(many.findings.size() == one.findings.size());
    for (std::size_t at = 0; at < one.findings.size(); ++at) {
      CHECK(many.findings[at].sha256 == one.findings[at].sha256);
      CHECK(many.findings[at].found == one.findings[at].found);
    }
  }
}

TEST_CASE("verify: a prefix held against its own records, which tell less") {
  const MadePrefix prefix;
  CHECK_THAT(brief(prefix.verify_itself()), Catch::Equals(Lines{}));
  prefix.write("lib/libzed.so.1.3",
               "\x7f"
               "ELF zeD");
  prefix.write("etc/tool.conf", "root = /\n");
  fs::remove(prefix / "bin/tool");
  prefix.write("bin/new", "#!/bin/sh\n", true);
  CHECK(brief(prefix.verify_itself()) ==
        Lines{"EL231 bin/new", "EL201 bin/tool", "EL203 etc/tool.conf", "EL203 lib/libzed.so.1.3"});
  prefix.write("conda-meta/tool-1.0-0.json", "{");
  CHECK(brief(prefix.verify_itself()).at(1) == "EL231 bin/new");
  const TempDir empty;
  VerifyRequest request = prefix.request();
  request.prefix = empty.path().string();
  CHECK(brief(verify_prefix_by_itself(request)) == Lines{"EL200 "});
}

TEST_CASE(
    "verify --self: a link that leaves the prefix is told, though no record knows links' texts") {
  const MadePrefix prefix;
  prefix.link("lib/libzed.so.1", "libzed.so.1.2");
  CHECK_THAT(brief(prefix.verify_itself()), Catch::Equals(Lines{}));
  for (const char* target : {"/tmp/libzed.so.1.3", "../../libzed.so.1.3"}) {
    prefix.link("lib/libzed.so.1", target);
    CHECK(brief(prefix.verify_itself()) == Lines{"EL205 lib/libzed.so.1"});
  }
}

TEST_CASE("verify: a folder that is another one is told so, and nothing else of it") {
  const TempDir dir;
  const MadePrefix prefix;
  VerifyRequest request = prefix.request();
  request.prefix = dir.path().string();
  // A folder of somebody's, with files that happen to have the names of some.
  dir.write("bin/tool", "other");
  dir.write("lib/python3.11/os.py", "other");
  dir.write("share/notes.txt", "x");
  dir.write("bin/more", "x");
  const VerifyResult result = verify_prefix(request, prefix.baseline());
  CHECK(brief(result) == Lines{"EL200 "});
  CHECK_THAT(result.findings.front().found, Catch::Contains("no conda-meta"));
  CHECK(fails(result.findings, FailOn::none));
  // An environment that lost its records is still judged.
  fs::remove_all(prefix / "conda-meta");
  prefix.write("bin/new", "#!/bin/sh\n", true);
  const Lines told = brief(prefix.verify());
  CHECK(told.front() != "EL200 ");
  CHECK(std::ranges::find(told, "EL231 bin/new") != told.end());
}

TEST_CASE("verify: what a killed install left is one finding that leads, and nobody's file") {
  const MadePrefix prefix;
  const bool has_journal = GENERATE(true, false);
  prefix.write(".envlock-stage/bin/tool", "#!/bin/sh\n", true);
  prefix.write(".envlock-stage/lib/python3.11/site-packages/a.pth", "import a\n");
  if (has_journal) {
    prefix.write(".envlock-journal", "{}");
  } else {
    prefix.write(".envlock-journal.envlock-new", "{");
  }
  prefix.write("conda-meta/envlock.pending", "{}");
  prefix.write("etc/changed", "mine");
  prefix.write("bin/evil", "#!/bin/sh\n", true);
  std::filesystem::permissions(prefix / ".envlock-stage", std::filesystem::perms(0700));
  VerifyRequest request = prefix.request();
  request.lock = "/l";
  Baseline other = prefix.baseline();
  for (const bool is_another : {false, true}) {
    if (is_another) {
      other.packages.at(0).version = "2.0";
      other.packages.at(1).build = "1";
    }
    const VerifyResult result = verify_prefix(request, other);
    const Finding& first = result.findings.at(0);
    CHECK(first.rule == "EL228");
    CHECK(first.path == (has_journal ? ".envlock-journal" : ".envlock-stage"));
    CHECK(first.advice == "envlock install /l --prefix " + prefix.path().string());
    // What hides in there passes no threshold, and cannot be accepted.
    CHECK(fails(std::span(&first, 1), FailOn::error));
    CHECK_FALSE(first.sha256);
    CHECK(std::ranges::count(result.findings, "EL228", &Finding::rule) == 1);
    CHECK(std::ranges::count(result.findings, "EL230", &Finding::rule) == (is_another ? 1 : 0));
    CHECK(std::ranges::count(result.findings, "bin/evil", &Finding::path) == 1);
    CHECK(std::ranges::count_if(result.findings, [](const Finding& one) {
            return one.path.starts_with(".envlock-");
          }) == 1);
  }
}

TEST_CASE("verify: a folder that is no install's hides nothing by the name of one") {
  const MadePrefix prefix;
  const auto found = [&] { return brief(prefix.verify()); };
  const auto tells = [&](const std::string& path) {
    return std::ranges::any_of(found(),
                               [&](const std::string& one) { return one.ends_with(' ' + path); });
  };
  prefix.link(".envlock-stage", "lib");
  prefix.link(".envlock-journal", "conda-meta/history");
  CHECK(tells(".envlock-stage"));
  CHECK(tells(".envlock-journal"));
  std::filesystem::remove(prefix / ".envlock-stage");
  std::filesystem::remove(prefix / ".envlock-journal");
  CHECK(found().empty());
  prefix.write("lib/.envlock-stage/bin/tool", "#!/bin/sh\n", true);
  CHECK(tells("lib/.envlock-stage"));
  std::filesystem::remove_all(prefix / "lib/.envlock-stage");
  prefix.write(".envlock-stage/bin/tool", "#!/bin/sh\n", true);
  std::filesystem::permissions(prefix / ".envlock-stage", std::filesystem::perms(0777));
  CHECK(tells(".envlock-stage"));
  CHECK(found().at(0).substr(0, 5) != "EL228");
}

}  // namespace envlock::test
