// A prefix that was moved, and one that is another environment: said once, and nothing hidden by
// it.
#include "verify/moved_prefix.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "model/relocation.hpp"
#include "model/shell_word.hpp"
#include "tests/verify/made_prefix.hpp"
#include "verify/policy.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

/// The prefix under another name.
VerifyRequest moved(const MadePrefix& prefix, const std::string& name = "moved away") {
  const fs::path now = prefix.dir() / name;
  fs::rename(prefix.path(), now);
  VerifyRequest request = prefix.request();
  request.prefix = now.string();
  return request;
}

void replace_in(const fs::path& file, const std::string& what, const std::string& by) {
  std::string text = read_file(file);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
    ++count;
  }
  REQUIRE(count > 0);
  std::ofstream(file, std::ios::trunc) << text;  // keeps the mode
}

/// What a file was as packaged.
std::string restored_text(const fs::path& path, const BaselineFile& file,
                          const std::string& prefix) {
  std::string packaged;
  Restorer restorer(*file.placeholder, prefix, [&](std::span<const std::byte> bytes) {
    packaged.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  const std::string text = read_file(path);
  restorer.feed(std::as_bytes(std::span(text)));
  REQUIRE(restorer.finish());
  REQUIRE(sha256_of(packaged) == file.sha256);
  return packaged;
}

}  // namespace

TEST_CASE("moved prefix: is one finding that names both places and the way on") {
  const MadePrefix prefix;
  const std::string before = fs::canonical(prefix.path()).string();
  const VerifyRequest request = moved(prefix);
  const VerifyResult result = verify_prefix(request, prefix.baseline());
  const Finding finding = only(result);
  CHECK(finding.rule == "EL210");
  CHECK(finding.severity == Severity::error);
  CHECK(finding.path.empty());
  CHECK_THAT(finding.message,
             Catch::Contains("made for '" + before + "' and lies at '") &&
                 Catch::Contains("moved away': 3 files name the old path and are right for it"));
  CHECK_THAT(finding.advice, Catch::StartsWith("envlock install LOCK --prefix '") &&
                                 Catch::EndsWith("' --repair; or: move it back"));
  CHECK(result.files_checked == prefix.baseline().files.size());
}

TEST_CASE("moved prefix: a name as long as the old one changes nothing of that") {
  const MadePrefix prefix;
  CHECK(only(verify_prefix(moved(prefix, "vne"), prefix.baseline())).rule == "EL210");
}

TEST_CASE("moved prefix: one that was unpacked is to be relocated") {
  const MadePrefix prefix;
  prefix.write("conda-meta/envlock.manifest", "");
  Finding first = verify_prefix(moved(prefix), prefix.baseline()).findings.at(0);
  CHECK(first.rule == "EL210");
  CHECK_THAT(first.advice, Catch::StartsWith("envlock relocate '"));
}

TEST_CASE("not unpacked: files as packed are one finding with the command, and hide nothing") {
  const MadePrefix prefix;
  const std::string home = fs::canonical(prefix.path()).string();
  prefix.write("conda-meta/envlock.manifest", write_baseline(prefix.baseline()));
  std::size_t packed = 0;
  const auto put_back = [&](const BaselineFile& file) {
    const std::string whole = restored_text(prefix / file.path, file, home);
    std::ofstream(prefix / file.path, std::ios::trunc) << whole;
    ++packed;
  };
  for (const BaselineFile& file : prefix.baseline().files) {
    if (file.placeholder && !file.placeholder->offsets.empty()) put_back(file);
  }
  REQUIRE(packed > 2);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL252");
  CHECK(finding.message == "not unpacked yet");
  // No program of a prefix is recommended that nothing from outside proves.
  CHECK_THAT(finding.advice,
             Catch::StartsWith("extract its pack anew, ") && !Catch::Contains("bin/envlock-env"));
  CHECK(finding.found == std::to_string(packed) + " files as packed");
  prefix.write("etc/tool.conf", "root=/elsewhere\n");
  CHECK(brief(prefix.verify()) == Lines{"EL203 etc/tool.conf", "EL252 "});
}

TEST_CASE("not unpacked: where files name the place, each that is as packed is told") {
  const MadePrefix prefix;
  const std::string home = fs::canonical(prefix.path()).string();
  const Baseline& baseline = prefix.baseline();
  const BaselineFile* const tool = find_file(baseline, "bin/tool");
  REQUIRE(tool != nullptr);
  const std::string packed = restored_text(prefix / "bin/tool", *tool, home);
  std::ofstream(prefix / "bin/tool", std::ios::trunc) << packed;
  // Of an environment that came out of no pack, it is a changed file.
  CHECK(brief(prefix.verify()) == Lines{"EL203 bin/tool"});
  prefix.write("conda-meta/envlock.manifest", write_baseline(baseline));
  const VerifyResult result = prefix.verify();
  CHECK(brief(result) == Lines{"EL203 bin/tool", "EL252 "});
  CHECK_THAT(result.findings.at(1).message, Catch::Contains("unpacked yet; 2 other files are"));
}

TEST_CASE("not unpacked: its own program is recommended only where it is proved, and all else") {
  MadePrefix prefix("it's here");
  const std::string home = fs::canonical(prefix.path()).string();
  for (const BaselineFile& file : prefix.baseline().files) {
    if (!file.placeholder || file.placeholder->offsets.empty()) continue;
    const std::string packed = restored_text(prefix / file.path, file, home);
    std::ofstream(prefix / file.path, std::ios::trunc) << packed;
  }
  BaselineFile program = *find_file(prefix.baseline(), "bin/python3.11");
  program.path = "bin/envlock-env";
  program.package = BaselineFile::own;
  program.size_bytes = 7;
  program.sha256 = sha256_of("program");
  Baseline manifest = prefix.baseline();
  manifest.files.push_back(program);
  std::ranges::sort(manifest.files, {}, &BaselineFile::path);
  prefix.write("conda-meta/envlock.manifest", write_baseline(manifest));
  prefix.write("bin/envlock-env", "program", true);
  VerifyRequest request = prefix.request();
  const auto advice = [&] {
    for (const Finding& finding : verify_prefix(request, prefix.baseline()).findings) {
      if (finding.rule == "EL252") return finding.advice;
    }
    return std::string("none");
  };
  const std::string own = shell_word(home + "/bin/envlock-env") + " unpack";
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));
  request.is_from_outside = true;
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));  // nobody knows the program
  request.packed_program = sha256_of("program");
  CHECK(advice() == own);
  request.is_from_outside = false;
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));
  request.is_from_outside = true;
  prefix.write("bin/envlock-env", "another", true);
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));
  prefix.write("bin/envlock-env", "program", true);
  prefix.write("lib/python3.11/site-packages/evil.pth", "import os\n");
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));
  fs::remove(prefix / "lib/python3.11/site-packages/evil.pth");
  CHECK(advice() == own);
  manifest.lock_sha256 = sha256_of("another lock");
  prefix.write("conda-meta/envlock.manifest", write_baseline(manifest));
  CHECK_THAT(advice(), Catch::StartsWith("extract its pack anew"));
}

