#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/solver/question.hpp"

namespace envlock::test {
namespace {

PackageBuilder package(const std::string& name, const std::string& version,
                       std::vector<std::string> depends = {}) {
  return PackageBuilder(name).version(version).depends(std::move(depends));
}

Explanation explanation_of(const Question& question) {
  try {
    solve(question.question);
  } catch (const UnsolvableError& error) {
    return error.explanation;
  }
  throw std::logic_error("there is a solution");
}

/// The explanation as a user reads it: headline, indented lines with places, hints.
std::vector<std::string> text_of(const Explanation& why) {
  std::vector<std::string> text{why.headline};
  for (const ExplanationLine& line : why.lines) {
    const std::string place = line.place.to_string();
    text.push_back(std::string(static_cast<std::size_t>(line.depth) * 2, ' ') + line.text +
                   (place.empty() ? "" : " (" + place + ")"));
  }
  for (const std::string& suggestion : why.suggestions) text.push_back("hint: " + suggestion);
  return text;
}

using Text = std::vector<std::string>;

}  // namespace

TEST_CASE("A name that no channel has: said so, with the nearest one", "[explain]") {
  Question question;
  question.channel("main", {package("pandas", "1"), package("python", "3")});
  question.request("python").request("pnadas");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'pnadas' cannot be installed: there is no package 'pnadas' in 'main'",
               "'pnadas' is requested (environment.yml:2)",
               "  there is no package 'pnadas' in 'main' for linux-64",
               "hint: did you mean 'pandas'?"});
}

TEST_CASE("Where channels have nothing for the platform, that is said, and no other name",
          "[explain]") {
  Question question;
  question.channel("main", {package("python", "3")}, {package("cpython", "3")}).request("python");
  std::vector<std::shared_ptr<const Index>>& subdirs = question.question.channels.at(0).subdirs;
  subdirs.erase(subdirs.begin());
  question.question.channels.at(0).subdir_urls.erase(
      question.question.channels.at(0).subdir_urls.begin());
  REQUIRE(explanation_of(question).suggestions ==
          Text{"no channel has anything for linux-64, 'noarch' aside: solve for another platform, "
               "or add a channel that has it"});
}

TEST_CASE("A dependency that no channel has is no slip of the user's pen", "[explain]") {
  Question question;
  question.channel("main", {package("app", "1", {"lib-x >=2"}), package("lib-y", "2")});
  question.request("app");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'app' cannot be installed: there is no package 'lib-x' in 'main'",
               "'app' is requested (environment.yml:1)", "  app 1 needs 'lib-x >=2'",
               "    there is no package 'lib-x' in 'main' for linux-64",
               "hint: a channel that has 'lib-x' must be in 'channels:'"});
}

TEST_CASE("A version that does not exist: what there is, and what would fit", "[explain]") {
  Question question;
  question.channel(
      "main", {package("a", "1.0"), package("a", "1.5"), package("a", "2.0"), package("b", "1")});
  question.request("b").request("a >=3");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'a >=3' cannot be installed: nothing matches 'a >=3'",
               "'a >=3' is requested (environment.yml:2)",
               "  of 'a' there is only 1.0 to 2.0 (3 versions)",
               "hint: with a 2.0 instead of 'a >=3' there is a solution"});
}

TEST_CASE("A build that does not exist: which builds there are", "[explain]") {
  Question question;
  question.channel("main",
                   {package("blas", "2.0").build("mkl"), package("blas", "1.0").build("x")});
  question.request("blas 2.* *openblas");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'blas 2.* *openblas' cannot be installed: nothing matches 'blas 2.* *openblas'",
               "'blas 2.* *openblas' is requested (environment.yml:1)",
               "  of 'blas' there is only 1.0 and 2.0", "  blas 2.0 has the build 'mkl'",
               "hint: with blas 2.0 instead of 'blas 2.* *openblas' there is a solution"});
}

