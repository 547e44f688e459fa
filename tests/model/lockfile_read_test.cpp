#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "model/error.hpp"
#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

const std::string small_text = write_lockfile(small_lock());

/// A lock of up to 40 packages with fields of all kinds, as it comes from `seed`.
Lockfile random_lock(unsigned seed) {
  std::mt19937 random(seed);
  const auto chance = [&] { return random() % 2 == 0; };
  const auto word = [&] {
    constexpr std::string_view letters = "abcxyz019";
    std::string out = "w";
    for (std::size_t n = random() % 12; n > 0; --n) out += letters[random() % letters.size()];
    return out;
  };
  Lockfile lock = full_lock();
  lock.origin = chance() ? "solved" : "adopted";
  lock.variables[word()] = "\xC3\xA9\xE2\x80\xAE\x01" + word();
  for (auto& [platform, content] : lock.platforms) {
    for (int i = 0; i < 20; ++i) {
      LockedPackage package = locked_package("p" + std::to_string(i) + word(),
                                             std::to_string(random()), word(), platform.subdir());
      PackageRecord& record = package.record;
      record.build_number = random();
      if (chance()) record.size = (std::uint64_t{random()} << 32U) + random();
      if (chance()) record.timestamp_ms = -static_cast<std::int64_t>(random());
      if (chance()) record.md5 = Md5::parse("0123456789abcdef0123456789abcdef");
      if (chance()) record.noarch = NoArch::python;
      if (chance()) record.license = "\"" + word() + "\\";
      if (chance()) record.depends = {"numpy >=2", "python", record.name + " * *"};
      if (chance()) record.track_features = {word(), word()};
      package.requested = chance();
      content.packages.push_back(package);
    }
    std::sort(content.packages.begin(), content.packages.end(),
              [](const auto& a, const auto& b) { return a.record.name < b.record.name; });
  }
  return lock;
}

}  // namespace

TEST_CASE("read_lockfile gives back what write_lockfile was given", "[lockfile]") {
  REQUIRE(read_lockfile(small_text, "envlock.lock", lock_dir) == small_lock());
  REQUIRE(read_lockfile(write_lockfile(full_lock()), "envlock.lock", lock_dir) == full_lock());
}

TEST_CASE("reading and writing again gives the same bytes, wherever the lock lies", "[lockfile]") {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    const Lockfile lock = random_lock(seed);
    const std::string text = write_lockfile(lock);
    REQUIRE(read_lockfile(text, "envlock.lock", lock_dir) == lock);
    for (const std::string dir : {"/", "/mine", "/a/b/c/mine"}) {
      REQUIRE(write_lockfile(read_lockfile(text, "x", dir)) == text);
    }
  }
}

TEST_CASE("read_lockfile accepts packages in another order and sorts them", "[lockfile]") {
  auto json = nlohmann::ordered_json::parse(small_text);
  auto& packages = json["platforms"]["linux-64"]["packages"];
  std::swap(packages[0], packages[2]);
  REQUIRE(read_lockfile(json.dump(), "x", lock_dir) == small_lock());
}

TEST_CASE("read_lockfile makes the URLs of local channels whole", "[lockfile]") {
  const Lockfile lock = read_lockfile(write_lockfile(full_lock()), "x", "/srv/other");
  const auto& packages = lock.platforms.at(*Platform::parse("linux-64")).packages;
  REQUIRE(packages[0].record.url == "file:///srv/base/acme-lib-1-0.tar.bz2");
  REQUIRE(packages[1].record.url == "file:///srv/mine/linux-64/acme-tool-1!2.0%2Bx-0.conda");
  REQUIRE(packages[1].record.channel_url == "file:///srv/mine");
}

TEST_CASE("a lock cut short anywhere is refused", "[lockfile]") {
  for (std::size_t size = 0; size + 1 < small_text.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(lock_refusal(small_text.substr(0, size)).empty());
  }
}

TEST_CASE("read_lockfile shows where a merge stopped and how to go on", "[lockfile]") {
  const std::string text = replaced(small_text, "          \"build\": \"py312h1\",\n",
                                    "<<<<<<< HEAD\n          \"build\": \"py312h1\",\n=======\n"
                                    "          \"build\": \"py312h2\",\n>>>>>>> branch\n");
  try {
    (void)read_lockfile(text, "env/envlock.lock", lock_dir);
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(std::string(error.what()) ==
            "env/envlock.lock:49: found the marks of a merge conflict");
    REQUIRE(error.hint() ==
            "settle environment.yml, then lock again: git checkout --ours -- env/envlock.lock && "
            "envlock "
            "solve && git add -- env/envlock.lock");
  }
  REQUIRE(lock_refusal("<<<<<<< HEAD\n") == "envlock.lock:1: found the marks of a merge conflict");
}

