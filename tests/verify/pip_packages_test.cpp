#include "verify/pip_packages.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/verify/made_prefix.hpp"
#include "verify/base64.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const std::string site = "lib/python3.11/site-packages/";

/// "sha256=..." as RECORD has it: URL-safe, without padding.
std::string record_hash(std::string_view content) {
  const Sha256 digest = sha256_of(content);
  std::string text = base64_of({reinterpret_cast<const char*>(digest.bytes().data()), 32});
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return "sha256=" + text.substr(0, text.find('='));
}

std::string row(const std::string& path, const std::string& content) {
  return path + ',' + record_hash(content) + ',' + std::to_string(content.size()) + '\n';
}

/// What `pip install` leaves of a project of one module with a script.
void install(const MadePrefix& prefix, const std::string& name, const std::string& more_rows = {}) {
  const std::string info = name + "-2.0.dist-info";
  prefix.write(site + name + "/__init__.py", "y = 2\n");
  prefix.write("bin/" + name, "#!python\n", true);
  prefix.write(site + info + "/METADATA", "Name: x\n");
  prefix.write(site + info + "/INSTALLER", "pip\n");
  prefix.compile(site + name + "/__init__.py");
  prefix.write(site + info + "/RECORD",
               row(name + "/__init__.py", "y = 2\n") + row("../../../bin/" + name, "#!python\n") +
                   row(info + "/METADATA", "Name: x\n") + row(info + "/INSTALLER", "pip\n") + name +
                   "/__pycache__/__init__.cpython-311.pyc,,\n" + info + "/RECORD,,\n" + more_rows);
}

}  // namespace

TEST_CASE(
    "pip: a package is one finding beside those of its programs, and its files are no others") {
  const MadePrefix prefix;
  install(prefix, "flask");
  const VerifyResult result = prefix.verify();
  REQUIRE(brief(result) == Lines{"EL231 bin/flask", "EL237 " + site + "flask-2.0.dist-info"});
  const Finding& finding = result.findings[1];
  const Finding& program = result.findings[0];
  CHECK(program.severity == Severity::error);
  CHECK(program.package == finding.package);
  CHECK(program.part_of == finding.id);
  CHECK(finding.package == "flask 2.0 (pip)");
  CHECK(finding.path == site + "flask-2.0.dist-info");
  CHECK_THAT(finding.found, Catch::Contains("6 files by pip") && Catch::Contains("bin/flask"));
  REQUIRE(finding.sha256);
}

TEST_CASE("pip: what is unlike RECORD, missing, or beside it is told") {
  const MadePrefix prefix;
  install(prefix, "flask");
  prefix.write(site + "flask/__init__.py", "y = 3\n");
  prefix.compile(site + "flask/__init__.py");
  fs::remove(prefix / "bin/flask");
  prefix.write(site + "flask/more.py", "");
  CHECK(brief(prefix.verify()) == Lines{"EL238 bin/flask", "EL238 " + site + "flask/__init__.py",
                                        "EL244 " + site + "flask/more.py",
                                        "EL237 " + site + "flask-2.0.dist-info"});
}

TEST_CASE("pip: what always runs is told though RECORD names it") {
  const MadePrefix prefix;
  prefix.write(site + "hook.pth", "import x\n");
  prefix.write("etc/conda/activate.d/hook.sh", "x\n");
  prefix.write("lib/libzed.so", "x\n");
  install(prefix, "hook",
          row("hook.pth", "import x\n") + row("../../../etc/conda/activate.d/hook.sh", "x\n") +
              row("../../libzed.so", "x\n"));
  CHECK(brief(prefix.verify()) == Lines{"EL231 bin/hook", "EL233 etc/conda/activate.d/hook.sh",
                                        "EL235 lib/libzed.so", "EL232 " + site + "hook.pth",
                                        "EL237 " + site + "hook-2.0.dist-info"});
}

TEST_CASE("pip: RECORD cannot claim a package's file, conda-meta, or what lies outside") {
  const MadePrefix prefix;
  install(prefix, "hook",
          row("../../libzed.so.1.3", "evil") + row("../../../conda-meta/note", "x") +
              row("../../../../outside", "x") + "/etc/passwd,,\n");
  prefix.write("lib/libzed.so.1.3", "evil");
  prefix.write("conda-meta/note", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL231 bin/hook", "EL203 lib/libzed.so.1.3",
                                        "EL238 " + site + "hook-2.0.dist-info/RECORD",
                                        "EL238 " + site + "hook-2.0.dist-info/RECORD",
                                        "EL237 " + site + "hook-2.0.dist-info",
                                        "EL250 conda-meta/note"});
}

