#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "model/digest.hpp"
#include "tests/e2e/workspace.hpp"
#include "tests/support/vault_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

const std::string canary = "tk-canary-5f1c9b77";
/// "ci:" and the canary in base64 (coreutils).
const std::string canary_basic = "Y2k6dGstY2FuYXJ5LTVmMWM5Yjc3";

/// A workspace whose channel is served at "/acme" to those who may read it.
class PrivateChannel : public Workspace {
 public:
  /// @param keys  below the channel in envlock.yml, with "URL" for the server's
  explicit PrivateChannel(const std::string& keys)
      : server_([this](const LocalServer::Request& request) { return serve(request); }) {
    write("environment.yml", "channels: [acme]\nplatforms: [linux-64]\ndependencies: [numpy]\n");
    project_file(keys);
  }
  void project_file(const std::string& keys) const {
    write("envlock.yml", "channels:\n  acme:\n    url: " + server_.url("/acme") + "\n" + keys);
  }
  /// Writes an executable script, and says where.
  [[nodiscard]] std::string script(const std::string& name, const std::string& text) const {
    const auto file = dir().write("bin/" + name, "#!/bin/sh\n" + text);
    ::chmod(file.c_str(), 0700);
    return file.string();
  }
  /// Runs envlock with file descriptor 3 open on a private file with `blocks`.
  [[nodiscard]] Outcome run_with_fd(const std::string& blocks,
                                    const std::string& args = "solve -v") const {
    const auto file = dir().write("blocks", blocks);
    ::chmod(file.c_str(), 0600);
    const Outcome outcome =
        run_program("/bin/sh",
                    {"-c", "exec \"$0\" " + args + " --credential-fd 3 3<\"$1\"", envlock_program(),
                     file.string()},
                    options());
    std::filesystem::remove(file);
    return outcome;
  }
  [[nodiscard]] Outcome run_with(std::map<std::string, std::string> env,
                                 const std::vector<std::string>& args = {"solve", "-v"}) const {
    return run_envlock(args, options(std::move(env)));
  }
  [[nodiscard]] const LocalServer& server() const noexcept { return server_; }

  std::string authorization = {};  ///< What the server wants; empty: a token.
  std::string redirect_to = {};    ///< Sends everybody there, after the check.
  bool is_open = false;            ///< Wants nothing.

 private:
  LocalServer::Answer serve(const LocalServer::Request& request) const {
    const std::string token_part = "/t/" + canary;
    const bool has_token = request.path.starts_with(token_part + "/");
    const bool allowed =
        is_open ||
        (authorization.empty() ? has_token : request.header("authorization") == authorization);
    if (!allowed) return {.status = 401, .body = "no"};
    const std::string path = has_token ? request.path.substr(token_part.size()) : request.path;
    if (!redirect_to.empty()) return {.status = 302, .headers = {{"Location", redirect_to + path}}};
    const auto file =
        channel() / std::filesystem::path(path).relative_path().lexically_relative("acme");
    if (!std::filesystem::is_regular_file(file)) return {.status = 404};
    return file_answer(request, read_file(file));
  }
  LocalServer server_;
};

/// The files below `dir` that hold the canary, but for those that the test itself wrote into bin/.
std::vector<std::string> files_with_canary(const std::filesystem::path& dir) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    const std::string path = entry.path().string();
    if (path.find("canary") != std::string::npos) found.push_back(path);
    if (!entry.is_regular_file() || path.find("/bin/") != std::string::npos) continue;
    const std::string bytes = read_file(entry.path());
    if (bytes.find(canary) != std::string::npos || bytes.find(canary_basic) != std::string::npos)
      found.push_back(path);
  }
  return found;
}

/// Requires that neither output nor files have the canary.
void require_no_canary(const PrivateChannel& work, const Outcome& outcome) {
  INFO(outcome.out << outcome.err);
  REQUIRE_THAT(outcome.out + outcome.err, !Contains("canary") && !Contains(canary_basic));
  REQUIRE(files_with_canary(work.dir().path()) == std::vector<std::string>{});
}

