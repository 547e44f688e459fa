#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/workspace.hpp"
#include "tests/support/look_alike.hpp"

namespace envlock::test {

using Catch::Contains;

TEST_CASE("search: every record that a MatchSpec matches, best first", "[e2e]") {
  const Workspace work;
  const std::vector<std::string> base = {"search",     "numpy",      "-c",
                                         "../channel", "--platform", "linux-64"};
  const Outcome text = work.run(base);
  CHECK(text.exit == 0);
  CHECK(text.out.find("2.1.0") < text.out.find("1.26.4"));
  const Json document = work.json(base);
  const Json& records = document["result"]["records"];
  REQUIRE(records.size() == 4);
  CHECK(records[0]["version"] == "2.1.0");
  CHECK(records[3]["version"] == "1.26.4");
  for (const Json& record : records) {
    for (const char* key : {"name", "version", "build", "build_number", "subdir", "channel", "fn",
                            "url", "sha256", "size", "depends", "constrains"}) {
      INFO(key);
      CHECK(record.contains(key));
    }
    CHECK(record["build_number"].is_number_integer());
  }
}

TEST_CASE("search: nothing found is exit 0 with an empty list; a broken spec is exit 2", "[e2e]") {
  const Workspace work;
  const Json none =
      work.json({"search", "numpy >=99", "-c", "../channel", "--platform", "linux-64"});
  CHECK(none["exit_code"] == 0);
  CHECK(none["result"]["records"] == Json::array());
  CHECK(work.run({"search", "numpy ==", "-c", "../channel"}).exit == 2);
  CHECK(work.run({"search", "numpy"}).exit == 2);
  CHECK(work.run({"search"}).exit == 2);
}

TEST_CASE("search: a pipe gets every match, however many there are", "[e2e]") {
  const Workspace work;
  std::string records;
  for (int i = 0; i < 100; ++i) {
    const std::string version = "1." + std::to_string(i);
    records += (i == 0 ? "\"many-" : ",\"many-") + version + "-0.conda\": {\"name\": \"many\", " +
               R"("build": "0", "build_number": 0, "depends": [], "version": ")" + version + "\"}";
  }
  std::filesystem::create_directories(work.dir() / "many" / "noarch");
  std::ofstream(work.dir() / "many" / "noarch" / "repodata.json")
      << R"({"packages.conda": {)" << records << "}}";
  const std::string out = work.run({"search", "many", "-c", "../many"}).out;
  CHECK(std::count(out.begin(), out.end(), '\n') == 101);  // and a head
  CHECK_THAT(out, Contains("1.99 ") && Contains("1.0 ") && !Contains(" more"));
}

TEST_CASE("search: nothing found names what is near", "[e2e]") {
  const Workspace work;
  const auto said = [&](const std::string& spec) {
    return work.run({"search", spec, "-c", "../channel", "--platform", "linux-64"}).err;
  };
  CHECK_THAT(said("nunpy"), Contains("did you mean 'numpy'?"));
  CHECK_THAT(said("numpy =99"), Contains("of 'numpy' there is 1.26.4 ") && Contains("2.1.0"));
  CHECK_THAT(said("elsewhere::numpy"),
             Contains("'elsewhere::' means none of the channels that are looked through: file://"));
}