TEST_CASE("A missing virtual package is the cause, however deep, with the line to add",
          "[explain]") {
  Question question;
  question.channel("main", {package("app", "1", {"mid"}), package("mid", "1", {"low"}),
                            package("low", "1", {"__cuda >=12.4"})});
  question.request("app");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'app' cannot be installed: no '__cuda' is assumed for linux-64",
               "'app' is requested (environment.yml:1)", "  app 1 needs 'mid'",
               "    mid 1 needs 'low'", "      low 1 needs '__cuda >=12.4'",
               "        '__cuda' is a virtual package, and none is assumed for linux-64",
               "hint: where the target has it, say so: --virtual-package __cuda=12.4, or in "
               "envlock.yml 'virtual_packages: {linux-64: [__cuda=12.4]}'"});
}

TEST_CASE("A virtual package that is too old is the cause", "[explain]") {
  Question question;
  question.channel("main", {package("app", "1", {"__glibc >=2.34"})});
  question.request("app").virtual_package("__glibc", "2.17");
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.at(0) ==
          "'app' cannot be installed: '__glibc >=2.34' is asked of the target, which "
          "is assumed to have 2.17");
  REQUIRE(text.at(2) == "  app 1 needs '__glibc >=2.34'");
  REQUIRE(text.at(3) == "    the target is assumed to have '__glibc' 2.17 only");
}

TEST_CASE("Two requests for different versions of one package", "[explain]") {
  Question question;
  question.channel("main", {package("python", "3.11"), package("python", "3.12")});
  question.request("python 3.12").request("python 3.11");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'python 3.12' and 'python 3.11' cannot be installed together",
               "'python 3.12' is requested (environment.yml:1)",
               "  but 'python 3.11' is requested, which leaves out python 3.12 (environment.yml:2)",
               "hint: with python 3.11 instead of 'python 3.12' there is a solution",
               "hint: with python 3.12 instead of 'python 3.11' there is a solution"});
}

TEST_CASE("A direct dependency explains a conflict rather than a way around", "[explain]") {
  Question question;
  question.channel("main", {package("python", "3.8", {"python_abi 3.8.*"}),
                            package("python", "3.12", {"python_abi 3.12.*"}),
                            package("python_abi", "3.8"), package("python_abi", "3.12"),
                            package("app", "1", {"python >=3.12", "python_abi 3.12.*", "mid"}),
                            package("mid", "1", {"python_abi 3.12.*"})});
  question.request("app").request("python 3.8.*");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'app' and 'python 3.8.*' cannot be installed together",
               "'python 3.8.*' is requested (environment.yml:2)",
               "'app' is requested (environment.yml:1)",
               "  app 1 needs 'python >=3.12', which leaves out python 3.8",
               "hint: without 'app' there is a solution",
               "hint: with python 3.12 instead of 'python 3.8.*' there is a solution"});
}

TEST_CASE("Of two chains the shorter one is told", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1", {"near", "far1"}), package("far1", "1", {"far2"}),
                            package("far2", "1", {"c 2"}), package("near", "1", {"c 2"}),
                            package("b", "1", {"c 1"}), package("c", "1"), package("c", "2")});
  question.request("a").request("b");
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::count(text.begin(), text.end(), "  a 1 needs 'near'") == 1);
  for (const std::string& line : text) REQUIRE_THAT(line, !Catch::Contains("far"));
}

TEST_CASE("A second chain begins below the package that needs it, with that need", "[explain]") {
  Question question;
  question.channel(
      "main", {package("tools", "1", {"gate <1", "index >=3"}), package("gate", "0.4", {"c 1"}),
               package("index", "3", {"codec"}), package("codec", "0.5", {"c 2"}),
               package("c", "1"), package("c", "2")});
  question.request("tools");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'tools' cannot be installed", "'tools' is requested (environment.yml:1)",
               "  tools 1 needs 'gate <1'", "    gate 0.4 needs 'c 1'",
               "  tools 1 needs 'index >=3'", "    index 3 needs 'codec'",
               "      codec 0.5 needs 'c 2', which leaves out c 1"});
}

