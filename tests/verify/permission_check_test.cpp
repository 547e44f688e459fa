#include "verify/permission_check.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "model/shell_word.hpp"
#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

void set_mode(const fs::path& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

}  // namespace

TEST_CASE("mode_text: octal with a leading zero") {
  CHECK(mode_text(S_IFREG | 0755U) == "0755");
  CHECK(mode_text(0) == "0000");
  CHECK(mode_text(04755) == "04755");
}

TEST_CASE("permissions: one file that everybody can write to") {
  const MadePrefix prefix;
  set_mode(prefix / "lib/libzed.so.1.3", 0646);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL211");
  CHECK(finding.path == "lib/libzed.so.1.3");
  CHECK(finding.package == "libzed 1.0 0");
  CHECK(finding.expected == "mode 0644");
  CHECK(finding.found == "mode 0646");
}

TEST_CASE("permissions: a folder that everybody can write to speaks for what is below it") {
  const MadePrefix prefix;
  set_mode(prefix / "lib", 0777);
  const std::optional<Sha256> alone = only(prefix.verify()).sha256;
  set_mode(prefix / "lib/python3.11", 0777);
  set_mode(prefix / "lib/python3.11/os.py", 0666);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL211");
  CHECK(finding.path == "lib");
  CHECK_THAT(finding.message, Catch::Contains("the same below it: 2"));
  CHECK(finding.sha256 != alone);  // an acceptance of the folder alone does not cover the rest
}

TEST_CASE("permissions: the sticky bit helps a parent, not a folder of the prefix") {
  const MadePrefix prefix;
  set_mode(prefix / "lib", 01777);
  CHECK(brief(prefix.verify()) == Lines{"EL211 lib"});
}

TEST_CASE("permissions: the prefix itself, and a folder above it") {
  const MadePrefix prefix;
  set_mode(prefix.path(), 0777);
  const Finding itself = only(prefix.verify());
  CHECK(itself.rule == "EL211");
  CHECK(itself.path == ".");
  set_mode(prefix.path(), 0755);
  set_mode(prefix.dir().path(), 0777);
  const Finding parent = only(prefix.verify());
  CHECK(parent.rule == "EL213");
  CHECK(parent.path == fs::canonical(prefix.dir().path()).string());
  set_mode(prefix.dir().path(), 01777);
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
}

TEST_CASE("permissions: the folder that holds a link to the prefix counts, too") {
  const MadePrefix prefix;
  const fs::path open = prefix.dir().path() / "open";
  fs::create_directory(open);
  fs::create_directory_symlink("../env", open / "current");
  VerifyRequest request = prefix.request();
  request.prefix = (open / "current").string();
  CHECK_THAT(brief(verify_prefix(request, prefix.baseline())), Catch::Equals(Lines{}));
  set_mode(open, 0777);
  CHECK(only(verify_prefix(request, prefix.baseline())).rule == "EL213");
}

TEST_CASE("permissions: a group that has other members can write") {
  const MadePrefix prefix;
  set_mode(prefix / "etc/tool.conf", 0664);
  VerifyRequest request = prefix.request();
  request.is_private_group = [](uid_t, gid_t) { return true; };
  CHECK_THAT(brief(verify_prefix(request, prefix.baseline())), Catch::Equals(Lines{}));
  request.is_private_group = [](uid_t, gid_t) { return false; };
  const Finding finding = only(verify_prefix(request, prefix.baseline()));
  CHECK(finding.rule == "EL212");
  CHECK(finding.severity == Severity::warning);
}

TEST_CASE("permissions: setuid and setgid bits, each file by itself") {
  const MadePrefix prefix;
  set_mode(prefix / "bin/python3.11", 04755);
  set_mode(prefix / "bin/tool", 02755);
  CHECK(brief(prefix.verify()) == Lines{"EL214 bin/python3.11", "EL214 bin/tool"});
}