void require_solved(const PrivateChannel& work, const Outcome& outcome) {
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit == 0);
  require_no_canary(work, outcome);
  REQUIRE(work.locked("numpy") == "2.1.0 py312h0_0");
  REQUIRE_THAT(work.lock(), Contains(work.server().url("/acme/linux-64/numpy-2.1.0")));
}

}  // namespace

TEST_CASE("private channel: bearer from a variable", "[e2e]") {
  PrivateChannel work("    credentials: {as: bearer, env: ACME_TOKEN}\n");
  work.authorization = "Bearer " + canary;
  require_solved(work, work.run_with({{"ACME_TOKEN", canary}}));
  for (const auto& request : work.server().requests())
    CHECK(request.header("authorization") == "Bearer " + canary);
}

TEST_CASE("private channel: basic from a helper, whose children and parent show no secret",
          "[e2e]") {
  PrivateChannel work("");
  const std::string seen = (work.dir() / "seen").string();
  const std::string helper =
      work.script("helper",
                  "{ env; ulimit -c; tr '\\0' '\\n' < /proc/$PPID/cmdline; tr '\\0' '\\n' < "
                  "/proc/$PPID/environ; } > '" +
                      seen + "' 2>/dev/null\nprintf 'username=ci\\npassword=" + canary + "\\n'\n");
  // Another channel's variable is loaded, and taken away, before the helper runs.
  work.project_file("    credentials: {as: basic, helper: " + helper +
                    "}\n  other:\n    url: https://other.example/c\n    credentials: {as: token, "
                    "env: OTHER}\n");
  work.authorization = "Basic " + canary_basic;
  require_solved(work, work.run_with({{"OTHER", canary}}));
  const std::string text = read_file(seen);
  CHECK_THAT(text, !Contains("canary") && Contains("HOME="));
  CHECK_THAT(text, Contains("\n0\n"));  // no core files
}

TEST_CASE("private channel: a token from the descriptor, by URL and by name", "[e2e]") {
  PrivateChannel work("    private: true\n");
  require_solved(work, work.run_with_fd("url=" + work.server().url("/acme") +
                                        "\nas=token\npassword=" + canary + "\n"));
  for (const std::string& path : work.server().paths())
    CHECK(path.starts_with("/t/" + canary + "/acme/"));
  std::filesystem::remove_all(work.dir() / "cache");
  require_solved(work, work.run_with_fd("channel=acme\nas=token\npassword=" + canary + "\n"));
}

TEST_CASE("private channel: search has the same sources", "[e2e]") {
  PrivateChannel work("    private: true\n");
  const Outcome found = work.run_with_fd("channel=acme\nas=token\npassword=" + canary + "\n",
                                         "search numpy --platform linux-64 --json");
  CHECK(require_envelope(found, "search").at("result").at("records").size() == 4);
  require_no_canary(work, found);
}

TEST_CASE("private channel: netrc only where it is asked for", "[e2e]") {
  PrivateChannel work("    private: true\n");
  work.authorization = "Basic " + canary_basic;
  const auto netrc =
      work.dir().write("bin/netrc", "machine 127.0.0.1 login ci password " + canary + "\n");
  ::chmod(netrc.c_str(), 0600);
  CHECK(work.run_with({{"NETRC", netrc.string()}}).exit == 6);
  CHECK(work.server().requests().empty());
  require_solved(work, work.run_with({{"NETRC", netrc.string()}}, {"solve", "--netrc"}));
  ::chmod(netrc.c_str(), 0644);
  std::filesystem::remove_all(work.dir() / "cache");
  const Outcome readable = work.run_with({{"NETRC", netrc.string()}}, {"solve", "--netrc"});
  CHECK(readable.exit == 6);
  CHECK_THAT(readable.err, Contains("chmod 600"));
}

