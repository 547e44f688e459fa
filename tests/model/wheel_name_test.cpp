#include "model/wheel_name.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {
namespace {

LockedPackage package(const std::string& name, const std::string& version,
                      const std::string& build) {
  LockedPackage out;
  out.record.name = name;
  out.record.version = version;
  out.record.build = build;
  return out;
}

WheelTarget target(const std::string& subdir = "linux-64", const std::string& python = "3.12.4",
                   const std::string& build = "h2_0_cpython", const std::string& glibc = "2.28") {
  LockPlatform content;
  content.packages = {package("python", python, build)};
  if (subdir.starts_with("linux")) content.virtual_packages = {{"__glibc", glibc}};
  if (subdir.starts_with("osx")) content.virtual_packages = {{"__osx", glibc}};
  return wheel_target(Platform::parse(subdir).value(), content).value();
}

bool tag_fits(const std::string& tag, const WheelTarget& to) {
  return fits(parse_wheel_name("a-1-" + tag + ".whl").value(), to);
}

}  // namespace

TEST_CASE("parse_wheel_name: takes a name apart, with and without a build", "[wheel_name]") {
  const auto plain = parse_wheel_name("typing_extensions-4.12.2-py2.py3-none-any.whl").value();
  CHECK(plain.name == "typing_extensions");
  CHECK(plain.version == "4.12.2");
  CHECK(plain.pythons == std::vector<std::string>{"py2", "py3"});
  CHECK(plain.platforms == std::vector<std::string>{"any"});
  const auto built =
      parse_wheel_name("a-1.0+cu121-1b-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
  REQUIRE(built);
  CHECK(built->build == "1b");
  CHECK(built->version == "1.0+cu121");
  CHECK(built->platforms.size() == 2);
}

TEST_CASE("parse_wheel_name: what is no wheel's name is none", "[wheel_name]") {
  for (const char* const name :
       {"", "a.whl", "a-1.tar.gz", "a-1-py3-none.whl", "a-1-b1-py3-none-any.whl",
        "a-1--py3-none-any.whl", "a-1-2-3-py3-none-any.whl", "../a-1-py3-none-any.whl",
        "a b-1-py3-none-any.whl", "a-1-py3-none-any.whl.zip", "a-1-py3-none-a/y.whl"}) {
    INFO(name);
    CHECK_FALSE(parse_wheel_name(name));
  }
}

TEST_CASE("project_key: names are one by PEP 503", "[wheel_name]") {
  CHECK(project_key("Friendly._-Bard") == "friendly-bard");
  CHECK(project_key("zope.interface") == "zope-interface");
}

TEST_CASE("python_version_key: spellings of one version by PEP 440 are equal", "[wheel_name]") {
  const auto same = [](const std::string& a, const std::string& b) {
    INFO(a << " and " << b);
    CHECK(python_version_key(a) == python_version_key(b));
  };
  same("1.0", "1.0.0");
  same("1.0", "v1");
  same("1.1RC1", "1.1rc1");
  same("1.1-alpha.1", "1.1a1");
  same("1.1.beta", "1.1b0");
  same("1.1-1", "1.1.post1");
  same("1.1-r4", "1.1.post4");
  same("1.2.dev", "1.2.dev0");
  same("2024.08.30", "2024.8.30");
  same("1.0+ubuntu-1", "1.0+ubuntu.1");
  same("1.0_cu121", "1.0+cu121");
  same("0!1", "1");
  for (const auto& [a, b] :
       {std::pair("1.0", "1.1"), std::pair("1.0a1", "1.0b1"), std::pair("1.0", "1.0.post0"),
        std::pair("1!1.0", "1.0"), std::pair("1.0+a", "1.0"), std::pair("1.10", "1.1")}) {
    INFO(a << " and " << b);
    CHECK(python_version_key(a) != python_version_key(b));
  }
}

TEST_CASE("fits: the tags of CPython 3.12 on linux-64 with glibc 2.28", "[wheel_name]") {
  const WheelTarget to = target();
  for (const char* const tag :
       {"py3-none-any", "py2.py3-none-any", "py312-none-any", "py36-none-any",
        "cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux1_x86_64", "cp312-cp312-manylinux2014_x86_64",
        "cp312-cp312-linux_x86_64", "cp312-none-any", "cp37-abi3-manylinux2010_x86_64",
        "cp312-abi3-linux_x86_64", "py3-none-manylinux_2_5_x86_64",
        "cp312-cp312-manylinux_2_39_x86_64.manylinux_2_17_x86_64"}) {
    INFO(tag);
    CHECK(tag_fits(tag, to));
  }
  for (const char* const tag :
       {"py2-none-any", "py313-none-any", "cp311-cp311-manylinux_2_17_x86_64",
        "cp313-cp313-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_29_x86_64",
        "cp312-cp312-manylinux_2_17_aarch64", "cp312-cp312-musllinux_1_2_x86_64",
        "cp312-cp312t-linux_x86_64", "cp311-none-any", "cp313-abi3-linux_x86_64",
        "cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64", "pp312-pypy312_pp73-any",
        "cp312-cp312-manylinux_x_17_x86_64", "cp312-cp312-manylinux2015_x86_64", "cp3-abi3-any",
        "py3-abi3-any", "cp312-cp311-any"}) {
    INFO(tag);
    CHECK_FALSE(tag_fits(tag, to));
  }
}

TEST_CASE("fits: other pythons and systems", "[wheel_name]") {
  const WheelTarget threads = target("linux-64", "3.13.1", "h2_1_cp313t");
  CHECK(tag_fits("cp313-cp313t-linux_x86_64", threads));
  CHECK_FALSE(tag_fits("cp313-cp313-linux_x86_64", threads));
  CHECK_FALSE(tag_fits("cp39-abi3-linux_x86_64", threads));
  CHECK(tag_fits("py3-none-any", threads));

  const WheelTarget pypy = target("linux-64", "3.9.18", "1_73_pypy");
  CHECK(tag_fits("py3-none-any", pypy));
  CHECK_FALSE(tag_fits("cp39-cp39-linux_x86_64", pypy));

  const WheelTarget old = target("linux-64", "3.7.12", "hb_0_cpython");
  CHECK(tag_fits("cp37-cp37m-manylinux1_x86_64", old));

  const WheelTarget arm = target("osx-arm64", "3.12.0", "h0_0_cpython", "11.0");
  CHECK(tag_fits("cp312-cp312-macosx_11_0_arm64", arm));
  CHECK(tag_fits("cp312-cp312-macosx_10_9_universal2", arm));
  CHECK_FALSE(tag_fits("cp312-cp312-macosx_10_9_x86_64", arm));
  CHECK_FALSE(tag_fits("cp312-cp312-macosx_14_0_arm64", arm));

  const WheelTarget graviton = target("linux-aarch64");
  CHECK(tag_fits("cp312-cp312-manylinux_2_17_aarch64", graviton));
  CHECK_FALSE(tag_fits("cp312-cp312-manylinux_2_17_x86_64", graviton));
}

TEST_CASE("wheel_target: a lock without python has none, one without glibc takes every glibc",
          "[wheel_name]") {
  LockPlatform content;
  const Platform linux = Platform::parse("linux-64").value();
  CHECK_FALSE(wheel_target(linux, content));
  content.packages = {package("python", "3.12.4", "h2_0_cpython")};
  CHECK(tag_fits("cp312-cp312-manylinux_2_99_x86_64", wheel_target(linux, content).value()));
  CHECK(describe(target()) == "python 3.12 on linux-64 with glibc 2.28");
}

}  // namespace envlock::test