TEST_CASE("Of a package's statements about another only what counts is told", "[explain]") {
  Question question;
  question.channel("main", {package("ipython", "9", {"python", "python >=3.11"}),
                            package("python", "3.10"), package("python", "3.11")});
  question.request("python 3.10").request("ipython");
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::count(text.begin(), text.end(),
                     "  ipython 9 needs 'python >=3.11', which leaves out python 3.10") == 1);
}

TEST_CASE("Versions that say the same are one range", "[explain]") {
  std::vector<PackageBuilder> packages{package("c", "1"), package("c", "2")};
  for (const char* version : {"1.0", "1.1", "1.2", "2.0"})
    packages.push_back(package("a", version, {"c 2"}));
  Question question;
  question.channel("main", packages).request("a").request("c 1");
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::count(text.begin(), text.end(),
                     "  a 1.0 to 2.0 needs 'c 2', which leaves out c 1") == 1);
}

TEST_CASE("A constraint on a package that is there is the cause", "[explain]") {
  Question question;
  question.channel("main",
                   {package("nomkl", "1").constrains({"mkl <0.a0"}), package("mkl", "2024")});
  question.request("nomkl").request("mkl");
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.front() == "'nomkl' and 'mkl' cannot be installed together");
  REQUIRE(std::count(text.begin(), text.end(),
                     "  nomkl 1 allows only 'mkl <0.a0', which leaves out mkl 2024") == 1);
}

TEST_CASE("What strict priority hides is named, with both remedies", "[explain]") {
  Question question;
  question.channel("high", {package("python", "3.10")}).channel("low", {package("python", "3.12")});
  question.request("python 3.12.*");
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::count(text.begin(), text.end(), "  hidden by channel priority: low has 3.12") == 1);
  REQUIRE(std::count(text.begin(), text.end(),
                     "hint: ask for 'low::python', or use --channel-priority flexible") == 1);
}

TEST_CASE("Where exclude_newer hides the only match, that is said", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1").timestamp(1'600'000'000'000),
                            package("a", "2").timestamp(1'700'000'000'000)});
  question.request("a 2.*");
  question.question.exclude_newer_ms = 1'650'000'000'000;
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.front() == "'a 2.*' cannot be installed: all that matches 'a 2.*' is left out");
  REQUIRE(std::count(text.begin(), text.end(),
                     "  1 record newer than 'exclude_newer' allows is left out") == 1);
}

TEST_CASE("Where minimum_age hides the only match, that is said", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1").timestamp(1'700'000'000'000)}).request("a");
  question.question.channels.at(0).newest_ms = 1'650'000'000'000;
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::count(text.begin(), text.end(),
                     "    1 record younger than the channel's 'minimum_age' allows is left out") ==
          1);
}

TEST_CASE("What exclude_newer hides is not told where it would not have helped", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1").timestamp(1'600'000'000'000),
                            package("a", "2").timestamp(1'700'000'000'000)});
  question.request("a 3.*");
  question.question.exclude_newer_ms = 1'650'000'000'000;
  for (const std::string& line : text_of(explanation_of(question)))
    REQUIRE_THAT(line, !Catch::Contains("exclude"));
}

TEST_CASE("What the policy denies is said, with its line", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1")}).request("a");
  question.question.denied.push_back({"a <2", {"envlock.yml", 7, 1}});
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.front() == "'a' cannot be installed: no record of 'a' may be used");
  REQUIRE(std::count(text.begin(), text.end(),
                     "    1 record denied by envlock.yml 'a <2' is left out (envlock.yml:7)") == 1);
}

TEST_CASE("A version that another environment fixes is said, with where", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1"), package("a", "2")}).request("a 2");
  question.question.exactly["a"] = question.record("a-1-0.conda");
  question.question.exactly_from = "same_versions_as: base";
  const Text text = text_of(explanation_of(question));
  REQUIRE(std::any_of(text.begin(), text.end(), [](const std::string& line) {
    return line.find("same_versions_as: base") != std::string::npos;
  }));
}

