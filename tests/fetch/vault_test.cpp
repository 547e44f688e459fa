#include "fetch/vault.hpp"

#include <catch2/catch.hpp>

#include "tests/support/vault_server.hpp"

namespace envlock::test {

namespace {

using Log = std::vector<std::string>;

std::shared_ptr<const Secret> shared_secret(const std::string& text) {
  return std::make_shared<const Secret>(Secret::take(std::string(text)));
}

/// A server that holds conda/acme, and a client that has a living token.
struct Vault {
  Vault() : server(initial()), rule{.address = Url::parse(server.url()).value()} {
    rule.path = "conda/acme";
    rule.field = "token";
    rule.login.token_env = "T";
    proof.token = shared_secret("root-token");
    retry.first_delay = std::chrono::milliseconds(1);
  }
  static VaultServer::State initial() {
    VaultServer::State state;
    state.tokens = {"root-token"};
    state.kv2["secret/data/conda/acme"] = {{{{"token", "\"first\""}}},
                                           {{{"token", "\"second\""}, {"user", "\"ci\""}}}};
    state.kv1["kv/conda/acme"] = {{"token", "\"of-kv1\""}};
    state.role_id = "role-1";
    state.secret_id = "secret-id-1";
    state.login_token = "hvs.login";
    return state;
  }
  void use_approle() {
    rule.login.method = VaultLogin::Method::approle;
    proof.token.reset();
    proof.role_id = "role-1";
    proof.secret_id = shared_secret("secret-id-1");
  }
  VaultSession session() {
    return VaultSession(
        http, rule, std::move(proof),
        [this](std::string_view secret) { told.emplace_back(secret); }, retry, patience);
  }
  std::string value() {
    VaultSession opened = session();
    return std::string(opened.read(rule, {}).value.reveal());
  }
  /// "EXIT: message | hint"
  std::string failure() {
    try {
      return "none: " + value();
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what() + " | " +
             error.hint();
    }
  }

