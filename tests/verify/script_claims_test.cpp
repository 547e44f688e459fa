// What link scripts made: proved by a baseline, explained by the prefix's own record, and never
// silenced by that.
#include "verify/script_claims.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

using Lines = std::vector<std::string>;
const std::string script = "bin/.tool-post-link.sh";

ScriptProduct product(const std::string& path, const std::string& text, bool executable = false,
                      const std::string& package = "tool") {
  ScriptProduct made;
  made.path = path;
  made.package = package;
  made.executable = executable;
  made.size_bytes = text.size();
  made.sha256 = sha256_of(text);
  return made;
}

/// A prefix in which the script of `tool` made a program and data, and install said so.
class Scripted : public MadePrefix {
 public:
  Scripted() {
    write("bin/made", "#!/bin/sh\n", true);
    write("share/made/one.txt", "one");
    write("share/made/two.txt", "two");
    claim({product("bin/made", "#!/bin/sh\n", true), product("share/made/one.txt", "one"),
           product("share/made/two.txt", "two")});
  }
  void claim(const std::vector<ScriptProduct>& products) const {
    write(script_products_path, write_script_products(products));
  }
  /// The baseline that `install --baseline` writes.
  [[nodiscard]] Baseline proved() const {
    Baseline baseline = this->baseline();
    for (const ScriptProduct& made :
         {product("bin/made", "#!/bin/sh\n", true), product("share/made/one.txt", "one"),
          product("share/made/two.txt", "two")}) {
      BaselineFile file;
      file.path = made.path;
      file.package = 2;
      file.executable = made.executable;
      file.size_bytes = made.size_bytes;
      file.sha256 = made.sha256;
      file.role = FileRole::script_product;
      baseline.files.push_back(std::move(file));
    }
    std::ranges::sort(baseline.files, {}, &BaselineFile::path);
    return baseline;
  }
};

}  // namespace

TEST_CASE("link scripts: what a baseline holds of their work is clean, and each change is told") {
  const Scripted prefix;
  const Baseline baseline = prefix.proved();
  CHECK_THAT(brief(verify_prefix(prefix.request(), baseline)), Catch::Equals(Lines{}));
  prefix.write("bin/made", "#!/bin/sH\n", true);
  // Also where the record of the prefix was changed with it.
  prefix.claim({product("bin/made", "#!/bin/sH\n", true)});
  const Finding changed = only(verify_prefix(prefix.request(), baseline));
  CHECK(changed.rule == "EL203");
  CHECK(changed.severity == Severity::error);
  CHECK(changed.package == "tool 1.0 0");
  CHECK_THAT(changed.message, Catch::Contains("link script"));
}

TEST_CASE("link scripts: without such a baseline their code is one warning, their data a note") {
  const Scripted prefix;
  const VerifyResult result = prefix.verify();
  REQUIRE(brief(result) == Lines{"EL251 " + script, "EL250 share/made"});
  const Finding& finding = result.findings.front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.path == script);
  CHECK(finding.package == "tool 1.0 0");
  CHECK_THAT(finding.found, Catch::Contains("1 program (10 bytes), among them bin/made"));
  CHECK(result.findings.back().severity == Severity::note);
}

TEST_CASE("link scripts: data that somebody claims in the record is told, with its bytes") {
  const Scripted prefix;
  const auto claim_all = [&](const std::string& text) {
    prefix.write("etc/gitconfig", text);
    prefix.claim({product("bin/made", "#!/bin/sh\n", true), product("etc/gitconfig", text),
                  product("share/made/one.txt", "one"), product("share/made/two.txt", "two")});
    const VerifyResult result = prefix.verify();
    const auto found = std::ranges::find_if(result.findings, [](const Finding& one) {
      return one.found.find("gitconfig") != std::string::npos || one.path == "etc/gitconfig";
    });
    REQUIRE(found != result.findings.end());
    CHECK(found->rule == "EL250");
    return *found;
  };
  const Finding before = claim_all("[core]\n\tfsmonitor = true\n");
  const Finding after = claim_all("[core]\n\tfsmonitor = evil\n");
  CHECK(before.id == after.id);
  CHECK(before.sha256 != after.sha256);
}