TEST_CASE("An --update that a request forbids is told beside it, with all versions", "[explain]") {
  Question question;
  question.channel("main", {package("python", "3.11"), package("python", "3.12")});
  question.request("python 3.11.*");
  question.question.updates.push_back({"python 3.12.*", {"--update", 0, 0}});
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'python 3.11.*' and --update 'python 3.12.*' cannot be installed together",
               "'python 3.11.*' is requested (environment.yml:1)",
               "  but --update 'python 3.12.*' is requested, which leaves out python 3.11",
               "hint: with python 3.12 instead of 'python 3.11.*' there is a solution",
               "hint: with python 3.11 instead of --update 'python 3.12.*' there is a solution"});
  question.question.updates.front().text = "python 3.9.*";
  REQUIRE(explanation_of(question).headline ==
          "--update 'python 3.9.*' cannot be installed: nothing matches 'python 3.9.*'");
}

TEST_CASE("An --update is blamed, and not the lines that fit without it", "[explain]") {
  Question question;
  question.channel("main", {package("python", "3.11"), package("python", "3.12"),
                            package("numpy", "1", {"python 3.11"}),
                            package("numpy", "2", {"python 3.12"}), package("other", "1")});
  question.request("python 3.12").request("numpy").request("other");
  question.question.updates.push_back({"numpy 1", {"--update", 0, 0}});
  question.question.updates.push_back({"other", {"--update", 0, 0}});
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.at(0) == "'python 3.12' and --update 'numpy 1' cannot be installed together");
  for (const std::string& line : text) REQUIRE_THAT(line, !Catch::Contains("'numpy'"));
}

TEST_CASE("Where the file itself cannot be met, --update is not blamed", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1", {"c 1"}), package("b", "1", {"c 2"}),
                            package("c", "1"), package("c", "2")});
  question.request("a").request("b");
  question.question.updates.push_back({"a 1", {"--update", 0, 0}});
  REQUIRE(explanation_of(question).headline == "'a' and 'b' cannot be installed together");
}

TEST_CASE("All requests that nothing matches are told at once, each with its hint", "[explain]") {
  Question question;
  question.channel("main", {package("numpy", "1.2"), package("pandas", "1"),
                            package("python", "3.12"), package("python", "3.9")});
  question.request("numpyy").request("pandas").request("pandsa").request("python =3.10");
  REQUIRE(text_of(explanation_of(question)) ==
          Text{"'numpyy', 'pandsa' and 'python =3.10' cannot be installed: nothing matches any of "
               "them",
               "'numpyy' is requested (environment.yml:1)",
               "  there is no package 'numpyy' in 'main' for linux-64",
               "'pandsa' is requested (environment.yml:3)",
               "  there is no package 'pandsa' in 'main' for linux-64",
               "'python =3.10' is requested (environment.yml:4)",
               "  of 'python' there is only 3.9 and 3.12", "  the nearest to 3.10 are 3.9 and 3.12",
               "hint: 'numpyy': did you mean 'numpy'?", "hint: 'pandsa': did you mean 'pandas'?"});
}

TEST_CASE("Beside a version that does not exist the nearest ones are named", "[explain]") {
  Question question;
  question.channel("main", {package("numpy", "1.21.6"), package("numpy", "1.25.6"),
                            package("numpy", "1.26.0"), package("numpy", "2.4.3")});
  const auto lines_of = [&](const std::string& spec) {
    question.question.requests.clear();
    return text_of(explanation_of(question.request(spec)));
  };
  const std::string near = "  the nearest to 1.25.7 are 1.25.6 and 1.26.0";
  for (const char* spec : {"numpy =1.25.7", "numpy ==1.25.7", "numpy 1.25.7.*"}) {
    INFO(spec);
    const Text text = lines_of(spec);
    REQUIRE(std::count(text.begin(), text.end(), near) == 1);
  }
  // The range that is shown has its neighbour at its end.
  for (const std::string& line : lines_of("numpy =3"))
    REQUIRE_THAT(line, !Catch::Contains("nearest"));
}