TEST_CASE("private channel: a Vault login of our own is revoked at the end", "[e2e]") {
  VaultServer::State state;
  state.kv2["secret/data/conda/acme"] = {{{{"token", "\"" + canary + "\""}}}};
  state.role_id = "role-1";
  state.secret_id = canary + "-id";
  state.login_token = canary + "-vault";
  VaultServer vault(state);
  PrivateChannel work("    credentials:\n      as: token\n      vault: {address: '" + vault.url() +
                      "', path: conda/acme, field: token, auth: {approle: {role_id: role-1, "
                      "secret_id_env: SECRET_ID}}}\n");
  require_solved(work, work.run_with({{"SECRET_ID", canary + "-id"}}));
  REQUIRE(vault.log().size() == 3);
  CHECK(vault.log().back() == "POST /v1/auth/token/revoke-self " + canary + "-vault");
  CHECK(vault.state().tokens.empty());
  std::filesystem::remove_all(work.dir() / "cache");
  vault.state().secret_id = "another";
  const Outcome refused = work.run_with({{"SECRET_ID", canary + "-id"}});
  CHECK(refused.exit == 6);
  CHECK_THAT(refused.err, Contains("the AppRole login"));
  require_no_canary(work, refused);
  const Outcome skip = work.run_with({{"SECRET_ID", canary}, {"VAULT_SKIP_VERIFY", "1"}});
  CHECK(skip.exit == 6);
}

TEST_CASE("private channel: fetching shows the secret to the channel alone", "[e2e]") {
  const std::string form = GENERATE("token", "bearer", "basic");
  PrivateChannel work("");
  const LocalServer mirror(
      [](const LocalServer::Request&) { return LocalServer::Answer{.status = 404}; });
  work.project_file("    credentials: {as: " + form + ", env: ACME_TOKEN" +
                    (form == "basic" ? ", username: ci" : "") + "}\n    mirrors: ['" +
                    mirror.url("/mirror") + "']\n");
  if (form == "bearer") work.authorization = "Bearer " + canary;
  if (form == "basic") work.authorization = "Basic " + canary_basic;
  const std::string bytes(5000, 'n');
  std::filesystem::remove_all(work.channel());
  RepodataBuilder repodata("linux-64");
  PackageBuilder numpy("numpy");
  numpy.version("2.1.0").build("py312h0_0").size(bytes.size()).without("md5");
  repodata.add(numpy.set("sha256", sha256_of(bytes).hex())).write(work.channel());
  work.dir().write("channel/linux-64/numpy-2.1.0-py312h0_0.conda", std::string(5000, 'x'));
  const std::map<std::string, std::string> env = {{"ACME_TOKEN", canary}};
  require_solved(work, work.run_with(env));

  const Outcome wrong = work.run_with(env, {"fetch", "-v"});
  CHECK(wrong.exit == 6);
  require_no_canary(work, wrong);
  work.dir().write("channel/linux-64/numpy-2.1.0-py312h0_0.conda", bytes);
  const Outcome fetched = work.run_with(env, {"fetch", "--json", "--to", "out"});
  INFO(fetched.out << fetched.err);
  CHECK(fetched.exit == 0);
  require_no_canary(work, fetched);
  CHECK(work.exists("out/linux-64/numpy-2.1.0-py312h0_0.conda"));
  CHECK_FALSE(mirror.requests().empty());
  for (const auto& request : mirror.requests()) {
    CHECK(request.header("authorization").empty());
    CHECK_THAT(request.path, !Contains("canary"));
  }
}

TEST_CASE("private channel: without its credential it is exit 6 and nobody is asked", "[e2e]") {
  PrivateChannel work("    credentials: {as: token, env: ACME_TOKEN}\n");
  work.is_open = true;
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err,
             Contains("channel 'acme'") && Contains("is private") && Contains("set ACME_TOKEN"));
  CHECK(work.server().connections() == 0);
  CHECK_FALSE(work.exists("envlock.lock"));
  // Where the file says that it may be public, it is asked without.
  work.project_file("    private: false\n    credentials: {as: token, env: ACME_TOKEN}\n");
  CHECK(work.run({"solve"}).exit == 0);
}

