// What verify says is to be done: it can be pasted, and is right for the prefix that was judged.
#include "verify/advice.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

std::string advice_for(const VerifyResult& result, std::string_view rule) {
  const auto found = std::ranges::find(result.findings, rule, &Finding::rule);
  REQUIRE(found != result.findings.end());
  return found->advice;
}

std::string place(const MadePrefix& prefix, std::string_view file = {}) {
  const std::string root = fs::canonical(prefix.path()).string();
  return '\'' + (file.empty() ? root : root + '/' + std::string(file)) + '\'';
}

/// The environment with its first package, record and all, called pip.
Baseline with_pip(const MadePrefix& prefix) {
  Baseline baseline = prefix.baseline();
  BaselinePackage& package = baseline.packages.front();
  const std::string old = package.name;
  const fs::path record = prefix / ("conda-meta/" + old + "-1.0-0.json");
  std::string text = read_file(record);
  for (std::size_t at = text.find(old + "-1.0-0"); at != std::string::npos;
       at = text.find(old + "-1.0-0"))
    text.replace(at, old.size(), "pip");
  const std::string name = '"' + old + '"';
  text.replace(text.find(name), name.size(), "\"pip\"");
  prefix.write("conda-meta/pip-1.0-0.json", text);
  fs::remove(record);
  package.name = "pip";
  package.fn = "pip-1.0-0.conda";
  return baseline;
}

}  // namespace

TEST_CASE("shell_word: quotes what a shell would take apart, and nothing else") {
  CHECK(shell_word("/opt/env-1.2/bin") == "/opt/env-1.2/bin");
  CHECK(shell_word("/opt/my env") == "'/opt/my env'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$(id)") == "'$(id)'");
  CHECK(shell_word("").size() == 2);
}

TEST_CASE("advice: what packages brought is made anew by a line that names lock and prefix") {
  const MadePrefix prefix("my env");
  prefix.write("lib/libzed.so.1.3",
               "\x7f"
               "ELF zEd");
  VerifyRequest request = prefix.request();
  request.against = "lock";
  request.lock = "gpu lock.lock";
  CHECK(advice_for(verify_prefix(request, prefix.baseline()), "EL203") ==
        "envlock install '" + fs::absolute("gpu lock.lock").string() + "' --prefix " +
            place(prefix) + " --repair");
  // Of a baseline the lock is not known.
  CHECK(advice_for(prefix.verify(), "EL203") ==
        "envlock install LOCK --prefix " + place(prefix) + " --repair");
}

TEST_CASE("advice: rights are taken away by a line that names the place") {
  const MadePrefix prefix("my env");
  REQUIRE(::chmod((prefix / "lib/libzed.so.1.3").c_str(), 0646) == 0);
  REQUIRE(::chmod((prefix / "bin/tool").c_str(), 04644) == 0);
  const VerifyResult result = prefix.verify();
  CHECK(advice_for(result, "EL211") == "chmod go-w " + place(prefix, "lib/libzed.so.1.3"));
  CHECK(advice_for(result, "EL214") == "chmod ug-s " + place(prefix, "bin/tool"));
  CHECK(advice_for(result, "EL216") == "chmod a+x " + place(prefix, "bin/tool"));
}

TEST_CASE("advice: what comes from outside is a word of the line, and never a template of it") {
  Finding finding = make_finding(verify_rules(), "EL219", "a {prefix} it's $(id)\n{id}");
  finding.advice = "setfattr -x {word} {path} && setfattr -x {word} {paths}";
  finding.advice_words = {"user.{path}, $(cmd)'; id #\n", "user.{word}"};
  std::vector<Finding> findings = {finding};
  advise(findings, {"/opt/{id}, {lock}'s", "/l/{path} $(id).lock", {}, false});
  const std::string path = "'/opt/{id}, {lock}'\\''s/a {prefix} it'\\''s $(id)\n{id}'";
  CHECK(findings.at(0).advice == "setfattr -x 'user.{path}, $(cmd)'\\''; id #\n' " + path +
                                     " && setfattr -x 'user.{word}' " + path);
  CHECK(findings.at(0).advice_words.empty());
  finding.advice = "{word}{word}{word}";
  findings = {finding};
  CHECK_THROWS_AS(advise(findings, {"/opt", {}, {}, false}), InternalError);
  finding.advice = "envlock install {lock} --prefix {prefix}";
  findings = {finding};
  advise(findings, {"/opt/{lock}", "/l/{prefix} $(id).lock", {}, false});
  CHECK(findings.at(0).advice == "envlock install '/l/{prefix} $(id).lock' --prefix '/opt/{lock}'");
}