TEST_CASE("pip: a package that conda's world has under the same name") {
  const MadePrefix prefix;
  install(prefix, "NumPy");
  const VerifyResult result = prefix.verify();
  // One cause: that pip put it there at all is in the same finding.
  REQUIRE(brief(result) == Lines{"EL231 bin/NumPy", "EL239 " + site + "NumPy-2.0.dist-info"});
  CHECK_THAT(result.findings.at(1).found,
             Catch::StartsWith("NumPy 2.0 beside it: ") && Catch::Contains("programs: bin/NumPy"));
  CHECK(result.findings.at(0).part_of == result.findings.at(1).id);
}

TEST_CASE("pip: metadata without RECORD is no installed package") {
  const MadePrefix prefix;
  prefix.write(site + "ghost-1.0.dist-info/METADATA", "Name: ghost\n");
  CHECK(brief(prefix.verify()) == Lines{"EL244 " + site + "ghost-1.0.dist-info"});
}

TEST_CASE("parse_pip_record: CSV with quotes, both line ends, and hashes") {
  const PipRecord record = parse_pip_record(
      "\"a,b.py\"," + record_hash("x") + ",1\r\n\"q\"\"q\",,\nz,,12\n\n../../../bin/t,,\n",
      "l/p/s");
  CHECK(record.faults.empty());
  REQUIRE(record.files.size() == 4);
  CHECK(record.files[0].path == "bin/t");
  CHECK(record.files[1].path == "l/p/s/a,b.py");
  CHECK(record.files[1].sha256 == sha256_of("x"));
  CHECK(record.files[1].size_bytes == 1U);
  CHECK(record.files[2].path == "l/p/s/q\"q");
  CHECK(record.files[3].size_bytes == 12U);
}

TEST_CASE("parse_pip_record: lines that prove nothing are faults") {
  const auto faults = [](const std::string& text) {
    return parse_pip_record(text, "l/p/s").faults.size();
  };
  CHECK(faults("../../../../x,,\n") == 1);
  CHECK(faults("/x,,\n") == 1);
  CHECK(faults(",,\n") == 1);
  CHECK(faults("a,md5=abc,\n") == 1);
  CHECK(faults("a,sha256=abc,\n") == 1);
  CHECK(faults("\"open\n") == 1);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "/x,,\n";
  CHECK(faults(many) == 20);
}

TEST_CASE("names of projects: PEP 503, and those of .dist-info folders") {
  CHECK(normalised_project("Foo__Bar.-baz") == "foo-bar-baz");
  const auto parts = parse_dist_info_name("Foo_Bar-1.2.dist-info");
  REQUIRE(parts);
  CHECK(parts->name == "Foo_Bar");
  CHECK(parts->version == "1.2");
  CHECK_FALSE(parse_dist_info_name("foo.dist-info"));
  CHECK_FALSE(parse_dist_info_name("-1.dist-info"));
  CHECK_FALSE(parse_dist_info_name("foo-1.egg-info"));
}

TEST_CASE("pip: a RECORD written by hand does not make a program or a module of the library less") {
  const MadePrefix prefix;
  prefix.write("bin/evil", "#!/bin/sh\n", true);
  prefix.write("lib/python3.11/evil.py", "x = 1\n");
  const std::string info = "evil-1.0.dist-info";
  prefix.write(site + info + "/RECORD", row("../../../bin/evil", "#!/bin/sh\n") +
                                            row("../evil.py", "x = 1\n") + info + "/RECORD,,\n");
  const VerifyResult result = prefix.verify();
  REQUIRE(brief(result) ==
          Lines{"EL231 bin/evil", "EL244 lib/python3.11/evil.py", "EL237 " + site + info});
  CHECK(result.findings[0].severity == Severity::error);
  CHECK(result.findings[1].severity == Severity::error);
}

TEST_CASE("parse_dist_metadata: the header's Name and Version, and nothing behind it") {
  const DistInfoName told =
      parse_dist_metadata("Metadata-Version: 2.1\r\nName:  A.b \r\nVersion: 1\r\n\r\nName: c\n");
  CHECK(told.name == "A.b");
  CHECK(told.version == "1");
  CHECK(parse_dist_metadata("\nName: a").name.empty());
  CHECK(parse_dist_metadata("Name: a\x1b[0m").name.empty());
  CHECK(parse_dist_metadata("Name: " + std::string(201, 'a')).name.empty());
  CHECK(parse_dist_metadata("").version.empty());
}

}  // namespace envlock::test
