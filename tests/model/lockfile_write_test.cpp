#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "model/error.hpp"
#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

// Written by hand from docs/lockfile.md; the digests are sha256sum's.
constexpr const char* small_text = R"json({
  "lockfile_version": 1,
  "origin": "solved",
  "complete": true,
  "inputs": {
    "files": [
      {
        "path": "environment.yml",
        "specs": [
          "numpy",
          "python=3.12"
        ]
      }
    ],
    "channels": [
      {
        "name": "conda-forge",
        "url": "https://conda.anaconda.org/conda-forge"
      }
    ],
    "channel_priority": "strict",
    "strategy": "highest"
  },
  "inputs_sha256": "cd805fba241cbcb143ddaa13077e965a96d012f05359c4a5f701b32f7844bd5a",
  "channels": {
    "conda-forge": {
      "url": "https://conda.anaconda.org/conda-forge",
      "trust": "sha256"
    }
  },
  "platforms": {
    "linux-64": {
      "virtual_packages": [
        {
          "name": "__glibc",
          "version": "2.28",
          "build": "0"
        },
        {
          "name": "__linux",
          "version": "5.10",
          "build": "0"
        }
      ],
      "packages": [
        {
          "name": "numpy",
          "version": "2.1.0",
          "build": "py312h1",
          "build_number": 0,
          "subdir": "linux-64",
          "channel": "conda-forge",
          "fn": "numpy-2.1.0-py312h1.conda",
          "url": "https://conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py312h1.conda",
          "sha256": "8b7b9f6778fd0dfedb07f96890bbb9a7463404efbb7a51e49792d9aad65dd4e3",
          "size": 8000000,
          "timestamp": 1724035862000,
          "license": "BSD-3-Clause",
          "depends": [
            "__glibc >=2.17,<3.0.a0",
            "python >=3.12,<3.13.0a0"
          ],
          "constrains": [
            "numpy-base <0a0"
          ],
          "requested": true
        },
        {
          "name": "python",
          "version": "3.12.5",
          "build": "h2_0_cpython",
          "build_number": 2,
          "subdir": "linux-64",
          "channel": "conda-forge",
          "fn": "python-3.12.5-h2_0_cpython.conda",
          "url": "https://conda.anaconda.org/conda-forge/linux-64/python-3.12.5-h2_0_cpython.conda",
          "sha256": "00ef96609bf37aa574dd914274059d12e87f43d3472e922ccf660f3ae04898c3",
          "depends": [
            "tzdata"
          ],
          "requested": true
        },
        {
          "name": "tzdata",
          "version": "2024a",
          "build": "h0c530f3_0",
          "build_number": 0,
          "subdir": "noarch",
          "channel": "conda-forge",
          "fn": "tzdata-2024a-h0c530f3_0.conda",
          "url": "https://conda.anaconda.org/conda-forge/noarch/tzdata-2024a-h0c530f3_0.conda",
          "sha256": "9893f8076d892568b8e229d9e8d0dbfdf7b6e5fde2b228641a72a0e9e8dcbb3a",
          "md5": "161081fc7cec0bfda0d86d7cb595f8d8",
          "noarch": "generic"
        }
      ]
    }
  }
}
)json";

}  // namespace

TEST_CASE("write_lockfile writes fixed keys, one a line, and leaves out what is empty",
          "[lockfile]") {
  REQUIRE(write_lockfile(small_lock()) == small_text);
}

TEST_CASE("write_lockfile gives the same bytes for packages and channels in any order",
          "[lockfile]") {
  const Lockfile lock = full_lock();
  const std::string text = write_lockfile(lock);
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    Lockfile shuffled = lock;
    std::shuffle(shuffled.channels.begin(), shuffled.channels.end(), random);
    for (auto& [platform, content] : shuffled.platforms) {
      std::shuffle(content.packages.begin(), content.packages.end(), random);
      std::shuffle(content.virtual_packages.begin(), content.virtual_packages.end(), random);
      std::shuffle(content.pypi.begin(), content.pypi.end(), random);
    }
    REQUIRE(write_lockfile(shuffled) == text);
  }
}

TEST_CASE("write_lockfile keeps the bytes of two other packages when one changes", "[lockfile]") {
  Lockfile lock = small_lock();
  const std::string before = write_lockfile(lock);
  auto& packages = lock.platforms.begin()->second.packages;
  packages[1] = locked_package("python", "3.12.6", "hc_0_cpython");
  const std::string after = write_lockfile(lock);
  const std::size_t start = before.find("          \"name\": \"python\"");
  const std::size_t end = before.find("          \"name\": \"tzdata\"");
  REQUIRE(after.substr(0, start) == before.substr(0, start));
  REQUIRE(after.substr(after.find("          \"name\": \"tzdata\"")) == before.substr(end));
}

TEST_CASE("write_lockfile stores local channels relative to the lock, in both its URLs",
          "[lockfile]") {
  const std::string text = write_lockfile(full_lock());
  REQUIRE(text.find("\"url\": \"../mine/linux-64/acme-tool-1%212.0%2Bx-0.conda\"") ==
          std::string::npos);  // '!' stays (CF 1.6)
  REQUIRE(text.find("\"url\": \"../mine/linux-64/acme-tool-1!2.0%2Bx-0.conda\"") !=
          std::string::npos);
  REQUIRE(text.find("\"url\": \"../base/acme-lib-1-0.tar.bz2\"") != std::string::npos);
  REQUIRE(text.find("file://") == std::string::npos);
  REQUIRE(text.find("/home/me") == std::string::npos);
}

TEST_CASE("write_lockfile lets no credentials and no local path of a remote channel in",
          "[lockfile]") {
  const auto with_url = [](const std::string& url) {
    Lockfile lock = small_lock();
    lock.platforms.begin()->second.packages[0].record.url = url;
    return lock;
  };
  REQUIRE_THROWS_AS(
      write_lockfile(with_url("https://me:pw@conda.anaconda.org/conda-forge/linux-64/x.conda")),
      InternalError);
  REQUIRE_THROWS_AS(
      write_lockfile(with_url("https://conda.anaconda.org/t/tk-1/conda-forge/linux-64/x.conda")),
      InternalError);
  REQUIRE_THROWS_AS(write_lockfile(with_url("file:///home/me/x.conda")), InternalError);
  try {
    (void)write_lockfile(with_url("https://me:pw@conda.anaconda.org/x.conda"));
    FAIL("written");
  } catch (const InternalError& error) {
    REQUIRE(std::string(error.what()).find("pw") == std::string::npos);
  }
}

TEST_CASE("write_lockfile refuses a package without sha256 or of an unknown channel",
          "[lockfile]") {
  Lockfile lock = small_lock();
  lock.platforms.begin()->second.packages[0].record.sha256.reset();
  REQUIRE_THROWS_AS(write_lockfile(lock), InternalError);
  lock = small_lock();
  lock.platforms.begin()->second.packages[0].channel = "other";
  REQUIRE_THROWS_AS(write_lockfile(lock), InternalError);
}

TEST_CASE("inputs_sha256 is that of the compact text that lockfile.md describes", "[lockfile]") {
  // printf '{"files":[{"path":"environment.yml","specs":["numpy","python=3.12"]}],"channels":
  // [{"name":"conda-forge","url":"https://conda.anaconda.org/conda-forge"}],
  // "channel_priority":"strict","strategy":"highest"}\n' | sha256sum
  REQUIRE(inputs_sha256(small_lock().inputs) ==
          "cd805fba241cbcb143ddaa13077e965a96d012f05359c4a5f701b32f7844bd5a");
}

}  // namespace envlock::test