  VaultServer server;
  VaultRule rule;
  VaultProof proof;
  RetryPolicy retry = vault_retry;
  std::chrono::milliseconds patience = vault_patience;
  HttpClient http{HttpSettings{}};
  std::vector<std::string> told;
};

}  // namespace

TEST_CASE("vault: the newest version of KV 2, or the one that is asked for", "[fetch]") {
  Vault newest;
  CHECK(newest.value() == "second");
  CHECK(newest.told == Log{"second"});
  Vault first;
  first.rule.version = 1;
  CHECK(first.value() == "first");
  CHECK(first.server.log() == Log{"GET /v1/secret/data/conda/acme?version=1 root-token"});
  Vault with_user;
  with_user.rule.username_field = "user";
  VaultSession session = with_user.session();
  CHECK(session.read(with_user.rule, {}).username == "ci");
}

TEST_CASE("vault: KV 1 has its fields at the top", "[fetch]") {
  Vault vault;
  vault.rule.mount = "kv";
  vault.rule.kv = 1;
  CHECK(vault.value() == "of-kv1");
  CHECK(vault.server.log() == Log{"GET /v1/kv/conda/acme root-token"});
}

TEST_CASE("vault: a namespace goes with every request", "[fetch]") {
  Vault vault;
  vault.server.state().name_space = "team/a";
  CHECK_THAT(vault.failure(), Catch::StartsWith("6: "));
  Vault right;
  right.server.state().name_space = "team/a";
  right.rule.namespace_path = "team/a";
  CHECK(right.value() == "second");
}

TEST_CASE("vault: an AppRole login is made once, and its token revoked at the end", "[fetch]") {
  Vault vault;
  vault.use_approle();
  VaultSession session = vault.session();
  CHECK(session.read(vault.rule, {}).value.reveal() == "second");
  CHECK(session.read(vault.rule, {}).value.reveal() == "second");
  CHECK(session.revoke().empty());
  CHECK(session.revoke().empty());  // once
  CHECK(vault.server.log() == Log{"POST /v1/auth/approle/login ",
                                  "GET /v1/secret/data/conda/acme hvs.login",
                                  "GET /v1/secret/data/conda/acme hvs.login",
                                  "POST /v1/auth/token/revoke-self hvs.login"});
  CHECK(vault.told.front() == "hvs.login");
  CHECK(vault.server.state().tokens == std::set<std::string>{"root-token"});
}

TEST_CASE("vault: a token that was given is not revoked", "[fetch]") {
  Vault vault;
  VaultSession session = vault.session();
  (void)session.read(vault.rule, {});
  CHECK(session.revoke().empty());
  CHECK(vault.server.log().size() == 1);
}

TEST_CASE("vault: a failed revocation is told, not thrown", "[fetch]") {
  Vault vault;
  vault.use_approle();
  VaultSession session = vault.session();
  (void)session.read(vault.rule, {});
  vault.server.state().tokens.clear();
  CHECK_THAT(session.revoke(), Catch::Contains("did not revoke envlock's token: HTTP 403"));
}

TEST_CASE("vault: a wrapped secret_id is unwrapped once; a used one is an alarm", "[fetch]") {
  Vault vault;
  vault.use_approle();
  vault.server.state().wrapped["wrap-1"] = "secret-id-1";
  vault.proof.secret_id = shared_secret("wrap-1");
  vault.proof.wrapped = true;
  CHECK(vault.value() == "second");
  CHECK(vault.server.log().front() == "POST /v1/sys/wrapping/unwrap wrap-1");
  CHECK(vault.told == Log{"secret-id-1", "hvs.login", "second"});
  Vault stolen;
  stolen.use_approle();
  stolen.proof.wrapped = true;
  CHECK_THAT(stolen.failure(), Catch::StartsWith("6: ") && Catch::Contains("was used before") &&
                                   Catch::Contains("audit log"));
  CHECK(stolen.server.log().size() == 1);
}

TEST_CASE("vault: a wrong role or secret_id is told", "[fetch]") {
  Vault vault;
  vault.use_approle();
  vault.proof.secret_id = shared_secret("wrong-one");
  CHECK_THAT(vault.failure(), Catch::StartsWith("6: the AppRole login at http://127.0.0.1:") &&
                                  Catch::Contains("invalid role or secret ID"));
}

TEST_CASE("vault: a sealed server is tried three times, then it is the network's fault",
          "[fetch]") {
  Vault vault;
  vault.server.state().sealed_answers = 2;
  CHECK(vault.value() == "second");
  Vault sealed;
  sealed.server.state().sealed_answers = 100;
  CHECK_THAT(sealed.failure(), Catch::StartsWith("5: ") && Catch::Contains("is sealed") &&
                                   Catch::Contains("Vault is sealed") &&
                                   Catch::Contains("unseal it"));
  CHECK(sealed.server.log().size() == 3);
  for (const auto& [status, words] : std::map<int, std::string>{
           {412, "a replica that is behind"}, {429, "a standby"}, {500, "HTTP 500"}}) {
    Vault failing;
    failing.server.state().sealed_answers = 100;
    failing.server.state().failing_status = status;
    CHECK_THAT(failing.failure(), Catch::StartsWith("5: ") && Catch::Contains(words));
    CHECK(failing.server.log().size() == 3);
  }
  for (const int status : {472, 473, 501}) {
    Vault failing;
    failing.server.state().sealed_answers = 100;
    failing.server.state().failing_status = status;
    CHECK_THAT(failing.failure(), Catch::StartsWith("5: "));
    CHECK(failing.server.log().size() == 1);
  }
}

TEST_CASE("vault: an expired token and a missing policy are told apart", "[fetch]") {
  Vault expired;
  expired.server.state().tokens.clear();
  CHECK_THAT(expired.failure(), Catch::StartsWith("6: ") &&
                                    Catch::Contains("does not know the token") &&
                                    Catch::Contains("expired or was revoked"));
  Vault denied;
  denied.server.state().denied_paths = {"secret/data/conda/acme"};
  CHECK_THAT(denied.failure(), Catch::StartsWith("6: ") &&
                                   Catch::Contains("may not be read with this login") &&
                                   Catch::Contains("path \"secret/data/conda/acme\""));
}

TEST_CASE("vault: absent, deleted and destroyed are errors, never an empty password", "[fetch]") {
  Vault absent;
  absent.rule.path = "conda/none";
  CHECK_THAT(absent.failure(), Catch::StartsWith("6: ") && Catch::Contains("is not there"));
  Vault deleted;
  deleted.server.state().kv2["secret/data/conda/acme"][1].deletion_time = "2026-02-03T04:05:06Z";
  CHECK_THAT(deleted.failure(),
             Catch::StartsWith("6: ") && Catch::Contains("was deleted at 2026-02-03T04:05:06Z"));
  Vault destroyed;
  destroyed.server.state().kv2["secret/data/conda/acme"][1].destroyed = true;
  CHECK_THAT(destroyed.failure(), Catch::Contains("was destroyed"));
}

TEST_CASE("vault: the usual mistakes with versions of the store have their hints", "[fetch]") {
  Vault data;
  data.rule.path = "data/conda/acme";
  CHECK_THAT(data.failure(), Catch::Contains("without 'data/'"));
  Vault as_kv1;
  as_kv1.rule.kv = 1;
  CHECK_THAT(as_kv1.failure(),
             Catch::Contains("versioned K/V secrets engine") && Catch::Contains("take kv: 1 out"));
  Vault as_kv2;
  as_kv2.rule.mount = "kv";
  CHECK_THAT(as_kv2.failure(), Catch::Contains("add kv: 1"));
}

TEST_CASE(
    "vault: a field that is missing, no text or empty is refused; names are shown, values not",
    "[fetch]") {
  Vault vault;
  vault.server.state().kv2["secret/data/conda/acme"] = {
      {{{"tokn", "\"canary\""}, {"number", "12"}, {"empty", "\"\""}}}};
  const std::string missing = vault.failure();
  CHECK_THAT(missing, Catch::StartsWith("6: ") && Catch::Contains("has no field 'token'") &&
                          Catch::Contains("'tokn'") && !Catch::Contains("canary"));
  Vault number;
  number.server.state() = vault.server.state();
  number.rule.field = "number";
  CHECK_THAT(number.failure(), Catch::Contains("is no text"));
  Vault empty;
  empty.server.state() = vault.server.state();
  empty.rule.field = "empty";
  CHECK_THAT(empty.failure(), Catch::Contains("is empty"));
}

TEST_CASE("vault: a standby redirects only to servers that envlock.yml names", "[fetch]") {
  Vault vault;
  VaultServer standby({.redirect_to = vault.server.url()});
  vault.rule.address = Url::parse(standby.url()).value();
  CHECK_THAT(vault.failure(),
             Catch::StartsWith("6: ") && Catch::Contains("standby: [" + vault.server.url() + "]"));
  CHECK(vault.server.log().empty());
  Vault named;
  VaultServer other({.redirect_to = named.server.url()});
  named.rule.address = Url::parse(other.url()).value();
  named.rule.standby = {Url::parse(named.server.url()).value()};
  CHECK(named.value() == "second");
  CHECK(named.server.log() == Log{"GET /v1/secret/data/conda/acme root-token"});
}

TEST_CASE("vault: a server that does not answer is given up after a while", "[fetch]") {
  LocalServer slow([](const LocalServer::Request&) {
    return LocalServer::Answer{.delay = std::chrono::seconds(60)};
  });
  Vault vault;
  vault.rule.address = Url::parse(slow.url()).value();
  vault.patience = std::chrono::milliseconds(1'000);
  CHECK_THAT(vault.failure(),
             Catch::StartsWith("5: ") && Catch::Contains("did not answer within 1 seconds"));
}

TEST_CASE("vault: what is no answer of Vault's is refused without showing it", "[fetch]") {
  LocalServer web([](const LocalServer::Request&) {
    return LocalServer::Answer{.body = "<html>canary</html>"};
  });
  Vault vault;
  vault.rule.address = Url::parse(web.url()).value();
  CHECK_THAT(vault.failure(), Catch::StartsWith("6: ") &&
                                  Catch::Contains("not what a Vault server sends") &&
                                  !Catch::Contains("canary"));
}

}  // namespace envlock::test