TEST_CASE("a text with the look of a conflict mark is no conflict", "[lockfile]") {
  Lockfile lock = small_lock();
  lock.variables["A"] = "\n<<<<<<< HEAD";
  REQUIRE(read_lockfile(write_lockfile(lock), "x", lock_dir) == lock);
}

TEST_CASE("read_lockfile names a version that it does not know before any unknown key",
          "[lockfile]") {
  const std::string text =
      replaced(small_text, "\"lockfile_version\": 1", "\"new_key\": true, \"lockfile_version\": 2");
  REQUIRE(lock_refusal(text) == "envlock.lock:2: 'lockfile_version': expected version 1, found 2");
  REQUIRE(lock_refusal("{\"version\": 1}") ==
          "envlock.lock:1: 'lockfile_version' is missing: this is no lockfile of envlock");
  REQUIRE(lock_refusal("[]") == "envlock.lock:1: expected an object, found a list");
}

TEST_CASE("read_lockfile names the package, the key and the line", "[lockfile]") {
  const auto refused = [](const std::string& from, const std::string& to) {
    return lock_refusal(replaced(small_text, from, to));
  };
  const std::string numpy = "'platforms.linux-64.packages[numpy]";
  REQUIRE(refused("\"license\": \"BSD", "\"licence\": \"BSD") ==
          "envlock.lock:58: " + numpy + ".licence': unknown key");
  REQUIRE(refused("\"size\": 8000000", "\"size\": -1") ==
          "envlock.lock:56: " + numpy + ".size': expected a whole number from 0, found -1");
  REQUIRE(refused("\"size\": 8000000", "\"size\": 8e6") ==
          "envlock.lock:56: " + numpy + ".size': expected a whole number from 0, found 8000000.0");
  REQUIRE(refused("\"size\": 8000000", "\"size\": \"8000000\"") ==
          "envlock.lock:56: " + numpy + ".size': expected a whole number from 0, found '8000000'");
  REQUIRE(refused("\"size\": 8000000", "\"size\": 8, \"size\": 9") ==
          "envlock.lock:46: " + numpy + "': the key 'size' is given twice");
  REQUIRE(refused("\"version\": \"2.1.0\"", "\"version\": \"1!!1\"") ==
          "envlock.lock:48: package 'numpy' on linux-64 has '1!!1', which is no version");
  REQUIRE(refused("          \"build\": \"py312h1\",\n", "") ==
          "envlock.lock:46: " + numpy + "': 'build' is missing");
  REQUIRE(refused("161081fc7cec0bfda0d86d7cb595f8d8", "161081FC7CEC0BFDA0D86D7CB595F8D8")
              .find("packages[tzdata].md5': expected 32 lower-case hex digits") !=
          std::string::npos);
  REQUIRE(refused(sha256_of("numpy-2.1.0-py312h1.conda").hex(), "abc") ==
          "envlock.lock:55: " + numpy + ".sha256': expected 64 lower-case hex digits, found 'abc'");
  REQUIRE(refused("\"noarch\": \"generic\"", "\"noarch\": true")
              .find("packages[tzdata].noarch': expected a text, found true") != std::string::npos);
  REQUIRE(refused("\"subdir\": \"noarch\"", "\"subdir\": \"osx-64\"")
              .find("packages[tzdata].subdir': expected 'linux-64' or 'noarch', found 'osx-64'") !=
          std::string::npos);
  REQUIRE(refused("\"linux-64\": {", "\"noarch\": {")
              .find("expected a platform as 'linux-64', found 'noarch'") != std::string::npos);
  REQUIRE(refused("\"fn\": \"numpy-2.1.0-py312h1.conda\"", "\"fn\": \"../numpy.conda\"")
              .find("packages[numpy].fn': expected the name of a '.conda' or '.tar.bz2' file") !=
          std::string::npos);
}