TEST_CASE("permissions: the right to execute is as packaged; a stricter mode is fine") {
  const MadePrefix prefix;
  set_mode(prefix / "bin/tool", 0644);
  const Finding lost = only(prefix.verify());
  CHECK(lost.rule == "EL216");
  CHECK(lost.expected == "mode 0755");
  set_mode(prefix / "bin/tool", 0711);
  set_mode(prefix.path(), 0700);
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  set_mode(prefix.path(), 0755);
  set_mode(prefix / "bin/tool", 0755);
  set_mode(prefix / "etc/tool.conf", 0744);
  CHECK(brief(prefix.verify()) == Lines{"EL216 etc/tool.conf"});
}

TEST_CASE("permissions: all findings about one file say the same mode") {
  const MadePrefix prefix;
  set_mode(prefix.path(), 0755);
  for (const auto& [mode, count] :
       {std::pair<mode_t, std::size_t>{0600, 2}, {0602, 3}, {0642, 3}}) {
    INFO(mode_text(mode));
    set_mode(prefix / "bin/tool", mode);
    const VerifyResult result = prefix.verify();
    REQUIRE(result.findings.size() == count);
    for (const Finding& finding : result.findings) {
      INFO(finding.rule);
      CHECK(finding.expected == "mode 0755");
    }
  }
  set_mode(prefix / "bin/tool", 0755);
  set_mode(prefix / "etc/tool.conf", 0711);
  for (const Finding& finding : prefix.verify().findings) CHECK(finding.expected == "mode 0644");
}

TEST_CASE("permissions: a file of another user") {
  const MadePrefix prefix;
  const fs::path file = prefix / "etc/tool.conf";
  if (::chown(file.c_str(), 12345, static_cast<gid_t>(-1)) != 0) {
    WARN("SKIPPED: only root can give files away");
    return;
  }
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL215");
  CHECK(finding.found == "user 12345");
}

TEST_CASE("permissions: extended attributes and access lists") {
  const MadePrefix prefix;
  const fs::path file = prefix / "bin/tool";
  if (::setxattr(file.c_str(), "user.note", "x", 1, 0) != 0) {
    WARN("SKIPPED: this file system has no extended attributes");
    return;
  }
  const Finding noted = only(prefix.verify());
  CHECK(noted.rule == "EL219");
  CHECK(noted.found == "user.note");
  CHECK(noted.severity == Severity::note);
  REQUIRE(::removexattr(file.c_str(), "user.note") == 0);
  // acl(5), the kernel's form: version 2, then tag, rights and id of user::, user:12345:, group::,
  // mask:: and other::.
  constexpr std::array<unsigned char, 44> list{
      2, 0,    0,    0,   1,   0,   7,  0, 255, 255, 255, 255, 2,   0,  7,
      0, 0x39, 0x30, 0,   0,   4,   0,  5, 0,   255, 255, 255, 255, 16, 0,
      7, 0,    255,  255, 255, 255, 32, 0, 5,   0,   255, 255, 255, 255};
  if (::setxattr(file.c_str(), "system.posix_acl_access", list.data(), list.size(), 0) != 0) {
    WARN("SKIPPED: this file system has no access lists");
    return;
  }
  std::string rules;
  for (const Finding& finding : prefix.verify().findings) rules += finding.rule + ' ';
  CHECK_THAT(rules, Catch::Contains("EL218"));
}

TEST_CASE("permissions: the names of attributes are words of the line, whatever they hold") {
  const MadePrefix prefix;
  const fs::path file = prefix / "bin/tool";
  const std::string evil = "user.a, user.{path}'; $(touch x)\n#";
  if (::setxattr(file.c_str(), evil.c_str(), "x", 1, 0) != 0) {
    WARN("SKIPPED: this file system has no extended attributes");
    return;
  }
  const std::string root = fs::canonical(prefix.path()).string();
  CHECK(only(prefix.verify()).advice ==
        "setfattr -x 'user.a, user.{path}'\\''; $(touch x)\n#' " + shell_word(root + "/bin/tool"));
  REQUIRE(::setxattr(prefix.path().c_str(), "user.b", "x", 1, 0) == 0);
  const Finding whole = only(prefix.verify(1));
  CHECK(whole.path == ".");
  CHECK(whole.advice == "getfattr -R -P -m '^user[.]' " + shell_word(root) +
                            " lists them all; setfattr -x NAME PATH removes one");
}

