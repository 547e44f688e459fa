// keygen and sign through the built program, with minisign as the judge where it is installed.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

Outcome envlock(const TempDir& dir, const std::vector<std::string>& args,
                const std::map<std::string, std::string>& env = {}) {
  return run_envlock(args, {.cwd = dir.path(), .env = env});
}

/// A shell line with the program as $ENVLOCK, for descriptors and umask.
Outcome shell(const TempDir& dir, const std::string& line) {
  return run_program("/bin/sh", {"-c", line},
                     {.cwd = dir.path(), .env = {{"ENVLOCK", envlock_program()}}});
}

/// What minisign's own verification says of a file; nothing where it is not installed.
bool minisign_takes(const TempDir& dir, const std::string& pub, const std::string& file) {
  if (shell(dir, "command -v minisign").exit != 0) {
    WARN("SKIPPED: minisign is not installed");
    return true;
  }
  const Outcome outcome = shell(dir, "minisign -V -p " + pub + " -m " + file);
  INFO(outcome.out << outcome.err);
  return outcome.exit == 0;
}

}  // namespace

TEST_CASE("keygen: the secret key is the user's alone, whatever the umask") {
  const TempDir dir;
  const Outcome made = shell(dir, "umask 0; \"$ENVLOCK\" keygen -o k --no-password");
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK((fs::status(dir / "k.key").permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const std::string pub = read_file(dir / "k.pub");
  const std::string line = pub.substr(pub.find('\n') + 1, 56);
  CHECK_THAT(made.out, Catch::Contains(line));
  CHECK(made.err.empty());
}

TEST_CASE("keygen: neither file is ever overwritten, and no half of a pair is left") {
  const TempDir dir;
  dir.write("a.key", "mine");
  dir.write("b.pub", "mine");
  for (const std::string name : {"a", "b"}) {
    const Outcome outcome = envlock(dir, {"keygen", "-o", name, "--no-password"});
    CHECK(outcome.exit == 7);
    CHECK_THAT(outcome.err, Catch::Contains("is there already, and a key is never overwritten"));
  }
  CHECK(read_file(dir / "a.key") == "mine");
  CHECK(read_file(dir / "b.pub") == "mine");
  CHECK_FALSE(fs::exists(dir / "a.pub"));
  CHECK_FALSE(fs::exists(dir / "b.key"));
  fs::create_symlink("elsewhere", dir / "c.key");
  CHECK(envlock(dir, {"keygen", "-o", "c", "--no-password"}).exit == 7);
  CHECK_FALSE(fs::exists(dir / "elsewhere"));
}

TEST_CASE("keygen: without a terminal the password must come from somewhere") {
  const TempDir dir;
  const Outcome outcome = envlock(dir, {"keygen"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Catch::Contains("no terminal") && Catch::Contains("--password-fd N") &&
                              Catch::Contains("--no-password"));
  CHECK(envlock(dir, {"keygen", "--no-password", "--password-fd", "3"}).exit == 2);
  CHECK(shell(dir, "echo | \"$ENVLOCK\" keygen --password-fd 0").exit == 2);  // empty
  const Outcome slip = envlock(dir, {"keygen", "--password-fd", "hunter2"});
  CHECK(slip.exit == 2);
  CHECK_THAT(slip.err, !Catch::Contains("hunter2"));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("sign: the same file gives the same signature, which minisign takes") {
  const TempDir dir;
  REQUIRE(envlock(dir, {"keygen", "-o", "k", "--no-password"}).exit == 0);
  dir.write("sub/data.lock", "content\n");
  REQUIRE(envlock(dir, {"sign", "sub/data.lock", "--key", "k.key"}).exit == 0);
  const std::string first = read_file(dir / "sub/data.lock.minisig");
  CHECK_THAT(first, Catch::Contains("\ntrusted comment: file:data.lock\tsize:8\thashed\n"));
  CHECK(minisign_takes(dir, "k.pub", "sub/data.lock"));
  REQUIRE(envlock(dir, {"sign", "sub/data.lock", "--key", "k.key"}).exit == 0);
  CHECK(read_file(dir / "sub/data.lock.minisig") == first);
  dir.write("sub/data.lock", "Content\n");
  if (shell(dir, "command -v minisign").exit == 0) {
    CHECK(shell(dir, "minisign -V -p k.pub -m sub/data.lock").exit != 0);
  }
}

TEST_CASE("sign: the time is in a signature only where it is given") {
  const TempDir dir;
  REQUIRE(envlock(dir, {"keygen", "-o", "k", "--no-password"}).exit == 0);
  dir.write("f", "");
  const Outcome outcome = envlock(dir, {"sign", "f", "--key", "k.key", "--json"},
                                  {{"SOURCE_DATE_EPOCH", "1700000000"}});
  REQUIRE(outcome.exit == 0);
  const auto result = nlohmann::json::parse(outcome.out).at("result");
  CHECK(result.at("trusted_comment") == "timestamp:1700000000\tfile:f\tsize:0\thashed");
  CHECK(result.at("signature_file") == "f.minisig");
  CHECK(minisign_takes(dir, "k.pub", "f"));
  REQUIRE(envlock(dir, {"sign", "f", "--key", "k.key", "--comment", "release 3"}).exit == 0);
  CHECK_THAT(read_file(dir / "f.minisig"), Catch::Contains("\ntrusted comment: release 3\n"));
  CHECK(envlock(dir, {"sign", "f", "--key", "k.key", "--comment", "a\nb"}).exit == 2);
}

TEST_CASE("sign: a key that cannot be used is named, and nothing is written") {
  const TempDir dir;
  REQUIRE(envlock(dir, {"keygen", "-o", "k", "--no-password"}).exit == 0);
  dir.write("f", "x");
  CHECK(envlock(dir, {"sign", "f"}).exit == 2);
  CHECK(envlock(dir, {"sign", "f", "--key", "no.key"}).exit == 7);
  CHECK(envlock(dir, {"sign", "none", "--key", "k.key"}).exit == 7);
  CHECK(envlock(dir, {"sign", ".", "--key", "k.key"}).exit == 7);
  fs::permissions(dir / "k.pub", fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(dir / "k.pub", fs::perms::others_read, fs::perm_options::add);  // as is usual
  const Outcome swapped = envlock(dir, {"sign", "f", "--key", "k.pub"});
  CHECK(swapped.exit == 3);
  CHECK_THAT(swapped.err, Catch::Contains("'k.pub' is no minisign secret key"));
  fs::permissions(dir / "k.key", fs::perms::others_read, fs::perm_options::add);
  const Outcome open = envlock(dir, {"sign", "f", "--key", "k.key"});
  CHECK(open.exit == 6);
  CHECK_THAT(open.err,
             Catch::Contains("may be read by every user") && Catch::Contains("chmod 600"));
  CHECK_FALSE(fs::exists(dir / "f.minisig"));
}

TEST_CASE("sign: a locked key asks for its password, and a wrong one is exit 6") {
  const TempDir dir;
  // The key of tests/verify/minisign_keys.hpp, which takes 16 MiB instead of 1 GiB.
  dir.write("k.key",
            "untrusted comment: low\n"
            "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAgAAAAAAAAAAAEAAAAAa14S/SiX"
            "1lA/wxLDcZ5XuoPUyquxl2XZEZzV7wjcxzRXZmp0FPfDZGsV781sKlDiXb2wh6GGI3TPiFQ7gEcXr+XS"
            "LdhIZ+MFF5XLBnHCpzBVpOIfhTPPe/dLYqZYAjGJXe8lQkJ1NKE=\n");
  fs::permissions(dir / "k.key", fs::perms::owner_read | fs::perms::owner_write);
  dir.write("f", "hello\n");
  CHECK(envlock(dir, {"sign", "f", "--key", "k.key"}).exit == 2);
  const Outcome wrong =
      shell(dir, "echo nonsense | \"$ENVLOCK\" sign f --key k.key --password-fd 0 -v");
  CHECK(wrong.exit == 6);
  CHECK_THAT(wrong.err, Catch::Contains("the password does not open the key 'k.key'") &&
                            !Catch::Contains("nonsense"));
  CHECK_FALSE(fs::exists(dir / "f.minisig"));
  REQUIRE(shell(dir,
                "echo correct horse | \"$ENVLOCK\" sign f --key k.key --password-fd 0 "
                "--comment 'a trusted word'")
              .exit == 0);
  // minisign's own signature of these bytes with this key.
  CHECK_THAT(read_file(dir / "f.minisig"),
             Catch::Contains(
                 "RUSe6ZSyFBLVmyE3JMiS1yC32tf04d+ZguVn07n2pTJzCp9D3jKcEjTufZiKiXg2tAZ303YssRn1ddq9d"
                 "AjBJmjP7MWmEV3PAQo=\n"));
}

}  // namespace envlock::test
