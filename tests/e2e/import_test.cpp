#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "model/digest.hpp"
#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// Name -> sha256 of a platform of a lock.
std::map<std::string, std::string> digests(const std::string& lock,
                                           const std::string& platform = "linux-64") {
  std::map<std::string, std::string> out;
  const Json document = Json::parse(lock);
  for (const Json& package : document["platforms"][platform]["packages"])
    out.emplace(package["name"], package["sha256"]);
  return out;
}

/// The text with the rest of each line behind '#' replaced.
std::string with_hashes(const std::string& list, const Json& lock, const std::string& key) {
  std::string out;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = list.find('\n', at);
    std::string line = list.substr(at, end - at);
    at = end + 1;
    if (const std::size_t hash = line.find('#'); hash != std::string::npos && hash != 0) {
      line.resize(hash);
      for (const Json& package : lock["platforms"]["linux-64"]["packages"]) {
        if (!key.empty() && line.ends_with(package["fn"].get<std::string>()))
          line += "#" + package[key].get<std::string>();
      }
    }
    out += line + '\n';
  }
  return out;
}

std::string exported(const Workspace& work, const std::string& format) {
  const Outcome outcome = work.run({"export", "--format", format});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  return outcome.out;
}

void write_record(const Workspace& work, const Json& package, bool with_sha256) {
  const std::string path = "share/" + package["name"].get<std::string>();
  Json record = {{"name", package["name"]},
                 {"version", package["version"]},
                 {"build", package["build"]},
                 {"build_number", package["build_number"]},
                 {"subdir", package["subdir"]},
                 {"fn", package["fn"]},
                 {"channel", "channel"},
                 {"url", "file://" + (work.channel() / package["subdir"].get<std::string>() /
                                      package["fn"].get<std::string>())
                                         .string()},
                 {"md5", package["md5"]},
                 {"depends", package.value("depends", Json::array())},
                 {"files", {path}},
                 {"paths_data",
                  {{"paths_version", 1},
                   {"paths",
                    {{{"_path", path},
                      {"path_type", "hardlink"},
                      {"sha256", sha256_of("x").hex()},
                      {"sha256_in_prefix", sha256_of("x").hex()},
                      {"size_in_bytes", 1}}}}}}};
  work.write("prefix/" + path, "x");
  if (with_sha256) record["sha256"] = package["sha256"];
  if (package["name"] == "requests") record["requested_spec"] = "requests";
  work.write("prefix/conda-meta/" + package["name"].get<std::string>() + "-" +
                 package["version"].get<std::string>() + "-" + package["build"].get<std::string>() +
                 ".json",
             record.dump());
}

}  // namespace

