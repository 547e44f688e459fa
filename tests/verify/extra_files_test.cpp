// What no package brought, family by family, each with something near to it that is no finding or
// another one.
#include "verify/extra_files.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const std::string site = "lib/python3.11/site-packages/";

ExtraFamily family(std::string_view path, bool executable = false) {
  return family_of(path, executable, "lib/python3.11/site-packages");
}

}  // namespace

TEST_CASE("family_of: by place and name") {
  using enum ExtraFamily;
  CHECK(family("bin/x") == program);
  CHECK(family("share/x", true) == program);
  CHECK(family("share/x") == data);
  CHECK(family(site + "evil.pth") == startup);
  CHECK(family(site + "sitecustomize.py") == startup);
  CHECK(family(site + "usercustomize.py") == startup);
  CHECK(family("lib/python3.11/sitecustomize.py") == startup);
  CHECK(family(site + "__editable___x_finder.py") == startup);
  CHECK(family("lib/R/etc/Rprofile.site") == startup);
  CHECK(family("pyvenv.cfg") == startup);
  CHECK(family("etc/conda/activate.d/x.sh") == activation);
  CHECK(family("etc/conda/deactivate.d/x.sh") == activation);
  CHECK(family("etc/conda/env_vars.d/x.json") == environment_variables);
  CHECK(family("conda-meta/state") == environment_variables);
  CHECK(family("conda-meta/history") == conda_state);
  CHECK(family("conda-meta/pinned") == conda_configuration);
  CHECK(family(".condarc") == conda_configuration);
  CHECK(family("share/.condarc") == data);
  CHECK(family("lib/libx.so.2") == library);
  CHECK(family(site + "x.py") == python_module);
  CHECK(family("lib/python3.11/x.so") == python_module);
  CHECK(family("lib/python311.zip") == python_module);
  CHECK(family("lib/R/library/gg/R/gg.rdb") == r_library);
  CHECK(family("etc/jupyter/jupyter_server_config.py") == jupyter_code);
  CHECK(family("share/jupyter/kernels/x/kernel.json") == jupyter_code);
  CHECK(family("etc/jupyter/labconfig/page_config.json") == data);
  CHECK(family(site + "m/__pycache__/f.x-1.py311.nbi") == code_cache);
  CHECK(family("lib/gdk-pixbuf-2.0/2.10.0/loaders.cache") == code_cache);
  CHECK(family("var/cache/fontconfig/abc-le64.cache-8") == data_cache);
  CHECK(family("var/cache/fontconfig/x", true) == program);
  CHECK(family("share/glib-2.0/schemas/gschemas.compiled") == data_cache);
  CHECK(family("lib/node_modules/x/index.js") == other_code);
  CHECK(family("share/x/run.sh") == other_code);
}

TEST_CASE("library_stem: the name that a loader looks for") {
  CHECK(library_stem("lib/libssl.so.3") == "libssl.so");
  CHECK(library_stem("a/b/libssl.so") == "libssl.so");
  CHECK(library_stem("lib/libssl.sock").empty());
  CHECK(library_stem("lib/ssl.so").empty());
  CHECK(library_stem("lib/libssl.a").empty());
}

TEST_CASE("extra files: a program in bin is told with its digest") {
  const MadePrefix prefix;
  prefix.write("bin/helper", "#!/bin/sh\n", true);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL231");
  CHECK(finding.severity == Severity::error);
  CHECK(finding.path == "bin/helper");
  CHECK(finding.sha256 == sha256_of("#!/bin/sh\n"));
  fs::remove(prefix / "bin/helper");
  prefix.link("bin/helper", "/tmp/helper");
  const Finding link = only(prefix.verify());
  CHECK(link.rule == "EL231");
  CHECK(link.found == "a symbolic link to /tmp/helper");
}

TEST_CASE("extra files: what interpreters and activation run is told file by file") {
  const MadePrefix prefix;
  prefix.write(site + "a.pth", "import os\n");
  prefix.write(site + "sitecustomize.py", "");
  prefix.write("etc/conda/activate.d/extra.sh", "export LD_PRELOAD=x\n");
  prefix.write("etc/conda/env_vars.d/x.json", "{}");
  prefix.write(".condarc", "channels: []\n");
  // Also inside a folder that no package has.
  prefix.write("opt/new/Rprofile.site", "");
  CHECK(brief(prefix.verify()) ==
        Lines{"EL248 .condarc", "EL233 etc/conda/activate.d/extra.sh",
              "EL234 etc/conda/env_vars.d/x.json", "EL232 " + site + "a.pth",
              "EL232 " + site + "sitecustomize.py", "EL232 opt/new/Rprofile.site"});
}