TEST_CASE("moved prefix: a link in the manifest's place makes it no unpacked one") {
  const MadePrefix prefix;
  prefix.write("x", "");
  fs::create_symlink("../x", prefix / "conda-meta/envlock.manifest");
  const Finding first = verify_prefix(moved(prefix), prefix.baseline()).findings.at(0);
  CHECK(first.rule == "EL210");
  CHECK_THAT(first.advice, Catch::StartsWith("envlock install LOCK --prefix "));
}

TEST_CASE("moved prefix: what was changed in it is told, each file by itself") {
  const MadePrefix prefix;
  prefix.write("lib/libzed.so.1.3",
               "\x7f"
               "ELF zEd");
  prefix.write("bin/evil", "#!/bin/sh\n", true);
  prefix.write("bin/tool", read_file(prefix / "bin/tool") + "print(2)\n", true);
  const VerifyResult result = verify_prefix(moved(prefix), prefix.baseline());
  CHECK_THAT(brief(result), Catch::Equals(Lines{"EL210 ", "EL231 bin/evil", "EL203 bin/tool",
                                                "EL203 lib/libzed.so.1.3"}));
  CHECK_THAT(result.findings.at(0).message, Catch::Contains("2 files name the old path"));
}

TEST_CASE("moved prefix: where it stands still, a file made for elsewhere is a changed one") {
  // Whoever points one script to a python of theirs has moved nothing.
  const MadePrefix prefix;
  replace_in(prefix / "bin/tool", fs::canonical(prefix.path()).string(), "/tmp/evil");
  CHECK(brief(prefix.verify()) == Lines{"EL203 bin/tool"});
}

