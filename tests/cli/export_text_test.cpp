#include "cli/export_text.hpp"

#include <catch2/catch.hpp>

#include "tests/cli/small_lock.hpp"

namespace envlock::test {
namespace {

const Platform linux_64 = Platform::parse("linux-64").value();

std::string explicit_line(const std::string& fn) {
  return "https://conda.anaconda.org/conda-forge/linux-64/" + fn + '#' + sha256_of(fn).hex() + '\n';
}

}  // namespace

// CEP 23; `conda list --explicit --sha256` writes the digest bare.
TEST_CASE("explicit_list: URL and bare SHA-256, each package after what it needs") {
  const std::string text = explicit_list(small_lock(), linux_64);
  const std::size_t start = text.find("@EXPLICIT\n");
  REQUIRE(start != std::string::npos);
  CHECK_THAT(text.substr(0, start), Catch::Contains("# platform: linux-64\n"));
  CHECK(text.substr(start) ==
        "@EXPLICIT\n" + explicit_line("openssl-3.3.2-h1_0.conda") +
            explicit_line("pip-24.2-h1_0.conda") + explicit_line("tzdata-2024b-h1_0.conda") +
            explicit_line("python-3.12.7-h1_0.conda") + explicit_line("numpy-2.1.0-h1_0.conda"));
}

// CEP 24; without `nodefaults` conda would add channels of its own.
TEST_CASE("pinned_environment: channels in order, nodefaults, exact pins") {
  const std::string text = pinned_environment(small_lock(), linux_64);
  CHECK(text.substr(text.find("channels:")) ==
        "channels:\n"
        "  - conda-forge\n"
        "  - nodefaults\n"
        "dependencies:\n"
        "  - numpy=2.1.0=h1_0\n"
        "  - openssl=3.3.2=h1_0\n"
        "  - pip=24.2=h1_0\n"
        "  - python=3.12.7=h1_0\n"
        "  - tzdata=2024b=h1_0\n");
}

TEST_CASE("pinned_environment: with two channels each pin names its own, by URL where it must") {
  Lockfile lock = small_lock();
  lock.channels.push_back({"mine", "./mine", "sha256", {}});
  lock.inputs.channels.insert(lock.inputs.channels.begin(), {"mine", "./mine", "sha256", "", {}});
  LockedPackage& tzdata = lock.platforms.at(linux_64).packages.back();
  tzdata.channel = "mine";
  tzdata.record.channel_url = "file:///srv/my%20channels/mine";
  const std::string text = pinned_environment(lock, linux_64);
  CHECK_THAT(text, Catch::Contains("channels:\n  - \"file:///srv/my%20channels/mine\"\n"
                                   "  - conda-forge\n  - nodefaults\n"));
  CHECK_THAT(text, Catch::Contains("  - conda-forge::python=3.12.7=h1_0\n"));
  CHECK_THAT(text, Catch::Contains("  - \"file:///srv/my%20channels/mine::tzdata=2024b=h1_0\"\n"));
}

TEST_CASE("pinned_environment: variables stay text, whatever they look like") {
  Lockfile lock = small_lock();
  lock.variables = {{"A", "no"}, {"B", "1.10"}, {"C", "a: \"b\" # c\n"}};
  CHECK_THAT(pinned_environment(lock, linux_64),
             Catch::EndsWith("variables:\n  A: \"no\"\n  B: \"1.10\"\n"
                             "  C: \"a: \\\"b\\\" # c\\n\"\n"));
}

TEST_CASE(
    "pinned_environment: PyPI packages are pinned below pip, by URL where no index is known") {
  Lockfile lock = small_lock();
  LockedPypi rich = pypi("rich", "13.9.2", "");
  rich.url = "https://files.pythonhosted.org/packages/rich-13.9.2-py3-none-any.whl";
  LockedPypi own = pypi("own", "1.0", "");
  own.url = "https://pypi.acme.example/own-1.0-py3-none-any.whl";
  own.sha256 = sha256_of("own");
  LockedPypi built = pypi("built", "2", "");
  built.url = "./my%20wheels/built-2-py3-none-any.whl";
  lock.platforms.at(linux_64).pypi = {rich, pypi("mine", "1", "./mine"), own, built};
  CHECK_THAT(pinned_environment(lock, linux_64),
             Catch::EndsWith("  - pip:\n      - rich==13.9.2\n      - \"./mine\"\n"
                             "      - \"own @ https://pypi.acme.example/own-1.0-py3-none-any.whl"
                             "#sha256=" +
                             sha256_of("own").hex() +
                             "\"\n      - \"./my wheels/built-2-py3-none-any.whl\"\n"));
}

TEST_CASE("requirements_list: by name from PyPI, by URL from elsewhere, always with a digest") {
  Lockfile lock = small_lock();
  LockedPypi rich = pypi("rich", "13.9.2", "");
  rich.url = "https://files.pythonhosted.org/packages/rich-13.9.2-py3-none-any.whl";
  rich.sha256 = sha256_of("rich");
  LockedPypi own = pypi("own", "1.0", "");
  own.url = "https://pypi.acme.example/own-1.0-py3-none-any.whl";
  own.sha256 = sha256_of("own");
  lock.platforms.at(linux_64).pypi = {pypi("mine", "1", "./mine"), own, rich};
  const std::string text = requirements_list(lock, linux_64);
  const std::string lines =
      "own @ https://pypi.acme.example/own-1.0-py3-none-any.whl --hash=sha256:" +
      sha256_of("own").hex() + "\nrich==13.9.2 --hash=sha256:" + sha256_of("rich").hex() + "\n";
  CHECK_THAT(text, Catch::EndsWith("\n# a project on disk, without digest: ./mine\n" + lines));
  CHECK_THAT(explicit_list(lock, linux_64),
             Catch::Contains("\n# pip ./mine\n# pip own @") && Catch::StartsWith("# Made"));
}

}  // namespace envlock::test