TEST_CASE("extra files: a library that shadows one of a package is worse than another one") {
  const MadePrefix prefix;
  prefix.write("lib/libother.so.1", "x");
  CHECK(only(prefix.verify()).rule == "EL236");
  fs::remove(prefix / "lib/libother.so.1");
  prefix.write("lib/libzed.so", "x");
  CHECK(only(prefix.verify()).rule == "EL235");
  fs::remove(prefix / "lib/libzed.so");
  prefix.link("lib/libzed.so", "/tmp/evil.so");
  CHECK(only(prefix.verify()).rule == "EL235");
}

TEST_CASE("extra files: a library shadows only where the loader may take it for the other one") {
  const MadePrefix prefix;
  const auto rule_at = [&](const std::string& file) {
    prefix.write(file, "x");
    const std::string rule = only(prefix.verify()).rule;
    fs::remove(prefix / file);
    for (fs::path at = fs::path(file).parent_path(); fs::is_empty(prefix / at.string());
         at = at.parent_path())
      fs::remove(prefix / at.string());
    return rule;
  };
  // Brought along by something that looks for it in its own folder.
  CHECK(rule_at("share/vendor/libzed.so.1") == "EL236");
  CHECK(rule_at("lib/vendor/libzed.so.1") == "EL236");
  CHECK(rule_at(site + "thing/libs/libzed.so.1") == "EL244");
  // Where programs look.
  CHECK(rule_at("lib64/libzed.so.1") == "EL235");
  CHECK(rule_at("lib/glibc-hwcaps/x86-64-v3/libzed.so.1") == "EL235");
  // And where ld.so before glibc 2.37 looks first.
  for (const char* folder : {"lib/tls", "lib/haswell", "lib/x86_64", "lib/avx512_1",
                             "lib/tls/haswell/avx512_1/x86_64", "lib64/tls/x86_64"})
    CHECK(rule_at(folder + std::string("/libzed.so.1")) == "EL235");
  CHECK(rule_at("share/tls/libzed.so.1") == "EL236");
  CHECK(rule_at("lib/vendor/haswell/libzed.so.1") == "EL236");
  CHECK(rule_at("lib/haswell/vendor/libzed.so.1") == "EL236");
  CHECK(rule_at("lib/haswell/libother.so.1") == "EL236");
}

TEST_CASE("extra files: a library beside those of a package shadows, also in a Python package") {
  MadePrefix prefix;
  BaselineFile own = prefix.baseline().files.front();
  own.path = site + "numpy/.libs/libblas.so.3";
  own.package = 1;
  own.role = FileRole::plain;
  own.executable = false;
  own.size_bytes = 4;
  own.sha256 = sha256_of("blas");
  own.placeholder.reset();
  own.type = PathType::file;
  prefix.baseline().files.push_back(own);
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);
  prefix.write(own.path, "blas");
  prefix.write(site + "numpy/.libs/libzed.so.1", "x");
  const auto findings = prefix.verify().findings;
  CHECK(std::ranges::count(findings, "EL235", &Finding::rule) == 1);
  CHECK(std::ranges::count(findings, "EL244", &Finding::rule) == 0);
}

TEST_CASE("extra files: a folder of a Python package is one finding that counts its files") {
  const MadePrefix prefix;
  prefix.write(site + "evil/__init__.py", "");
  prefix.write(site + "evil/data.txt", "abc");
  prefix.compile(site + "evil/__init__.py");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL244");
  CHECK(finding.path == site + "evil");
  CHECK_THAT(finding.found,
             Catch::Contains("2 files of Python modules") && Catch::Contains("evil/__init__.py"));
  prefix.write(site + "evil/data.txt", "abd");
  CHECK(only(prefix.verify()).sha256 != finding.sha256);
  CHECK(only(prefix.verify()).id == finding.id);
  prefix.write(site + "numpy/extra.py", "");
  CHECK(prefix.verify().findings.size() == 2);
}

