#include <catch2/catch.hpp>

#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

/// What is said to the small lock after `change` of its packages on linux-64.
template <class Change>
std::string refusal_after(Change change) {
  Lockfile lock = small_lock();
  change(lock.platforms.begin()->second);
  return lock_refusal(write_lockfile(lock));
}

PackageRecord& numpy(LockPlatform& content) { return content.packages[0].record; }
PackageRecord& python(LockPlatform& content) { return content.packages[1].record; }

}  // namespace

TEST_CASE("a lock with a dependency that nothing meets is refused", "[lock_rules]") {
  REQUIRE(refusal_after([](LockPlatform& content) { content.packages.pop_back(); }) ==
          "envlock.lock:79: package 'python' on linux-64 depends on 'tzdata', which is not met: no "
          "package or virtual package of that name is in the lock");
  REQUIRE(
      refusal_after([](LockPlatform& content) { numpy(content).depends[1] = "python >=3.13"; }) ==
      "envlock.lock:61: package 'numpy' on linux-64 depends on 'python >=3.13', which is not "
      "met: found 'python 3.12.5 h2_0_cpython'");
  REQUIRE(refusal_after([](LockPlatform& content) {
            numpy(content).depends[1] = "python 3.12.* *_cp312";
          }).find("depends on 'python 3.12.* *_cp312', which is not met") != std::string::npos);
}

TEST_CASE("a dependency on a virtual package is met by the assumed ones", "[lock_rules]") {
  REQUIRE(
      refusal_after([](LockPlatform& content) { content.virtual_packages[0].version = "2.12"; }) ==
      "envlock.lock:60: package 'numpy' on linux-64 depends on '__glibc >=2.17,<3.0.a0', which "
      "is not met: found '__glibc 2.12 0'");
  REQUIRE(refusal_after([](LockPlatform& content) {
            numpy(content).depends[0] = "__cuda";
          }).find("depends on '__cuda', which is not met: no package or virtual package") !=
          std::string::npos);
}

TEST_CASE("a dependency is judged by every field that it names", "[lock_rules]") {
  const auto refusal_of = [](const std::string& spec) {
    return refusal_after([&](LockPlatform& content) { numpy(content).depends[1] = spec; });
  };
  const std::string sha256 = sha256_of("python-3.12.5-h2_0_cpython.conda").hex();
  REQUIRE(refusal_of("python[build_number=2]").empty());
  REQUIRE_FALSE(refusal_of("python[build_number=3]").empty());
  REQUIRE(refusal_of("python[sha256=" + sha256 + "]").empty());
  REQUIRE_FALSE(refusal_of("python[sha256=" + std::string(64, '0') + "]").empty());
  REQUIRE(refusal_of("python[fn=python-3.12.5-h2_0_cpython.conda]").empty());
  REQUIRE(refusal_of("python[subdir=linux-64]").empty());
  REQUIRE_FALSE(refusal_of("python[subdir=noarch]").empty());
  REQUIRE(refusal_of("conda-forge::python").empty());
  REQUIRE(refusal_of("py*").empty());
  REQUIRE_FALSE(refusal_of("ruby*").empty());
}

TEST_CASE("a spec with a channel of the lock is met only from that channel", "[lock_rules]") {
  Lockfile lock = small_lock();
  lock.channels.push_back({"extra", "https://example.org/extra", "sha256", {}});
  lock.inputs.spec_channels.push_back({"extra", "https://example.org/extra", "sha256", {}, {}});
  lock.inputs.files[0].specs = {"extra::numpy"};
  REQUIRE(lock_refusal(write_lockfile(lock))
              .find("'environment.yml' asks for 'extra::numpy', which nothing on linux-64 meets: "
                    "found 'numpy 2.1.0 py312h1'") != std::string::npos);
  lock.inputs.files[0].specs = {"conda-forge::numpy"};
  REQUIRE(lock_refusal(write_lockfile(lock)).empty());
}

TEST_CASE("a solved lock with a channel that its question does not name is refused",
          "[lock_rules]") {
  Lockfile lock = small_lock();
  lock.channels.push_back({"evil", "https://evil.example/x", "sha256", {}});
  REQUIRE(
      lock_refusal(write_lockfile(lock)).find("channel 'evil' is in neither list of 'inputs'") !=
      std::string::npos);
}