TEST_CASE("link scripts: what was changed since is what nobody brought, and says so") {
  const Scripted prefix;
  prefix.write("bin/made", "#!/bin/bash\n", true);
  const VerifyResult result = prefix.verify();
  REQUIRE(brief(result) == Lines{"EL231 bin/made", "EL250 share/made"});
  const Finding& finding = result.findings.front();
  CHECK(finding.severity == Severity::error);
  CHECK_THAT(finding.message, Catch::Contains("link script of tool left something else here"));
  prefix.write("bin/made", "#!/bin/sh\n", true);
  prefix.write("share/made/one.txt", "eno");
  CHECK(brief(prefix.verify()) ==
        Lines{"EL251 " + script, "EL250 share/made", "EL250 share/made/one.txt"});
  prefix.write("share/made/one.txt", "one", true);  // it can run now
  CHECK(brief(prefix.verify()) ==
        Lines{"EL231 share/made/one.txt", "EL251 " + script, "EL250 share/made"});
}

TEST_CASE("link scripts: a record that somebody edited silences nothing that can run") {
  const Scripted prefix;
  prefix.write("bin/evil", "evil", true);
  prefix.write("etc/conda/activate.d/evil.sh", "evil");
  prefix.write("lib/libzed.so.2", "evil");
  prefix.write("lib/python3.11/site-packages/sitecustomize.py", "evil");
  prefix.claim({product("bin/evil", "evil", true), product("bin/made", "#!/bin/sh\n", true),
                product("etc/conda/activate.d/evil.sh", "evil"), product("lib/libzed.so.2", "evil"),
                product("lib/python3.11/site-packages/sitecustomize.py", "evil"),
                product("share/made/one.txt", "one"), product("share/made/two.txt", "two")});
  const VerifyResult result = prefix.verify();
  CHECK_THAT(brief(result),
             Catch::Equals(Lines{"EL233 etc/conda/activate.d/evil.sh", "EL235 lib/libzed.so.2",
                                 "EL232 lib/python3.11/site-packages/sitecustomize.py",
                                 "EL251 " + script, "EL250 share/made"}));
  CHECK_THAT(result.findings.at(3).found, Catch::Contains("2 programs"));
}

TEST_CASE("link scripts: no claim excuses a package's own file") {
  const Scripted prefix;
  prefix.write("bin/python3.11", "evil", true);
  prefix.claim({product("bin/made", "#!/bin/sh\n", true), product("bin/python3.11", "evil", true),
                product("share/made/one.txt", "one"), product("share/made/two.txt", "two")});
  CHECK(brief(prefix.verify()) ==
        Lines{"EL203 bin/python3.11", "EL251 " + script, "EL250 share/made"});
}

TEST_CASE("link scripts: only a package with a script that may run can have made something") {
  const Scripted prefix;
  prefix.claim({product("bin/made", "#!/bin/sh\n", true, "python"),
                product("share/made/one.txt", "one", false, "nobody"),
                product("share/made/two.txt", "two")});
  CHECK(brief(prefix.verify()) == Lines{"EL231 bin/made", "EL250 share/made"});
  VerifyRequest request = prefix.request();
  request.allowed_scripts = {sha256_of("echo linked\n")};
  CHECK(brief(verify_prefix(request, prefix.baseline())) ==
        Lines{"EL231 bin/made", "EL250 share/made"});
  request.allowed_scripts->clear();
  prefix.claim({product("bin/made", "#!/bin/sh\n", true)});
  CHECK(brief(verify_prefix(request, prefix.baseline())) ==
        Lines{"EL231 bin/made", "EL250 share/made"});
}

TEST_CASE("link scripts: a record that cannot be read is told, and believed in nothing") {
  const Scripted prefix;
  prefix.write(script_products_path, "{\"products\": [");
  CHECK(brief(prefix.verify()) ==
        Lines{"EL231 bin/made", "EL225 conda-meta/envlock.made-by-scripts", "EL250 share/made"});
}

TEST_CASE("link scripts: --self takes the record as it takes the others") {
  const Scripted prefix;
  CHECK_THAT(brief(prefix.verify_itself()), Catch::Equals(Lines{}));
  prefix.write("bin/made", "#!/bin/sH\n", true);
  CHECK(only(prefix.verify_itself()).rule == "EL203");
}

TEST_CASE("link scripts: an acceptance of their code ends with its bytes") {
  const Scripted prefix;
  const Finding before = prefix.verify().findings.at(0);
  REQUIRE(before.rule == "EL251");
  REQUIRE(before.sha256);
  prefix.write("bin/made", "#!/bin/sH\n", true);
  prefix.claim({product("bin/made", "#!/bin/sH\n", true), product("share/made/one.txt", "one"),
                product("share/made/two.txt", "two")});
  const Finding after = prefix.verify().findings.at(0);
  CHECK(after.id == before.id);
  CHECK(after.sha256 != before.sha256);
}

}  // namespace envlock::test