TEST_CASE("moved prefix: where some files name the new place, each that does not is told") {
  const MadePrefix prefix;
  const std::string before = fs::canonical(prefix.path()).string();
  // As by somebody who wants it to look moved, so that the script is no news.
  replace_in(prefix / "bin/tool", before, "/tmp/evil");
  replace_in(prefix / "etc/tool.conf", before, "/tmp/evil");
  const VerifyResult result = prefix.verify();
  CHECK_THAT(brief(result),
             Catch::Equals(Lines{"EL210 ", "EL203 bin/tool", "EL203 etc/tool.conf"}));
  CHECK_THAT(result.findings.at(0).message,
             Catch::Contains("made for '/tmp/evil'") && Catch::Contains("and 1 file the new one"));
}

TEST_CASE("moved prefix: the file that tells the place must be the package's") {
  const MadePrefix prefix;
  const VerifyRequest request = moved(prefix);
  std::ofstream(fs::path(request.prefix) / "etc/tool.conf") << "root = /tmp/evil/share\nmore\n";
  CHECK_THAT(
      brief(verify_prefix(request, prefix.baseline())),
      Catch::Equals(Lines{"EL203 bin/tool", "EL203 etc/tool.conf", "EL203 share/zed/prefix.bin"}));
}

TEST_CASE("moved prefix: an acceptance binds to the place and to the files it covers") {
  const MadePrefix prefix;
  VerifyRequest request = moved(prefix);
  const Finding one = only(verify_prefix(request, prefix.baseline()));
  REQUIRE(one.sha256);
  fs::rename(request.prefix, prefix.path());
  const VerifyRequest again = moved(prefix, "elsewhere");
  const Finding other = only(verify_prefix(again, prefix.baseline()));
  CHECK(other.id == one.id);
  CHECK(other.sha256 != one.sha256);
}

TEST_CASE("moved prefix: a first line that names no path is the same everywhere") {
  PlaceholderUse use;
  use.placeholder = "/opt/p";
  use.shebang = "#!/opt/p/bin/tool";
  use.offsets = {2};
  const std::string deep(200, 'd');
  CHECK(is_same_at(use, "/a/" + deep, "/b/" + deep));
  CHECK_FALSE(is_same_at(use, "/a", "/b"));
  use.offsets = {2, 40};
  CHECK_FALSE(is_same_at(use, "/a/" + deep, "/b/" + deep));
}

TEST_CASE("another environment: is said once, before what follows from it") {
  const MadePrefix prefix;
  Baseline other = prefix.baseline();
  other.packages.at(0).version = "2.0";
  other.packages.at(1).build = "1";
  const VerifyResult result = verify_prefix(prefix.request(), other);
  REQUIRE(!result.findings.empty());
  CHECK(result.findings.at(0).rule == "EL230");
  CHECK(result.findings.at(0).message ==
        "this prefix holds another environment than the baseline: 2 of 3 packages differ");
  CHECK(std::ranges::count(result.findings, "EL230", &Finding::rule) == 1);
  CHECK(std::ranges::count(result.findings, "EL223", &Finding::rule) == 2);
}