TEST_CASE("advice: where there is no envlock, no next step takes it") {
  const std::string anew = "'/opt/my env/bin/envlock-env' unpack --replace PACK '/opt/my env'";
  const auto advice = [](std::string_view rule) {
    std::vector<Finding> findings = {make_finding(verify_rules(), rule, "a")};
    advise(findings, {.prefix = "/opt/my env",
                      .lock = {},
                      .against = {},
                      .was_unpacked = true,
                      .without_envlock = true});
    return findings.at(0).advice;
  };
  for (const Rule& rule : verify_rules()) {
    INFO(rule.id << ": " << advice(rule.id));
    for (const std::string program : {"accept", "install", "unpack", "verify", "relocate"})
      CHECK_THAT(advice(rule.id), !Catch::Contains("envlock " + program));
    CHECK(advice(rule.id).empty() == rule.advice.empty());
  }
  CHECK(advice("EL201") == anew);
  CHECK_THAT(advice("EL239"), Catch::EndsWith(anew) && Catch::Contains("pip "));
  CHECK(advice("EL250") == "remove it, or make it part of a package");
  CHECK(advice("EL252") == anew);
}

TEST_CASE("advice: what brings a pack anew asks for the key that the prefix was checked by") {
  const auto advice = [](std::string_view rule, bool without_envlock) {
    std::vector<Finding> findings = {make_finding(verify_rules(), rule, "a")};
    advise(findings, {.prefix = "/opt/env",
                      .lock = {},
                      .against = {},
                      .was_unpacked = true,
                      .without_envlock = without_envlock,
                      .key = "/my keys/{prefix}.pub"});
    return findings.at(0).advice;
  };
  const std::string key = " --key '/my keys/{prefix}.pub'";
  for (const std::string_view rule : {"EL201", "EL252"}) {
    CHECK(advice(rule, true) ==
          "/opt/env/bin/envlock-env unpack --replace" + key + " PACK /opt/env");
    CHECK_THAT(advice(rule, false),
               Catch::EndsWith("envlock unpack PACK --prefix /opt/env --replace" + key));
  }
}

TEST_CASE("advice: in an unpacked prefix each way that installs becomes one that unpacks") {
  for (const Rule& rule : verify_rules()) {
    INFO(rule.id);
    const bool is_bound = rule.advice.find("; or: envlock accept {id}") != std::string_view::npos ||
                          rule.advice.find(": envlock accept {id}") != std::string_view::npos;
    std::vector<Finding> findings = {make_finding(verify_rules(), rule.id, "a")};
    const std::string id = findings.at(0).id;
    advise(findings, {"/opt/my env", "/l", {}, true});
    CHECK_THAT(findings.at(0).advice, !Catch::Contains("envlock install"));
    if (is_bound) CHECK_THAT(findings.at(0).advice, Catch::Contains("envlock accept " + id));
  }
  std::vector<Finding> findings = {make_finding(verify_rules(), "EL240", "a"),
                                   make_finding(verify_rules(), "EL239", "b"),
                                   make_finding(verify_rules(), "EL221", "c")};
  advise(findings, {"/opt/my env", {}, {}, true});
  const std::string anew = "envlock unpack PACK --prefix '/opt/my env' --replace";
  CHECK_THAT(findings.at(0).advice, Catch::StartsWith(anew + "; if Python made it anew"));
  CHECK(findings.at(1).advice == "uninstall it with the pip that installed it, and then: " + anew);
  CHECK_THAT(findings.at(2).advice, Catch::StartsWith(anew + "; if it must stay: add it to "));
}