TEST_CASE("private channel: a refused credential names channel and source, never the value",
          "[e2e]") {
  PrivateChannel work("    credentials: {as: bearer, env: ACME_TOKEN}\n");
  work.authorization = "Bearer another";
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"solve", "-v"}, std::vector<std::string>{"solve", "--json"}}) {
    const Outcome outcome = work.run_with({{"ACME_TOKEN", canary}}, args);
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.out + outcome.err,
               Contains("channel 'acme'") &&
                   Contains("refuses the credential of the environment variable 'ACME_TOKEN'"));
    require_no_canary(work, outcome);
  }
}

TEST_CASE("private channel: a redirect to another origin takes neither header nor token along",
          "[e2e]") {
  for (const std::string form : {"bearer", "token"}) {
    PrivateChannel store("");
    store.is_open = true;
    PrivateChannel work("    credentials: {as: " + form + ", env: ACME_TOKEN}\n");
    if (form == "bearer") work.authorization = "Bearer " + canary;
    work.redirect_to = store.server().url();
    require_solved(work, work.run_with({{"ACME_TOKEN", canary}}));
    CHECK_FALSE(store.server().requests().empty());
    for (const auto& request : store.server().requests()) {
      CHECK(request.header("authorization").empty());
      CHECK_THAT(request.path, !Contains("canary"));
    }
  }
}

TEST_CASE("private channel: a redirect that carries the token elsewhere is refused", "[e2e]") {
  PrivateChannel store("");
  store.is_open = true;
  PrivateChannel work("    credentials: {as: token, env: ACME_TOKEN}\n");
  work.redirect_to = store.server().url("/t/" + canary);
  const Outcome outcome = work.run_with({{"ACME_TOKEN", canary}});
  CHECK(outcome.exit == 6);
  require_no_canary(work, outcome);
  CHECK(store.server().requests().empty());
}

TEST_CASE("private channel: git, which reads envlock.yml, inherits no secret", "[e2e]") {
  PrivateChannel work("    credentials: {as: bearer, env: ACME_TOKEN}\n");
  work.authorization = "Bearer " + canary;
  const std::string seen = (work.dir() / "seen").string();
  const std::string git =
      work.script("git", "env >> '" + seen + "'\ncase \"$3\" in cat-file) cat '" +
                             (work.project() / "envlock.yml").string() + "';; *) echo '" +
                             work.project().string() + "';; esac\n");
  const std::string path = std::filesystem::path(git).parent_path().string() + ":/usr/bin:/bin";
  require_solved(work, work.run_with({{"ACME_TOKEN", canary}, {"PATH", path}},
                                     {"solve", "--project", "git:main:envlock.yml"}));
  CHECK_THAT(read_file(seen), Contains("PATH=") && !Contains("ACME_TOKEN"));
}

TEST_CASE("private channel: bad descriptors and bad secrets are told without their text", "[e2e]") {
  PrivateChannel work("    credentials: {as: token, env: ACME_TOKEN}\n");
  const Outcome broken = work.run_with_fd("channel=acme\n" + canary + "\n");
  CHECK(broken.exit == 3);
  CHECK_THAT(broken.err, Contains("file descriptor 3:2: expected KEY=VALUE"));
  require_no_canary(work, broken);
  CHECK(work.run({"solve", "--credential-fd", "77"}).exit == 2);
  const Outcome pasted = work.run({"solve", "--credential-fd", canary});
  CHECK(pasted.exit == 2);
  require_no_canary(work, pasted);
  const Outcome slash = work.run_with({{"ACME_TOKEN", canary + "/x"}});
  CHECK(slash.exit == 6);
  require_no_canary(work, slash);
  CHECK(work.server().requests().empty());
}

TEST_CASE("private channel: offline asks no source", "[e2e]") {
  PrivateChannel work("");
  const std::string seen = (work.dir() / "seen").string();
  const std::string helper =
      work.script("helper", "echo ran >> '" + seen + "'\necho password=" + canary + "\n");
  work.project_file("    credentials: {as: token, helper: " + helper + "}\n");
  require_solved(work, work.run({"solve"}));
  CHECK(read_file(seen) == "ran\n");  // once for two subdirs
  require_solved(work, work.run({"solve", "--offline"}));
  CHECK(read_file(seen) == "ran\n");
}

}  // namespace envlock::test