TEST_CASE("extra files: a folder of data with a program in it is told as a program") {
  const MadePrefix prefix;
  prefix.write("opt/data/readme", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL250 opt"});
  prefix.write("opt/data/run", "x", true);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL231");
  CHECK_THAT(finding.found,
             Catch::Contains("1 program, 1 data file (") && Catch::Contains("opt/data/run"));
}

TEST_CASE("extra files: R libraries, Jupyter's files and caches of code are told by folder") {
  const MadePrefix prefix;
  prefix.write("lib/R/library/gg/DESCRIPTION", "x");
  prefix.write("lib/R/library/gg/R/gg.rdb", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL245 lib/R"});
  fs::remove_all(prefix / "lib/R");
  prefix.write("etc/jupyter/labconfig/page_config.json", "{}");
  CHECK(brief(prefix.verify()) == Lines{"EL250 etc/jupyter"});
  prefix.write("etc/jupyter/jupyter_server_config.py", "c.ip = '*'\n");
  CHECK(brief(prefix.verify()) == Lines{"EL246 etc/jupyter"});
  fs::remove_all(prefix / "etc/jupyter");
  prefix.write(site + "numpy/__pycache__/core.f-1.py311.nbi", "x");
  prefix.write(site + "numpy/__pycache__/core.f-1.py311.1.nbc", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL247 " + site + "numpy/__pycache__"});
}

TEST_CASE("extra files: caches of code are removed by name, never with the folder they lie in") {
  MadePrefix prefix;
  BaselineFile own = *find_file(prefix.baseline(), "lib/python3.11/os.py");
  own.path = "lib/gdk-pixbuf-2.0/2.10.0/loaders/a.txt";
  prefix.baseline().files.push_back(own);
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);
  prefix.write(own.path, "name = 'posix'\n");
  prefix.write("lib/gdk-pixbuf-2.0/2.10.0/loaders.cache", "x");
  prefix.write("lib/python3.11/lib2to3/it's {path} $(id).pickle", "x");
  const std::string root = fs::canonical(prefix.path()).string();
  std::vector<Finding> caches = prefix.verify().findings;
  std::erase_if(caches, [](const Finding& one) { return one.rule == "EL224"; });  // of a.txt
  REQUIRE(caches.size() == 2);
  for (const Finding& finding : caches) {
    CHECK(finding.rule == "EL247");
    CHECK_THAT(finding.advice, !Catch::Contains("rm -r"));
    CHECK_FALSE(has(finding.traits, RuleTrait::somebodys_work));
  }
  CHECK_THAT(caches.at(0).advice,
             Catch::StartsWith("rm " + root + "/lib/gdk-pixbuf-2.0/2.10.0/loaders.cache; "));
  CHECK_THAT(
      caches.at(1).advice,
      Catch::StartsWith("rm '" + root + "/lib/python3.11/lib2to3/it'\\''s {path} $(id).pickle'; "));
}

TEST_CASE("extra files: a folder of somebody's with caches of code in it is somebody's work") {
  const MadePrefix prefix;
  prefix.write("opt/f.nbi", "x");
  CHECK_THAT(only(prefix.verify()).advice, Catch::Contains("opt/f.nbi; "));
  prefix.write("opt/thesis.tex", "x");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL247");
  CHECK_THAT(finding.advice,
             !Catch::Contains("rm ") && Catch::Contains("envlock accept " + finding.id));
  CHECK(has(finding.traits, RuleTrait::somebodys_work));
}

TEST_CASE("extra files: of many caches of code the first are named") {
  const MadePrefix prefix;
  for (int i = 10; i < 22; ++i) prefix.write("opt/f" + std::to_string(i) + ".nbc", "x");
  const Finding finding = only(prefix.verify());
  CHECK_THAT(finding.advice, Catch::Contains("/opt/f19.nbc; ") && !Catch::Contains("f20") &&
                                 Catch::EndsWith("verify then names the next of the other 2"));
}

TEST_CASE("extra files: caches of data, history and empty folders are no finding, but counted") {
  const MadePrefix prefix;
  prefix.write("var/cache/fontconfig/x-le64.cache-8", "x");
  prefix.write("share/glib-2.0/schemas/gschemas.compiled", "x");
  fs::create_directories(prefix / "empty/in/empty");
  const VerifyResult result = prefix.verify();
  CHECK_THAT(brief(result), Catch::Equals(Lines{}));
  CHECK(result.tolerated.at("caches of data") == 2);
  CHECK(result.tolerated.at("files of conda's own") == 1);
}

TEST_CASE("extra files: sockets are special") {
  const MadePrefix prefix;
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string place = (prefix / "s").string();
  if (place.size() >= sizeof address.sun_path) {
    WARN("SKIPPED: the path of TMPDIR is too long for a socket");
    return;
  }
  place.copy(address.sun_path, place.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(brief(prefix.verify()) == Lines{"EL209 s"});
}

TEST_CASE("extra files: names that could move a terminal are kept as they are for the reports") {
  const MadePrefix prefix;
  prefix.write("share/\x1b[2J\xff", "x");
  CHECK(only(prefix.verify()).path == "share/\x1b[2J\xff");
}

}  // namespace envlock::test