TEST_CASE("advice: a fault of a folder and of all below it is mended at once") {
  const MadePrefix prefix("my env");
  REQUIRE(::chmod((prefix / "lib").c_str(), 0777) == 0);
  REQUIRE(::chmod((prefix / "lib/libzed.so.1.3").c_str(), 0666) == 0);
  CHECK(advice_for(prefix.verify(1), "EL211") == "chmod -R go-w " + place(prefix, "lib"));
}

TEST_CASE("advice: what no package brought can be accepted by its id") {
  const MadePrefix prefix;
  prefix.write("bin/evil", "#!/bin/sh\n", true);
  const Finding finding = only(prefix.verify());
  CHECK_THAT(finding.advice, Catch::Contains("envlock accept " + finding.id + " --report "));
}

TEST_CASE("advice: of another environment nothing is to be removed or made anew") {
  const MadePrefix prefix;
  Baseline other = prefix.baseline();
  other.packages.at(0).version = "2.0";
  other.packages.at(1).build = "1";
  prefix.write("bin/evil", "#!/bin/sh\n", true);
  const VerifyResult result = verify_prefix(prefix.request(), other);
  REQUIRE(result.findings.size() > 3);
  REQUIRE(result.findings.at(0).rule == "EL230");
  CHECK_THAT(result.findings.at(0).advice,
             Catch::StartsWith("this is another environment: name its own lock or baseline"));
  for (std::size_t i = 1; i < result.findings.size(); ++i) {
    INFO(result.findings.at(i).rule << ' ' << result.findings.at(i).path);
    CHECK(result.findings.at(i).advice.empty());
  }
}

TEST_CASE("advice: where a plain install would refuse, every line that installs repairs") {
  const std::string plain = "envlock install /l --prefix /opt";
  for (const std::string stops : {"EL222", "EL225", "EL210"}) {
    INFO(stops);
    std::vector<Finding> findings = {make_finding(verify_rules(), "EL221", "a"),
                                     make_finding(verify_rules(), stops, "b"),
                                     make_finding(verify_rules(), "EL203", "c")};
    advise(findings, {"/opt", "/l", {}, false});
    CHECK_THAT(findings.at(0).advice, Catch::StartsWith(plain + " --repair; if it must stay"));
    CHECK(findings.at(2).advice == plain + " --repair");
  }
  std::vector<Finding> findings = {make_finding(verify_rules(), "EL221", "a")};
  advise(findings, {"/opt", "/l", {}, false});
  CHECK_THAT(findings.at(0).advice, Catch::StartsWith(plain + "; if it must stay"));
}

TEST_CASE("advice: a folder above is closed by a line, and one of somebody else's is not") {
  const MadePrefix prefix("my env");
  const std::string above = fs::canonical(prefix.path()).parent_path().string();
  REQUIRE(::chmod(above.c_str(), 0777) == 0);
  CHECK(advice_for(prefix.verify(), "EL213") ==
        "chmod go-w " + above + "; if others must write there: chmod +t " + above);
  REQUIRE(::chmod(above.c_str(), 01777) == 0);
  CHECK(prefix.verify().findings.empty());
}

