#include "model/project_credentials.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "model/project.hpp"

namespace envlock::test {

namespace {

Project::ChannelRule channel_with(const std::string& keys) {
  const std::string text = "channels:\n  acme:\n    url: https://conda.acme.example/acme\n" + keys;
  return parse_project(text, "envlock.yml").channels.at(0);
}

CredentialRule rule_of(const std::string& flow) {
  return channel_with("    credentials: " + flow + "\n").credentials.value();
}

/// Message and hint; "accepted" where there is none.
std::string refusal(const std::string& flow) {
  try {
    (void)rule_of(flow);
  } catch (const InputError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("credentials: each source is read", "[model]") {
  const CredentialRule env = rule_of("{as: token, env: ACME_TOKEN}");
  CHECK(env.form == CredentialRule::Form::token);
  CHECK(env.env == "ACME_TOKEN");
  CHECK(env.place.line == 4);
  CHECK(rule_of("{as: basic, systemd: acme.pw, username: ci}").systemd == "acme.pw");
  CHECK(rule_of("{as: basic, helper: /bin/h}").helper == std::vector<std::string>{"/bin/h"});
  CHECK(rule_of("{as: bearer, helper: [/bin/h, --file, a b]}").helper ==
        std::vector<std::string>{"/bin/h", "--file", "a b"});
}

TEST_CASE("credentials: a Vault rule has the store's defaults", "[model]") {
  const VaultRule vault =
      rule_of(
          "{as: token, vault: {address: 'https://v.example:8200/', path: /conda/acme/, field: "
          "token, auth: {token_env: VAULT_TOKEN}}}")
          .vault.value();
  CHECK(vault.address.to_string() == "https://v.example:8200");
  CHECK(vault.mount == "secret");
  CHECK(vault.path == "conda/acme");
  CHECK(vault.kv == 2);
  CHECK_FALSE(vault.version);
  CHECK(vault.login.token_env == "VAULT_TOKEN");
  const VaultRule approle =
      rule_of(
          "{as: basic, vault: {address: 'https://v.example', namespace: team/a, mount: kv, path: "
          "p, field: f, username_field: u, version: 3, auth: {approle: {mount: ar, role_id: r, "
          "secret_id_file: /run/s, wrapped: true}}}}")
          .vault.value();
  CHECK(approle.namespace_path == "team/a");
  CHECK(approle.version == 3U);
  CHECK(approle.login.method == VaultLogin::Method::approle);
  CHECK(approle.login.approle_mount == "ar");
  CHECK(approle.login.wrapped);
}

TEST_CASE("credentials: a channel with them is private unless it says otherwise", "[model]") {
  CHECK(channel_with("    credentials: {as: token, env: A}\n").is_private);
  CHECK_FALSE(
      channel_with("    private: false\n    credentials: {as: token, env: A}\n").is_private);
  CHECK(channel_with("    private: true\n").is_private);
  CHECK_FALSE(channel_with("").is_private);
}

TEST_CASE("credentials: a secret in the file is refused and not repeated", "[model]") {
  for (const char* flow :
       {"{as: token, token: tk-canary-1}", "{as: basic, password: tk-canary-1}", "tk-canary-1",
        "{as: token, env: tk-canary-1}",
        "{as: token, vault: {address: 'https://v', path: p, field: f, auth: tk-canary-1}}",
        "{as: token, vault: {address: 'https://v', path: p, field: f, auth: {token_env: "
        "tk-canary-1}}}"}) {
    INFO(flow);
    CHECK_THAT(refusal(flow), Catch::StartsWith("envlock.yml:4:"));
    CHECK_THAT(refusal(flow), !Catch::Contains("canary"));
  }
  CHECK_THAT(refusal("{as: token, token: x}"),
             Catch::Contains("would put a secret") && Catch::Contains("revoke it"));
}

TEST_CASE("credentials: unknown keys are refused with the nearest one", "[model]") {
  CHECK_THAT(refusal("{as: token, evn: A}"), Catch::Contains("did you mean 'env'?"));
  CHECK_THAT(refusal("{as: token, vault: {address: 'https://v', pth: a}}"),
             Catch::Contains("did you mean 'path'?"));
}

TEST_CASE("credentials: what cannot work is refused", "[model]") {
  CHECK_THAT(refusal("{env: A}"), Catch::Contains("add as: token"));
  CHECK_THAT(refusal("{as: cookie, env: A}"), Catch::Contains("token (/t/TOKEN/"));
  CHECK_THAT(refusal("{as: basic, env: A}"), Catch::Contains("add username: NAME"));
  CHECK_THAT(refusal("{as: token, username: u, env: A}"), Catch::Contains("basic alone"));
  CHECK_THAT(refusal("{as: basic, username: 'a:b', env: A}"), Catch::Contains("cannot have a ':'"));
  CHECK_THAT(refusal("{as: token, helper: git-credential-x}"), Catch::Contains("absolute path"));
  CHECK_THAT(refusal("{as: token, systemd: ../x}"), Catch::Contains("name of a credential"));
  const auto vault = [](const std::string& keys) {
    return refusal("{as: token, vault: {address: 'https://v', field: f, auth: {token_env: T}, " +
                   keys + "}}");
  };
  CHECK(vault("path: a/b") == "accepted");
  for (const char* path : {"a/../b", "a//b", "a.", "..", "''"})
    CHECK(vault("path: " + std::string(path)) != "accepted");
  CHECK_THAT(vault("path: a, kv: 3"), Catch::Contains("from 1 to 2"));
  CHECK_THAT(vault("path: a, kv: 1, version: 2"), Catch::Contains("keeps no versions"));
  CHECK_THAT(
      refusal("{as: token, vault: {address: 'http://v', path: p, field: f, auth: {token_env: "
              "T}}}"),
      Catch::Contains("takes the https URL"));
  CHECK_THAT(refusal("{as: token, vault: {address: 'https://v', path: p, field: f, auth: {}}}"),
             Catch::Contains("takes one of"));
  CHECK_THAT(refusal("{as: token, vault: {address: 'https://v', path: p, field: f, auth: {approle: "
                     "{role_id: r}}}}"),
             Catch::Contains("secret_id_env"));
}

}  // namespace envlock::test