TEST_CASE("permissions: what is closed is opened path by path, and nobody's files stay closed") {
  const MadePrefix prefix;
  set_mode(prefix.path(), 0755);
  const std::string root = fs::canonical(prefix.path()).string();
  prefix.write("lib/python3.11/id_rsa", "secret");
  set_mode(prefix / "lib/python3.11/id_rsa", 0600);
  set_mode(prefix / "lib/python3.11/os.py", 0600);
  set_mode(prefix / "lib/python3.11", 0700);
  const auto advice = [&](const VerifyResult& result) {
    for (const Finding& finding : result.findings) {
      if (finding.rule == "EL220") return finding.advice;
    }
    return std::string("none");
  };
  CHECK(advice(prefix.verify(1)) ==
        "chmod a+rX " + root + "/lib/python3.11 " + root + "/lib/python3.11/os.py");
}

TEST_CASE("permissions: of many closed paths, the way on is to make packages' files anew") {
  MadePrefix prefix;
  set_mode(prefix.path(), 0755);
  BaselineFile own = *find_file(prefix.baseline(), "lib/python3.11/os.py");
  for (int i = 0; i < 12; ++i) {
    own.path = "lib/python3.11/m" + std::to_string(10 + i) + ".py";
    prefix.baseline().files.push_back(own);
    prefix.write(own.path, "name = 'posix'\n");
    set_mode(prefix / own.path, 0600);
  }
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);
  set_mode(prefix / "lib/python3.11", 0700);
  const VerifyResult result = prefix.verify(1);
  const auto closed = std::ranges::find(result.findings, "EL220", &Finding::rule);
  REQUIRE(closed != result.findings.end());
  CHECK_THAT(closed->message, Catch::Contains("the same below it: 12"));
  CHECK_THAT(closed->advice,
             Catch::StartsWith("envlock install LOCK --prefix ") && Catch::EndsWith(" --repair"));
}

TEST_CASE("permissions: capabilities of a program") {
  const MadePrefix prefix;
  const fs::path file = prefix / "bin/tool";
  // capabilities(7): revision 2, effective, CAP_NET_RAW permitted.
  constexpr std::array<unsigned char, 20> raw{1, 0, 0, 2, 0, 0x20, 0, 0};
  if (::setxattr(file.c_str(), "security.capability", raw.data(), raw.size(), 0) != 0) {
    WARN("SKIPPED: capabilities cannot be given here");
    return;
  }
  CHECK(brief(prefix.verify()) == Lines{"EL217 bin/tool"});
}

TEST_CASE("permissions: what a shared prefix's users cannot read is told, in a private one not") {
  const MadePrefix prefix;
  REQUIRE(::chmod(prefix.path().c_str(), 0755) == 0);
  const auto close = [&](const char* file, mode_t mode) {
    REQUIRE(::chmod((prefix / file).c_str(), mode) == 0);
  };
  close("lib/libzed.so.1.3", 0600);
  Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL220");
  CHECK(finding.path == "lib/libzed.so.1.3");
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.expected == "mode 0644");
  close("lib/libzed.so.1.3", 0640);
  CHECK(only(prefix.verify()).rule == "EL220");
  close("lib/libzed.so.1.3", 0644);
  close("bin/tool", 0744);  // to read, but not to run
  CHECK(only(prefix.verify()).expected == "mode 0755");
  close("bin/tool", 0755);
  close("lib/python3.11", 0700);
  CHECK(only(prefix.verify()).path == "lib/python3.11");
  close("lib/python3.11", 0755);
  // A file of nobody's package may be a secret.
  prefix.write("share/zed/key.pem", "x");
  close("share/zed/key.pem", 0600);
  CHECK(only(prefix.verify()).rule == "EL250");
  std::filesystem::remove(prefix / "share/zed/key.pem");
  close("etc/tool.conf", 0640);
  REQUIRE(::chmod(prefix.path().c_str(), 0750) == 0);
  CHECK(prefix.verify().findings.empty());
  close("etc/tool.conf", 0600);
  CHECK(only(prefix.verify()).rule == "EL220");
  REQUIRE(::chmod(prefix.path().c_str(), 0700) == 0);
  CHECK(prefix.verify().findings.empty());
}

}  // namespace envlock::test
