#include <catch2/catch.hpp>

#include "model/package_info.hpp"

namespace envlock::test {
namespace {

using namespace std::string_literals;

bool is_fine(std::string_view path) { return !package_path_fault(path); }

std::string fault(std::string_view path) { return package_path_fault(path).value_or(""); }

std::string target_fault(std::string_view path, std::string_view target) {
  return link_target_fault(path, target).value_or("");
}

PackageRecord record() {
  PackageRecord out;
  out.name = "zlib";
  out.version = "1.2.11";
  out.build = "h7b6447c_3";
  out.build_number = 3;
  out.subdir = "linux-64";
  return out;
}

PackageIndex index() { return {"zlib", "1.2.11", "h7b6447c_3", 3, "linux-64", NoArch::none, ""}; }

}  // namespace

TEST_CASE("package paths: what real packages have is fine", "[package_info]") {
  for (const char* path :
       {"bin/python3.11", "lib/libz.so.1", "share/man/man3/Archive::Tar.3", "etc/.hidden",
        "share/caf\xC3\xA9", "a b/c", "lib/python3.11/site-packages/..data/x", "...", "info2/x",
        "conda-meta2/x", "lib/conda-meta/x", "bin/[", "con", "lib/a:stream"}) {
    INFO(path);
    CHECK(is_fine(path));
  }
}

TEST_CASE("package paths: a step up or in place is refused (A01)", "[package_info]") {
  for (const char* path : {"../x", "a/../../x", "a/../b", "a/..", "..", "./x", "a/./b", "a/."}) {
    INFO(path);
    CHECK_THAT(fault(path), Catch::Contains("part"));
  }
}

TEST_CASE("package paths: an absolute path is refused, not stripped (A02)", "[package_info]") {
  CHECK(fault("/etc/x") == "it is absolute");
  CHECK(fault("//x") == "it is absolute");
  CHECK(fault("/") == "it is absolute");
  CHECK(fault("C:/x") == "it starts with a drive");
  CHECK(fault("c:x") == "it starts with a drive");
  CHECK_FALSE(is_fine("C:\\x"));
  CHECK_FALSE(is_fine("\\\\srv\\x"));
}

TEST_CASE("package paths: any backslash is refused (A03)", "[package_info]") {
  CHECK(fault("a\\..\\x") == "it holds a backslash");
  CHECK(fault("bin/a\\b") == "it holds a backslash");
}

TEST_CASE("package paths: control and bidi characters and bad UTF-8 are refused (A20)",
          "[package_info]") {
  for (const std::string& path : {"a\0b"s, "a\nb"s, "a\x1B[2Jb"s, "a\tb"s, "a\x7F"s, "a\xC2\x85"s,
                                  "a\xE2\x80\xAE"
                                  "b"s,
                                  "a\xEF\xBB\xBF"s}) {
    INFO(path);
    CHECK(fault(path) == "it holds a control character");
  }
  for (const std::string& path : {"a\xFF"s, "a\xC0\xAF"s, "a\xED\xA0\x80"s, "a\xC3"s}) {
    CHECK(fault(path) == "it is not UTF-8");
  }
}

TEST_CASE("package paths: names that are none are refused (A21)", "[package_info]") {
  CHECK(fault("") == "it is empty");
  CHECK(fault(".") == "it holds a '.' part");
  CHECK(fault("..") == "it holds a '..' part");
  CHECK(fault("bin/") == "it ends in '/'");
  CHECK(fault("bin//x") == "it holds '//'");
}

TEST_CASE("package paths: conda-meta is reserved (A22)", "[package_info]") {
  for (const char* path : {"conda-meta", "conda-meta/history", "Conda-Meta/x.json"}) {
    INFO(path);
    CHECK_THAT(fault(path), Catch::Contains("conda-meta"));
  }
}

TEST_CASE("package paths: at most 255 bytes a part and 4096 in all", "[package_info]") {
  const std::string part(255, 'p');
  CHECK(is_fine("bin/" + part));
  CHECK_THAT(fault("bin/" + part + "p"), Catch::Contains("256 bytes"));
  CHECK_THAT(fault(part + "p/x"), Catch::Contains("256 bytes"));
  std::string longest;
  for (int i = 0; i < 16; ++i) longest += (i == 0 ? "" : "/") + part;
  longest += "/";  // 4096 with one letter less than a name
  CHECK(longest.size() == 4096);
  CHECK(is_fine(longest.substr(0, 4094) + "/x"));
  CHECK_THAT(fault(longest + "x"), Catch::Contains("4097 bytes"));
}

TEST_CASE("link targets: those of real packages are fine, dangling ones too (A07)",
          "[package_info]") {
  CHECK(target_fault("lib/libz.so", "libz.so.1.2.11").empty());
  CHECK(target_fault("lib/libgomp.so.1", "libomp.so").empty());  // _openmp_mutex
  CHECK(target_fault("bin/x", "../lib/x").empty());
  CHECK(target_fault("a/b/c", "../../etc/./x").empty());
  CHECK(target_fault("share/terminfo/x", "../../lib//terminfo/").empty());
  CHECK(target_fault("lib64", "lib").empty());
  CHECK(target_fault("a/root", "..").empty());
  CHECK(target_fault("self", ".").empty());
}

TEST_CASE("link targets: absolute ones and those out of the prefix are refused (A06)",
          "[package_info]") {
  CHECK(target_fault("lib/x", "/etc/passwd") == "it is absolute");
  CHECK(target_fault("x", "..") == "it leaves the prefix");
  CHECK(target_fault("x", "../x") == "it leaves the prefix");
  CHECK(target_fault("lib/x", "../../etc/passwd") == "it leaves the prefix");
  CHECK(target_fault("lib/x", "./.././../x") == "it leaves the prefix");
  CHECK(target_fault("lib/x", "") == "it is empty");
  CHECK(target_fault("lib/x", "C:/x") == "it starts with a drive");
  CHECK(target_fault("lib/x", "..\\x") == "it holds a backslash");
  CHECK(target_fault("lib/x", "a\nb"s) == "it holds a control character");
  CHECK(target_fault("lib/x", std::string(256, 'x')).find("256 bytes") != std::string::npos);
  CHECK(target_fault("lib/x", std::string(5000, '.')).find("5000 bytes") != std::string::npos);
}

TEST_CASE("link targets: a step up behind another link is refused (A06)", "[package_info]") {
  // sub/up -> .. is inside; sub/x -> up/../etc would be the folder beside the prefix
  CHECK(target_fault("sub/up", "..").empty());
  CHECK(target_fault("sub/x", "up/../etc") == "it holds '..' behind a name");
}

TEST_CASE("a package is the lock's only where its own index says the same (A28)",
          "[package_info]") {
  CHECK_FALSE(identity_fault(record(), index()));
  const auto with = [](auto change) {
    PackageIndex other = index();
    change(other);
    return identity_fault(record(), other).value_or("");
  };
  CHECK(with([](PackageIndex& i) { i.name = "zlib-ng"; }) ==
        "expected the name 'zlib', found in its info/index.json 'zlib-ng'");
  CHECK(with([](PackageIndex& i) { i.name = "ZLIB"; }).empty());
  CHECK(with([](PackageIndex& i) { i.version = "1.2.12"; }) ==
        "expected the version '1.2.11', found in its info/index.json '1.2.12'");
  CHECK_FALSE(with([](PackageIndex& i) { i.version = "1.2.11.0"; }).empty());
  CHECK(with([](PackageIndex& i) { i.build = "h0_3"; }) ==
        "expected the build 'h7b6447c_3', found in its info/index.json 'h0_3'");
  CHECK(with([](PackageIndex& i) { i.build_number = 4; }) ==
        "expected the build number '3', found in its info/index.json '4'");
  CHECK(with([](PackageIndex& i) { i.noarch = NoArch::python; }) ==
        "expected the noarch kind none, found in its info/index.json 'python'");
  CHECK(with([](PackageIndex& i) { i.subdir = "linux-aarch64"; }) ==
        "expected the subdir 'linux-64', found in its info/index.json 'linux-aarch64'");
  CHECK(with([](PackageIndex& i) { i.subdir = "noarch"; }).empty());
  CHECK(with([](PackageIndex& i) { i.subdir = ""; }).empty());
}

}  // namespace envlock::test