TEST_CASE("A later exclude_newer is suggested only where it has what is asked for", "[explain]") {
  Question question;
  question.channel("main", {package("a", "1").timestamp(1'600'000'000'000),
                            package("a", "2").timestamp(1'700'000'000'000)});
  question.request("a 1");
  question.question.exclude_newer_ms = 1'650'000'000'000;
  question.question.denied.push_back({"a 1", {"envlock.yml", 7, 1}});
  for (const std::string& line : text_of(explanation_of(question)))
    REQUIRE_THAT(line, !Catch::Contains("later --exclude-newer"));
}

TEST_CASE("Three requests of which each two fit are all named", "[explain]") {
  Question question;
  question.channel("main", {package("c", "1"), package("c", "2"), package("c", "3"),
                            package("x", "1", {"c !=1"}), package("y", "1", {"c !=2"}),
                            package("z", "1", {"c !=3"}), package("other", "1", {"c"})});
  question.request("other").request("x").request("y").request("z");
  const Explanation why = explanation_of(question);
  REQUIRE(why.headline == "'x', 'y' and 'z' cannot be installed together");
  REQUIRE(why.suggestions == Text{"without 'x' there is a solution",
                                  "without 'y' there is a solution",
                                  "without 'z' there is a solution"});
  for (const ExplanationLine& line : why.lines) REQUIRE_THAT(line.text, !Catch::Contains("other"));
}

TEST_CASE("A conflict that shows only case by case is told case by case", "[explain]") {
  Question question;
  question.channel("main",
                   {package("app", "1", {"s", "t"}), package("s", "1", {"c 1"}),
                    package("s", "2", {"c 2"}), package("t", "1", {"c 1", "s 2"}),
                    package("t", "2", {"c 2", "s 1"}), package("c", "1"), package("c", "2")});
  question.request("app");
  const Text text = text_of(explanation_of(question));
  REQUIRE(text.at(0) == "'app' cannot be installed");
  REQUIRE(text.at(1) == "'app' is requested (environment.yml:1)");
  REQUIRE(std::count(text.begin(), text.end(), "with s 1:") == 1);
  REQUIRE(std::count(text.begin(), text.end(), "with s 2:") == 1);
}

TEST_CASE("Requests that have no part in a conflict are not mentioned", "[explain]") {
  Question question;
  question.channel(
      "main", {package("a", "1", {"c 1", "u"}), package("b", "1", {"c 2", "u"}), package("c", "1"),
               package("c", "2"), package("u", "1"), package("v", "1", {"u"})});
  question.request("v").request("a").request("u").request("b");
  const Explanation why = explanation_of(question);
  REQUIRE(why.headline == "'a' and 'b' cannot be installed together");
  for (const ExplanationLine& line : why.lines) {
    REQUIRE_THAT(line.text, !Catch::Contains("'u'"));
    REQUIRE_THAT(line.text, !Catch::Contains("'v'"));
  }
}

TEST_CASE("Where there is a second conflict, giving up one request is not called enough",
          "[explain]") {
  Question question;
  question.channel("main", {package("a", "1", {"c 1"}), package("b", "1", {"c 2"}),
                            package("c", "1"), package("c", "2"), package("d", "1", {"e 1"}),
                            package("f", "1", {"e 2"}), package("e", "1"), package("e", "2")});
  question.request("a").request("b").request("d").request("f");
  REQUIRE(explanation_of(question).suggestions ==
          Text{"giving up one of these is not enough: more of the requests conflict with each "
               "other"});
}

TEST_CASE("The order of records makes no difference to an explanation", "[explain]") {
  std::vector<PackageBuilder> packages{package("python", "3.8"),
                                       package("python", "3.12"),
                                       package("a", "1", {"python 3.8"}),
                                       package("a", "2", {"python 3.8", "m"}),
                                       package("b", "1", {"m"}),
                                       package("m", "1", {"python 3.12"}),
                                       package("m", "2", {"python 3.12", "n"}),
                                       package("n", "1")};
  Question forward, backward;
  forward.channel("main", packages).request("a").request("b");
  std::reverse(packages.begin(), packages.end());
  backward.channel("main", packages).request("a").request("b");
  REQUIRE(text_of(explanation_of(forward)) == text_of(explanation_of(backward)));
}

}  // namespace envlock::test