TEST_CASE("advice: a package that pip put over the environment's own is taken off by its pip") {
  const MadePrefix prefix("my env");
  const std::string folder = "lib/python3.11/site-packages/numpy-2.0.dist-info";
  prefix.write(folder + "/RECORD", "numpy-2.0.dist-info/RECORD,,\n");
  CHECK_THAT(advice_for(prefix.verify(), "EL239"), Catch::StartsWith("uninstall it with the pip"));
  const Baseline baseline = with_pip(prefix);
  VerifyRequest request = prefix.request();
  // What only the prefix itself vouches for is not to be run.
  request.is_from_outside = false;
  CHECK_THAT(advice_for(verify_prefix(request, baseline), "EL239"),
             Catch::StartsWith("uninstall it with the pip"));
  request.is_from_outside = true;
  const VerifyResult result = verify_prefix(request, baseline);
  const auto shadows = std::ranges::find(result.findings, "EL239", &Finding::rule);
  REQUIRE(shadows != result.findings.end());
  CHECK(std::ranges::count(result.findings, "EL237", &Finding::rule) == 0);
  // Twice, because a repair before it puts the package's own metadata back beside the other.
  const std::string uninstall = place(prefix, "bin/python") + " -m pip uninstall -y numpy && ";
  CHECK(shadows->advice ==
        uninstall + uninstall + "envlock install LOCK --prefix " + place(prefix) + " --repair");
}

TEST_CASE("advice: nobody is told to run a python or pip that was found changed") {
  struct Change {
    std::string path, text;
  };
  const std::string site = "lib/python3.11/site-packages/";
  for (const Change& change :
       {Change{"bin/python3.11", "another"}, Change{site + "pip/__main__.py", "import os\n"},
        Change{site + "now.pth", "import os\n"}}) {
    INFO(change.path);
    const MadePrefix prefix;
    prefix.write(site + "numpy-2.0.dist-info/RECORD", "numpy-2.0.dist-info/RECORD,,\n");
    const Baseline baseline = with_pip(prefix);
    VerifyRequest request = prefix.request();
    request.is_from_outside = true;
    REQUIRE_THAT(advice_for(verify_prefix(request, baseline), "EL239"),
                 Catch::Contains(" -m pip uninstall "));
    prefix.write(change.path, change.text, true);
    CHECK_THAT(advice_for(verify_prefix(request, baseline), "EL239"),
               Catch::StartsWith("uninstall it with the pip"));
  }
}

TEST_CASE("advice: a wheel of another version that envlock installed is not pip's doing") {
  const MadePrefix prefix;
  const std::string folder = "lib/python3.11/site-packages/numpy-2.0.dist-info";
  prefix.write(folder + "/RECORD", "numpy-2.0.dist-info/RECORD,,\n");
  prefix.write(folder + "/INSTALLER", "envlock\n");
  const VerifyResult result = prefix.verify();
  const auto other = std::ranges::find(result.findings, "EL239", &Finding::rule);
  REQUIRE(other != result.findings.end());
  CHECK(other->message == "a wheel of the lock is there in another version");
  CHECK(other->advice == "envlock install LOCK --prefix " + prefix.path().string());
}

TEST_CASE("advice: findings say what the prefix was held against") {
  const MadePrefix prefix;
  prefix.write(
      "conda-meta/tool-1.0-0.json",
      R"({"name":"tool","version":"1.0","build":"0","files":[],"paths_data":{"paths":[]}})");
  Baseline other = prefix.baseline();
  other.lock_sha256 = sha256_of("another");
  prefix.write("conda-meta/envlock.lock", "a lock");
  VerifyRequest request = prefix.request();
  request.against = "lock";
  for (const Finding& finding : verify_prefix(request, other).findings) {
    INFO(finding.rule);
    for (const std::string& text : {finding.expected, finding.message, finding.advice})
      CHECK_THAT(text, !Catch::Contains("baseline"));
  }
}

TEST_CASE("advice: no rule keeps a mark, and a new one has its traits told") {
  for (const Rule& rule : verify_rules()) {
    INFO(rule.id);
    CHECK_THAT(general_advice(rule), !Catch::Contains("{") && !Catch::Contains("}"));
    // What nobody's package brought and is work of somebody's always decides what runs, but data.
    if (has(rule.traits.value, RuleTrait::unpackaged) && rule.id != "EL250")
      CHECK(has(rule.traits.value, RuleTrait::decides_what_runs));
  }
  static_assert(!std::is_default_constructible_v<RuleTraits>);
}

}  // namespace envlock::test