TEST_CASE("import: what 'export' wrote for other tools is read as the same packages", "[e2e]") {
  const Workspace work;
  work.environment({"requests", "pandas"});
  work.solve();
  const auto format = GENERATE(values<std::string>({"explicit", "conda-lock", "pixi"}));
  CAPTURE(format);
  work.write("other", exported(work, format));
  const Outcome outcome = work.run({"import", "other", "-o", "again.lock"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("Wrote again.lock") && Contains("linux-64: "));
  CHECK(digests(work.read("again.lock")) == digests(work.lock()));
  const Json lock = Json::parse(work.read("again.lock"));
  CHECK(lock["origin"] == "adopted");
  CHECK(lock["complete"] == true);
  const Json before = Json::parse(work.lock());
  CHECK(lock["channels"] == before["channels"]);
  for (std::size_t i = 0; i < before["platforms"]["linux-64"]["packages"].size(); ++i) {
    Json left = before["platforms"]["linux-64"]["packages"][i];
    Json right = lock["platforms"]["linux-64"]["packages"][i];
    for (Json* package : {&left, &right}) package->erase("requested");
    CHECK(left == right);
  }
}

TEST_CASE("import: a list with MD5 only, or no hash at all, is completed from the channel",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  const auto key = GENERATE(values<std::string>({"md5", ""}));
  work.write("list.txt", with_hashes(exported(work, "explicit"), Json::parse(work.lock()), key));
  const Outcome outcome = work.run({"import", "list.txt", "-o", "again.lock"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("completed from the channels' repodata"));
  CHECK(digests(work.read("again.lock")) == digests(work.lock()));
}

TEST_CASE("import: a hash that is not the channel's is refused, with both", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  const std::string wrong(64, 'e');
  const std::string right = digests(work.lock()).at("openssl");
  std::string list = exported(work, "explicit");
  list.replace(list.find(right), right.size(), wrong);
  work.write("list.txt", list);
  const Outcome outcome = work.run({"import", "list.txt", "-o", "again.lock"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("list.txt:") && Contains(wrong) && Contains(right));
  CHECK_FALSE(work.exists("again.lock"));
}

TEST_CASE("import: a package that the channel no longer has needs SHA-256 and dependencies",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  std::string list = exported(work, "explicit");
  std::string conda_lock = exported(work, "conda-lock");
  const std::string sha256 = digests(work.lock()).at("requests");
  for (std::string* text : {&list, &conda_lock}) {
    for (const std::string& digest : {sha256, sha256.substr(0, 32)}) {  // the channel's MD5s
      for (std::size_t at = text->find(digest); at != std::string::npos; at = text->find(digest))
        text->replace(at, digest.size(), std::string(digest.size(), 'e'));
    }
    for (std::size_t at = text->find("requests-2.32.3-pyh0_0"); at != std::string::npos;
         at = text->find("requests-2.32.3-pyh0_0"))
      text->replace(at, 22, "requests-2.32.3-pyh0_9");
  }
  work.write("list.txt", list);
  const Outcome refused = work.run({"import", "list.txt", "-o", "again.lock"});
  CHECK(refused.exit == 3);
  CHECK_THAT(refused.err, Contains("1 package of 'list.txt'") && Contains("list.txt:") &&
                              Contains("requests-2.32.3-pyh0_9.conda"));
  work.write("conda-lock.yml", conda_lock);
  const Outcome taken = work.run({"import", "conda-lock.yml", "-o", "again.lock"});
  INFO(taken.err);
  CHECK(taken.exit == 0);
  CHECK_THAT(taken.err, Contains("1 package is no longer in the channel's repodata"));
  CHECK(digests(work.read("again.lock")).contains("requests"));
}

TEST_CASE("import: packages that do not fit together are no lock", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  std::string list = exported(work, "explicit");
  const std::size_t line = list.rfind("file:", list.find("urllib3-"));
  list.erase(line, list.find('\n', line) + 1 - line);
  work.write("list.txt", list);
  const Outcome outcome = work.run({"import", "list.txt", "-o", "again.lock"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("do not fit together") && Contains("urllib3"));
  CHECK_FALSE(work.exists("again.lock"));
}

TEST_CASE("import: what packages need of the machine is assumed, and said", "[e2e]") {
  const Workspace work;
  work.write("list.txt", "@EXPLICIT\nfile://" + work.channel().string() +
                             "/linux-64/torch-2.4.0-cuda_h0_200.conda\n");
  const Outcome outcome = work.run({"import", "list.txt"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("'__cuda=12.0=0' is assumed"));
  CHECK_THAT(work.lock(), Contains("\"name\": \"__cuda\""));
}

TEST_CASE("import: what envlock.yml denies to the solver is not adopted either", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  work.write("pixi.lock", exported(work, "pixi"));
  const auto [project, said] = GENERATE(values<std::pair<std::string, std::string>>({
      {"policy:\n  denied:\n    - spec: urllib3\n      reason: a test\n", "denied by 'urllib3'"},
      {"channels:\n  channel: ../channel\n  acme:\n    url: ../acme\n    owns: [urllib*]\n",
       "'urllib*' belongs to 'acme'"},
      {"channels:\n  channel:\n    url: ../channel\n    minimum_age: 100000d\n", "minimum_age"},
      {"channels:\n  acme: ../acme\n", "is not in the list"},
  }));
  CAPTURE(project);
  work.write("envlock.yml", project);
  const Outcome outcome = work.run({"import", "pixi.lock", "-o", "again.lock"});
  CHECK(outcome.exit == 6);
  INFO(outcome.err);
  std::string flat = outcome.err;
  std::ranges::replace(flat, '\n', ' ');
  CHECK_THAT(flat, Contains(said));
  CHECK_FALSE(work.exists("again.lock"));
}

TEST_CASE("import: nothing is overwritten unless it is named", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  work.write("list.txt", exported(work, "explicit"));
  const std::string before = work.lock();
  const Outcome outcome = work.run({"import", "list.txt"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("'envlock.lock' is there already"));
  CHECK(work.lock() == before);
  CHECK(work.run({"import", "list.txt", "-o", "list.txt"}).exit == 2);
  CHECK(work.run({"import", "list.txt", "-o", "envlock.lock"}).exit == 0);
}

TEST_CASE("import: FILE#NAME names an environment, and an unknown one is answered with the list",
          "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  work.write("pixi.lock", exported(work, "pixi"));
  CHECK(work.run({"import", "pixi.lock#default", "-o", "a.lock"}).exit == 0);
  const Outcome unknown = work.run({"import", "pixi.lock#test", "-o", "b.lock"});
  CHECK(unknown.exit == 2);
  CHECK_THAT(unknown.err, Contains("'default'"));
  CHECK(work.run({"import", "pixi.lock#", "-o", "b.lock"}).exit == 2);
  CHECK(work.run({"import", "pixi.lock", "--platform", "win-64", "-o", "b.lock"}).exit == 2);
  CHECK(work.run({"import", "missing", "-o", "b.lock"}).exit == 7);
  work.write("text", "hello\n");
  CHECK(work.run({"import", "text", "-o", "b.lock"}).exit == 3);
}

TEST_CASE("import: an environment without packages is no lock", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  std::string pixi = exported(work, "pixi");
  const std::size_t at = pixi.find("environments:\n");
  REQUIRE(at != std::string::npos);
  pixi.insert(
      at + std::string_view("environments:\n").size(),
      "  lint:\n    channels:\n      - url: https://conda.example/forge/\n    packages: {}\n");
  work.write("pixi.lock", pixi);
  const Outcome outcome = work.run({"import", "pixi.lock#lint", "-o", "a.lock"});
  INFO(outcome.err);
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("'lint' of 'pixi.lock' has no packages") &&
                              Contains("'pixi.lock#NAME': 'default'"));
  CHECK_FALSE(work.exists("a.lock"));
}

TEST_CASE("import: a file name that is another package than its digest is told", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  std::string list = exported(work, "explicit");
  const std::string fn = Json::parse(work.lock())["platforms"]["linux-64"]["packages"][0]["fn"];
  list.replace(list.find(fn), fn.size(), "openssl-9.9.9-0.conda");
  work.write("list.txt", list);
  const Outcome outcome = work.run({"import", "list.txt", "-o", "a.lock"});
  INFO(outcome.err);
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("by its digest 'openssl-9.9.9-0.conda' is '" + fn + "'"));
}

TEST_CASE("import: a lock that holds no requests says so once, and 'solve' keeps its versions",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests", "pandas"});
  work.solve();
  work.write("list.txt", exported(work, "explicit"));
  REQUIRE(work.run({"import", "list.txt", "-o", "envlock.lock"}).exit == 0);
  const Outcome check = work.run({"solve", "--check"});
  CHECK(check.exit == 1);
  CHECK_THAT(check.out,
             Contains("the lock was imported and holds no requests") && !Contains("needs it"));
  const Json findings =
      Json::parse(work.run({"solve", "--check", "--json"}).out)["result"]["findings"];
  REQUIRE(findings.size() == 1);
  CHECK(findings[0]["rule"] == "imported");

  CHECK_THAT(work.run({"why", "openssl"}).out,
             Contains("what was asked for is not known (imported lock)") &&
                 !Contains("nothing that you asked for"));
  const std::string tree = work.run({"tree"}).out;
  // It starts at what no other package needs, and what these need is below.
  CHECK_THAT(tree, Catch::StartsWith("what was asked for is not known (imported lock); no other "
                                     "package needs these:\n"));
  CHECK_THAT(tree, Contains("\npandas ") && Contains("\nrequests ") && Contains(" openssl ") &&
                       !Contains("\nopenssl ") && !Contains("not needed"));

  const std::string before = work.locked("openssl");
  work.solve();
  CHECK(work.locked("openssl") == before);
  CHECK(work.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("import: with --json the document and what was assumed are in the result", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  work.write("pixi.lock", exported(work, "pixi"));
  const Json document = work.json({"import", "pixi.lock", "-o", "again.lock"});
  CHECK(document["result"]["kind"] == "lock");
  CHECK(document["result"]["format"] == "pixi.lock");
  CHECK(document["result"]["output"] == "again.lock");
  CHECK(document["result"]["summary"] == Json::array({"linux-64: 1 package"}));
  CHECK(document["result"]["document"] == work.read("again.lock"));
}

TEST_CASE("import: an installed environment by its records, SHA-256 found by file or MD5",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  const Json lock = Json::parse(work.lock());
  std::size_t number = 0;
  for (const Json& package : lock["platforms"]["linux-64"]["packages"])
    write_record(work, package, ++number % 2 == 0);
  work.write("prefix/share/mine", "mine");
  const std::string info = "prefix/lib/python3.12/site-packages/six-1.17.0.dist-info/";
  work.write(info + "METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n");
  work.write(info + "INSTALLER", "pip\n");
  work.write(info + "RECORD",
             "six-1.17.0.dist-info/METADATA,,\nsix-1.17.0.dist-info/RECORD,,\n"
             "six-1.17.0.dist-info/INSTALLER,,\n");
  const Outcome outcome = work.run({"import", "prefix", "-o", "again.lock"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK(digests(work.read("again.lock")) == digests(work.lock()));
  CHECK_THAT(outcome.out, Contains("share/mine") && Contains("six"));
  const Json again = Json::parse(work.read("again.lock"));
  CHECK(again["complete"] == false);
  CHECK(again["incomplete"].size() == 1);
  for (const Json& package : again["platforms"]["linux-64"]["packages"])
    CHECK(package.value("requested", false) == (package["name"] == "requests"));
  CHECK(work.run({"import", ".", "-o", "b.lock"}).exit == 7);
}

TEST_CASE("import: an export becomes the requests that nobody else makes; a lost build is named",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests", "pandas"});
  work.solve();
  std::string text = "name: base\n" + exported(work, "environment");
  const std::string pandas = "pandas=" + work.locked("pandas").substr(0, 5) + "=";
  const std::size_t at = text.find(pandas);
  REQUIRE(at != std::string::npos);
  text.insert(text.find('\n', at), "9");
  for (const char* line : {"numpy=2.0.0=x_0", "openssl=9.1=x_0", "unheard=1.0=x_0"}) {
    const std::string name(line, std::string_view(line).find('='));
    const std::size_t known = text.find("  - " + name + "=");
    if (known != std::string::npos) text.erase(known, text.find('\n', known) + 1 - known);
    text += "  - " + std::string(line) + "\n";
  }
  work.write("export.yml", text);
  const Outcome outcome =
      work.run({"import", "export.yml", "--platform", "linux-64", "-o", "proposal.yml"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  const std::string proposal = work.read("proposal.yml");
  CHECK_THAT(proposal, Contains("  - pandas  # was 2.2.2 ") &&
                           Contains("  - requests  # was 2.32.3 pyh0_0\n") && !Contains("numpy") &&
                           !Contains("openssl"));
  // It would be installed over conda itself.
  CHECK_THAT(proposal, !Contains("base"));
  CHECK_THAT(outcome.err, Contains("'name: base' is left out"));
  CHECK_THAT(outcome.out, Contains("gone: numpy 2.0.0 x_0: the nearest is 2.1.0 ") &&
                              Contains("gone: openssl 9.1 x_0: the nearest is 3.3.1 ") &&
                              Contains("gone: unheard 1.0 x_0: no channel has"));
  CHECK_THAT(outcome.out, Contains("3 requests proposed") && Contains("gone: pandas 2.2.2") &&
                              Contains("the nearest is 2.2.2 py312h0_0"));
  CHECK(work.run({"solve", "proposal.yml", "--platform", "linux-64", "-o", "new.lock"}).exit == 0);
}

TEST_CASE("import: with --lock an export is solved, and what still fits stays as it was", "[e2e]") {
  const Workspace work;
  work.environment({"requests", "pandas", "python 3.11.*"});
  work.solve();
  work.write("export.yml", exported(work, "environment"));
  work.publish_newer();
  const Outcome outcome = work.run({"import", "export.yml", "--platform", "linux-64", "-o",
                                    "proposal.yml", "--lock", "kept.lock"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK(digests(work.read("kept.lock")) == digests(work.lock()));
  CHECK_THAT(outcome.out, Contains("Wrote kept.lock: "));
  CHECK(Json::parse(work.read("kept.lock"))["origin"] == "solved");
  CHECK(work.run({"solve", "proposal.yml", "-o", "kept.lock", "--check"}).exit == 0);
  work.write("list.txt", exported(work, "explicit"));
  CHECK(work.run({"import", "list.txt", "-o", "b.lock", "--lock", "c.lock"}).exit == 2);
}

TEST_CASE("import: with --lock nothing is written where there is no solution", "[e2e]") {
  const Workspace work;
  work.write(
      "export.yml",
      "channels:\n  - ../channel\ndependencies:\n  - numpy[build=py312*]\n  - python 3.11.*\n");
  work.write("proposal.yml", "mine\n");
  work.write("kept.lock", "mine, too\n");
  const Outcome outcome = work.run({"import", "export.yml", "--platform", "linux-64", "-o",
                                    "proposal.yml", "--lock", "kept.lock"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit == 4);
  CHECK(work.read("proposal.yml") == "mine\n");
  CHECK(work.read("kept.lock") == "mine, too\n");
}

TEST_CASE("import: a file that lists no dependencies keeps all its lines", "[e2e]") {
  const Workspace work;
  work.write("history.yml",
             "channels:\n  - ../channel\ndependencies:\n  - requests>=2\n  - numpy\n");
  const Outcome outcome =
      work.run({"import", "history.yml", "--platform", "linux-64", "-o", "proposal.yml"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("no full export"));
  CHECK_THAT(work.read("proposal.yml"), Contains("  - numpy\n  - requests>=2\n"));
}

TEST_CASE("import: a .condarc becomes an envlock.yml that solve obeys, without its token",
          "[e2e]") {
  const Workspace work;
  work.write(".condarc",
             "channels:\n  - ../channel\n  - "
             "https://conda.example/t/tk-0123456789/acme\nchannel_priority: flexible\n"
             "ssl_verify: false\n");
  const Outcome outcome = work.run({"import", ".condarc"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  const std::string project = work.read("envlock.yml");
  CHECK_THAT(project, Contains("channel_priority: flexible\n") &&
                          Contains("url: https://conda.example/acme\n"));
  for (const std::string* text : {&project, &outcome.out, &outcome.err})
    CHECK_THAT(*text, !Contains("0123456789"));
  CHECK_THAT(outcome.err, Contains("'ssl_verify'") && Contains("credentials"));
  work.environment({"openssl"});
  work.solve();
}

}  // namespace envlock::test