TEST_CASE("read_lockfile refuses a package whose URL is not under its channel", "[lockfile]") {
  const std::string url =
      "https://conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py312h1.conda";
  for (const std::string other :
       {"https://evil.example/linux-64/numpy-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/conda-forge-evil/linux-64/numpy-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/conda-forge/../evil/linux-64/numpy-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/conda-forge/linux-64/other-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/conda-forge//numpy-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py312h1.conda?x=1",
        "https://me:pw@conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py312h1.conda",
        "http://conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py312h1.conda",
        "https://conda.anaconda.org/t/tk/conda-forge/linux-64/numpy-2.1.0-py312h1.conda",
        "file:///etc/numpy-2.1.0-py312h1.conda", "./numpy-2.1.0-py312h1.conda"}) {
    CAPTURE(other);
    const std::string refusal = lock_refusal(replaced(small_text, url, other));
    REQUIRE(refusal.find("envlock.lock:54: 'platforms.linux-64.packages[numpy].url': expected ") ==
            0);
  }
}

TEST_CASE("read_lockfile takes package URLs under a recorded base_url of the channel (J07)",
          "[lockfile]") {
  Lockfile lock = small_lock();
  PackageRecord& record = lock.platforms.begin()->second.packages[0].record;
  record.url = "https://cdn.example.org/files/" + record.fn;
  const std::string without = write_lockfile(lock);
  lock.channels[0].base_urls = {"https://cdn.example.org/files"};
  REQUIRE(lock_refusal(without).find("expected a URL under that of its channel") !=
          std::string::npos);
  REQUIRE(read_lockfile(write_lockfile(lock), "x", lock_dir) == lock);
}

TEST_CASE("read_lockfile refuses credentials, local absolute URLs and odd forms of channels",
          "[lockfile]") {
  for (const std::string url :
       {"https://me:pw@conda.anaconda.org/conda-forge", "https://conda.anaconda.org/t/tk/x",
        "file:///srv/channel", "/srv/channel", "channel", "./a/../channel", "https://e.org/x/"}) {
    Lockfile lock = small_lock();
    lock.channels[0].url = url;
    lock.inputs.channels[0].url = url;
    lock.platforms.clear();
    CAPTURE(url);
    REQUIRE(lock_refusal(write_lockfile(lock))
                .find("'channels.conda-forge.url': expected a canonical http or https URL") !=
            std::string::npos);
  }
}

TEST_CASE("read_lockfile refuses package names that no spec could ask for", "[lockfile]") {
  for (const std::string name :
       {"../zz", "a/b", "a b", "\x1b[31mzz", "z\xE2\x80\xAEz", "a\\b", "a\n"}) {
    CAPTURE(name);
    auto json = nlohmann::ordered_json::parse(small_text);
    json["platforms"]["linux-64"]["packages"][0]["name"] = name;
    REQUIRE(lock_refusal(json.dump(2)).find("expected a package name") != std::string::npos);
  }
}

TEST_CASE("read_lockfile sees that 'inputs' was edited by hand", "[lockfile]") {
  const std::string refusal =
      lock_refusal(replaced(small_text, "\"python=3.12\"", "\"python=3.11\""));
  REQUIRE(refusal.find(
              "envlock.lock:24: 'inputs_sha256': 'inputs' was edited by hand: expected '") == 0);
}

TEST_CASE("read_lockfile refuses an absolute path of an environment file", "[lockfile]") {
  Lockfile lock = small_lock();
  lock.inputs.files[0].path = "/home/me/environment.yml";
  REQUIRE(lock_refusal(write_lockfile(lock)) ==
          "envlock.lock:8: 'inputs.files[/home/me/environment.yml].path': expected a path relative "
          "to the lock's folder, "
          "found '/home/me/environment.yml'");
}

TEST_CASE("read_lockfile bounds what it compares with each other", "[lockfile]") {
  Lockfile lock = small_lock();
  for (int i = 0; i < 1001; ++i) {
    lock.channels.push_back({"c" + std::to_string(i), "https://example.org/x", "sha256", {}});
  }
  REQUIRE(lock_refusal(write_lockfile(lock)).find("more channels than any lock has") !=
          std::string::npos);
  lock = small_lock();
  for (int i = 0; i < 100; ++i) lock.platforms[*Platform::parse("os" + std::to_string(i) + "-64")];
  REQUIRE(lock_refusal(write_lockfile(lock)).find("more platforms than any lock has") !=
          std::string::npos);
  lock = small_lock();
  auto& depends = lock.platforms.begin()->second.packages[1].record.depends;
  for (int i = 0; i < 1001; ++i) depends.push_back("t* >=" + std::to_string(i));
  REQUIRE(lock_refusal(write_lockfile(lock)).find("too many specs without an exact name") !=
          std::string::npos);
}