TEST_CASE("a lock with a broken constraint is refused", "[lock_rules]") {
  REQUIRE(refusal_after([](LockPlatform& content) {
            numpy(content).constrains = {"absent >=1", "python >=3.13"};
          }) ==
          "envlock.lock:65: package 'numpy' on linux-64 constrains 'python >=3.13', which is "
          "broken: found 'python 3.12.5 h2_0_cpython'");
  REQUIRE(refusal_after([](LockPlatform& content) {
            numpy(content).constrains = {"__glibc >=2.30"};
          }).find("constrains '__glibc >=2.30', which is broken: found '__glibc 2.28 0'") !=
          std::string::npos);
}

TEST_CASE("a lock that lacks what its own question asks for is refused", "[lock_rules]") {
  Lockfile lock = small_lock();
  lock.inputs.files[0].specs.push_back("scipy");
  REQUIRE(lock_refusal(write_lockfile(lock)) ==
          "envlock.lock:7: 'environment.yml' asks for 'scipy', which nothing on linux-64 meets: no "
          "package or virtual package of that name is in the lock");
  lock = small_lock();
  lock.inputs.files[0].platform_specs[*Platform::parse("osx-arm64")] = {"scipy"};
  REQUIRE(lock_refusal(write_lockfile(lock)).empty());
  lock.inputs.files[0].platform_specs[*Platform::parse("linux-64")] = {"scipy"};
  REQUIRE_FALSE(lock_refusal(write_lockfile(lock)).empty());
  lock = small_lock();
  lock.inputs.platforms = {*Platform::parse("osx-arm64")};
  REQUIRE(
      lock_refusal(write_lockfile(lock)).find("platform 'osx-arm64' is asked for and not locked") !=
      std::string::npos);
}

TEST_CASE("a name that is locked twice is refused, whatever the case of its letters",
          "[lock_rules]") {
  REQUIRE(refusal_after([](LockPlatform& content) {
            content.packages.push_back(locked_package("numpy", "1.26.0", "0"));
          }).find("package 'numpy' on linux-64 is locked twice") != std::string::npos);
  REQUIRE(refusal_after([](LockPlatform& content) {
            content.packages.push_back(locked_package("NumPy", "1.26.0", "0"));
          }).find("package 'numpy' on linux-64 is locked twice") != std::string::npos);
}

TEST_CASE("the name of a record with capitals meets a dependency in small letters",
          "[lock_rules]") {
  REQUIRE(refusal_after([](LockPlatform& content) {
            content.packages.push_back(locked_package("MarkupSafe", "2", "0"));
            python(content).depends = {"markupsafe", "tzdata"};
          }).empty());
}

TEST_CASE("one URL with two digests is refused (L02)", "[lock_rules]") {
  Lockfile lock = full_lock();
  lock.platforms.at(*Platform::parse("osx-arm64")).packages[2].record.sha256 = sha256_of("other");
  REQUIRE(lock_refusal(write_lockfile(lock))
              .find("package 'tzdata' on osx-arm64: the same URL has another sha256 or size on "
                    "another platform") != std::string::npos);
}

TEST_CASE("a dependency that cannot be read is refused with its package", "[lock_rules]") {
  const std::string refusal =
      refusal_after([](LockPlatform& content) { python(content).depends = {"tzdata >=2,<"}; });
  REQUIRE(refusal.find("envlock.lock:79: package 'python' on linux-64 has 'tzdata >=2,<': ") == 0);
}

TEST_CASE("the channels of the question are those that packages come from", "[lock_rules]") {
  Lockfile lock = small_lock();
  lock.inputs.channels[0].url = "https://prefix.dev/conda-forge";
  REQUIRE(lock_refusal(write_lockfile(lock)) ==
          "envlock.lock:16: channel 'conda-forge' of 'inputs.channels' is not in 'channels' with "
          "the same url and trust");
}

TEST_CASE("'complete' and 'incomplete' say the same", "[lock_rules]") {
  Lockfile lock = small_lock();
  lock.complete = false;
  REQUIRE(lock_refusal(write_lockfile(lock)).find("envlock.lock:4: 'complete' contradicts") == 0);
  lock.incomplete = {"the 'pip:' list"};
  REQUIRE(lock_refusal(write_lockfile(lock)).empty());
  lock.complete = true;
  REQUIRE_FALSE(lock_refusal(write_lockfile(lock)).empty());
}

}  // namespace envlock::test