TEST_CASE("another environment: records that are only missing make none") {
  const MadePrefix prefix;
  fs::remove(prefix / "conda-meta/tool-1.0-0.json");
  fs::remove(prefix / "conda-meta/libzed-1.0-0.json");
  CHECK(brief(prefix.verify()) == Lines{"EL222 ", "EL222 "});
}

TEST_CASE(
    "another environment: one package of many is that package's finding, unless the lock "
    "is another one") {
  const MadePrefix prefix;
  Baseline other = prefix.baseline();
  other.packages.at(0).version = "2.0";
  CHECK(only(verify_prefix(prefix.request(), other)).rule == "EL223");
  prefix.write("conda-meta/envlock.lock", "another lock");
  const VerifyResult result = verify_prefix(prefix.request(), other);
  REQUIRE(result.findings.size() == 3);
  CHECK(result.findings.at(0).rule == "EL230");
  CHECK_THAT(result.findings.at(0).message, Catch::Contains("1 of 3 packages differs"));
}

TEST_CASE("another environment: a lost record and a changed byte of the lock make none") {
  const MadePrefix prefix;
  Baseline baseline = prefix.baseline();
  baseline.lock_sha256 = sha256_of("a lock");
  for (int i = 0; i < 5; ++i) {  // more packages, so that three quarters are as expected
    BaselinePackage more = baseline.packages.front();
    more.name = "zed" + std::to_string(i);
    prefix.write("conda-meta/" + more.name + "-1.0-0.json",
                 R"({"name":")" + more.name +
                     R"(","version":"1.0","build":"0","files":[],"paths_data":{"paths":[]}})");
    more.version = "1.0";
    more.build = "0";
    baseline.packages.push_back(more);
  }
  prefix.write("conda-meta/envlock.lock", "a locK");
  fs::remove(prefix / "conda-meta/tool-1.0-0.json");
  const VerifyResult lost = verify_prefix(prefix.request(), baseline);
  CHECK(std::ranges::count(lost.findings, "EL230", &Finding::rule) == 0);
  for (const std::string rule : {"EL222", "EL227"}) {
    const auto found = std::ranges::find(lost.findings, rule, &Finding::rule);
    REQUIRE(found != lost.findings.end());
    CHECK_THAT(found->advice, Catch::EndsWith("--repair"));
  }
}

TEST_CASE("another environment: a changed byte of the lock alone is said as that") {
  const MadePrefix prefix;
  Baseline baseline = prefix.baseline();
  baseline.lock_sha256 = sha256_of("a lock");
  prefix.write("conda-meta/envlock.lock", "a locK");
  const Finding finding = only(verify_prefix(prefix.request(), baseline));
  CHECK(finding.rule == "EL227");
  CHECK_THAT(finding.message, Catch::Contains("though the packages are"));
}

TEST_CASE("lost records: many are one finding, which binds to their names") {
  const MadePrefix prefix;
  Baseline baseline = prefix.baseline();
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i) {
      BaselinePackage more = baseline.packages.front();
      more.name = "zed" + std::to_string(baseline.packages.size());
      baseline.packages.push_back(more);
    }
  };
  add(3);
  CHECK(brief(verify_prefix(prefix.request(), baseline)) == Lines{"EL222 ", "EL222 ", "EL222 "});
  add(4);
  const Finding many = only(verify_prefix(prefix.request(), baseline));
  CHECK(many.rule == "EL222");
  CHECK(many.message ==
        "conda-meta does not record 7 packages: zed3, zed4, zed5, zed6, zed7 and 2 more");
  CHECK(many.expected == "10 records in conda-meta");
  CHECK(many.found == "3 records of them");
  add(1);
  const Finding more = only(verify_prefix(prefix.request(), baseline));
  CHECK(more.id == many.id);
  CHECK(more.sha256 != many.sha256);
}

}  // namespace envlock::test