TEST_CASE("read_lockfile judges what a PyPI package must have", "[lockfile]") {
  const std::string text = write_lockfile(full_lock());
  const auto refused = [&](const std::string& from, const std::string& to) {
    return lock_refusal(replaced(text, from, to));
  };
  const std::string wheel = "\"sha256\": \"" + sha256_of("wheel").hex() + "\",\n";
  REQUIRE(refused(wheel, "\n").find("pypi[requests]': 'sha256' is missing") != std::string::npos);
  REQUIRE(refused("\"path\": \"./local\"", "\"path\": \"/home/me/local\"")
              .find("pypi[local].path': expected './PATH' or '../PATH'") != std::string::npos);
  REQUIRE(refused("\"path\": \"./local\"", "\"requested\": true")
              .find("pypi[local]': expected either 'url' or 'path'") != std::string::npos);
  REQUIRE(refused("\"https://files.pythonhosted.org/", "\"https://me@files.pythonhosted.org/")
              .find("pypi[requests].url': expected an http or https URL without credentials") !=
          std::string::npos);
}

TEST_CASE("read_lockfile takes no PyPI package whose name or version pip would read otherwise",
          "[lockfile]") {
  for (const char* const name : {"-r /etc/passwd", "_a", "a b", "a\nb"}) {
    Lockfile lock = full_lock();
    auto& pypi = lock.platforms.begin()->second.pypi;
    REQUIRE_FALSE(pypi.empty());
    pypi.front().name = name;
    REQUIRE(lock_refusal(write_lockfile(lock)).find("the name of a Python project") !=
            std::string::npos);
  }
  for (const char* const version : {"1 --pre", "1\n-r x", "1;x"}) {
    Lockfile lock = full_lock();
    lock.platforms.begin()->second.pypi.front().version = version;
    REQUIRE(lock_refusal(write_lockfile(lock)).find("a version of Python's packages") !=
            std::string::npos);
  }
}

TEST_CASE("read_lockfile takes a wheel beside the lock, and no other place on a disk",
          "[lockfile]") {
  const std::string text = write_lockfile(full_lock());
  const std::string remote =
      "https://files.pythonhosted.org/packages/requests-2.32.3-py3-none-any.whl";
  const std::string local = "../wheels/requests-2.32.3-py3-none-any.whl";
  const Lockfile lock = read_lockfile(replaced(text, remote, local), "envlock.lock", lock_dir);
  REQUIRE(write_lockfile(lock) == replaced(text, remote, local));
  for (const char* const url :
       {"file:///w/a-1-py3-none-any.whl", "/w/a-1-py3-none-any.whl", "a-1-py3-none-any.whl",
        "./w/../a-1-py3-none-any.whl", "ftp://files.example/a-1-py3-none-any.whl"}) {
    INFO(url);
    REQUIRE(lock_refusal(replaced(text, remote, url)).find("pypi[requests].url") !=
            std::string::npos);
  }
}

TEST_CASE("read_lockfile refuses what is no strict JSON (J01-J05)", "[lockfile]") {
  REQUIRE(lock_refusal("\xEF\xBB\xBF" + small_text).find("byte order mark") != std::string::npos);
  REQUIRE(lock_refusal(small_text + "{}").find("expected the end of the file") !=
          std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "\"BSD-3-Clause\"", "\"\xFF\"")).find("not UTF-8") !=
          std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "\"BSD-3-Clause\"", "\"a\\u0000\""))
              .find("'platforms.linux-64.packages[numpy].license': found a NUL character") !=
          std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "8000000", "1e999")).find("beyond 64 bits") !=
          std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "8000000", "NaN")).find("expected a value") !=
          std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "8000000,", "8000000, // bytes"))
              .find("envlock.lock:56: not valid JSON") != std::string::npos);
  REQUIRE(lock_refusal(replaced(small_text, "\"BSD-3-Clause\"",
                                std::string(100, '[') + std::string(100, ']')))
              .find("more than 64 levels") != std::string::npos);
}

}  // namespace envlock::test