TEST_CASE("why: the chain from the request to the package", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  const Outcome outcome = work.run({"why", "openssl"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("requests") && Contains("python") && Contains("openssl"));
  const Json document = work.json({"why", "openssl"});
  CHECK(document["result"]["name"] == "openssl");
  CHECK(work.run({"why", "opensl"}).exit == 2);
  CHECK_THAT(work.run({"why", "opensl"}).err, Contains("openssl"));
}

TEST_CASE("tree: every locked package is in it, with --json once each", "[e2e]") {
  const Workspace work;
  work.environment({"requests", "pandas"});
  work.solve();
  const Outcome outcome = work.run({"tree"});
  CHECK(outcome.exit == 0);
  const Json lock = Json::parse(work.lock());
  for (const Json& package : lock["platforms"]["linux-64"]["packages"]) {
    CHECK_THAT(outcome.out, Contains(package["name"].get<std::string>()));
  }
  const Json document = work.json({"tree"});
  CHECK(document["result"]["packages"].size() == lock["platforms"]["linux-64"]["packages"].size());
}

TEST_CASE("export --format explicit: one URL with sha256 a line, in an order that installs",
          "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  const Outcome outcome = work.run({"export", "--format", "explicit"});
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("@EXPLICIT"));
  const Json lock = Json::parse(work.lock());
  std::size_t urls = 0;
  std::istringstream in(outcome.out);
  for (std::string line; std::getline(in, line);) {
    if (line.find("://") != std::string::npos && line.front() != '#') ++urls;
  }
  CHECK(urls == lock["platforms"]["linux-64"]["packages"].size());
  for (const Json& package : lock["platforms"]["linux-64"]["packages"]) {
    CHECK_THAT(outcome.out, Contains(package["sha256"].get<std::string>()));
  }
  CHECK(outcome.out.find("/python-3.12.5") < outcome.out.find("/requests-"));
  const Json document = work.json({"export", "--format", "explicit"});
  CHECK(document["result"]["document"] == outcome.out);
}

TEST_CASE("export --format environment: gives the same packages when it is solved again", "[e2e]") {
  const Workspace work;
  work.environment({"pandas", "numpy<2"});
  work.solve();
  work.publish_newer();
  work.solve({"--dry-run"});
  const Json before = Json::parse(work.lock());
  const Outcome outcome = work.run({"export", "--format", "environment"});
  REQUIRE(outcome.exit == 0);
  work.write("pinned.yml", outcome.out);
  work.solve({"pinned.yml", "-o", "pinned.lock", "--platform", "linux-64"});
  const Json after = Json::parse(work.read("pinned.lock"));
  const auto hashes = [](const Json& lock) {
    std::vector<std::string> all;
    for (const Json& package : lock["platforms"]["linux-64"]["packages"]) {
      all.push_back(package["sha256"]);
    }
    return all;
  };
  CHECK(hashes(after) == hashes(before));
}

TEST_CASE("export: an unknown format, or none, is exit 2 and names the choices", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.solve();
  CHECK(work.run({"export"}).exit == 2);
  const Outcome outcome = work.run({"export", "--format", "conda"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("explicit"));
}

TEST_CASE("every command has help with two examples and the exit codes", "[e2e]") {
  const Workspace work;
  for (const std::string command : {"solve", "search", "why", "tree", "export"}) {
    INFO(command);
    const Outcome outcome = work.run({command, "--help"});
    CHECK(outcome.exit == 0);
    CHECK(outcome.err.empty());
    std::size_t examples = 0;
    for (std::size_t at = 0; (at = outcome.out.find("envlock " + command, at)) != std::string::npos;
         ++at) {
      ++examples;
    }
    CHECK(examples >= 3);  // the usage and two examples
    CHECK_THAT(outcome.out, Contains("130"));
  }
}

TEST_CASE("a wrong command line is exit 2 with one JSON document where --json is given", "[e2e]") {
  const Workspace work;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"solv", "--json"}, {"--json"}, {"--json", "--nonsense"}}) {
    const Outcome outcome = work.run(args);
    CHECK(outcome.exit == 2);
    const Json document = Json::parse(outcome.out);
    CHECK(document["schema"] == 1);
    CHECK(document["ok"] == false);
    CHECK(document["error"]["kind"] == "usage");
  }
  CHECK_THAT(work.run({"solv"}).err, Contains("solve"));
}

TEST_CASE("the demo does what it says, on the look-alike channel", "[e2e]") {
  const Workspace work;
  RunOptions options = work.options();
  options.env["ENVLOCK_DEMO_SECONDS"] = "0";
  const Outcome outcome = run_program(
      "/bin/sh", {(fixtures_dir() / "demo.sh").string(), envlock_program(), make_channel_program()},
      options);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit == 0);
}

}  // namespace envlock::test
