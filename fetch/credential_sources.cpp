#include "fetch/credential_sources.hpp"

#include <algorithm>
#include <utility>

#include "fetch/credential_files.hpp"
#include "fetch/helper_program.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

std::string helper_name(const CredentialRule& rule) {
  return "the credential helper '" + rule.helper.front() + "'";
}

}  // namespace

CredentialSources::CredentialSources(CredentialSurroundings surroundings, HttpClient& http,
                                     std::span<const CredentialRule* const> rules)
    : surroundings_(std::move(surroundings)), http_(http) {
  for (const CredentialRule* rule : rules) {
    take_variable(rule->env);
    if (!rule->vault) continue;
    take_variable(rule->vault->login.token_env);
    take_variable(rule->vault->login.role_id_env);
    take_variable(rule->vault->login.secret_id_env);
  }
}

void CredentialSources::take_variable(const std::string& name) {
  if (name.empty() || variables_.contains(name)) return;
  auto secret = std::make_shared<const Secret>(take_environment_secret(name));
  if (secret->empty()) return;
  surroundings_.on_secret(secret->reveal());
  variables_.emplace(name, std::move(secret));
}

std::shared_ptr<const Secret> CredentialSources::variable(const std::string& name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : found->second;
}

std::optional<CredentialSources::Found> CredentialSources::find(const CredentialRule& rule,
                                                                const Url& url,
                                                                const std::stop_token& stop) {
  Found found;
  if (!rule.systemd.empty() && !surroundings_.systemd_dir.empty()) {
    Secret content = without_line_end(read_credential_file(surroundings_.systemd_dir / rule.systemd,
                                                           FileGuard::not_world_readable));
    if (!content.empty()) {
      found.secret.secret = std::move(content);
      found.source = "the systemd credential '" + rule.systemd + "'";
    }
  }
  if (found.source.empty() && !rule.helper.empty()) {
    found.secret = ask_helper(rule, url, stop);
    if (!found.secret.secret.empty()) {
      found.source = helper_name(rule);
      found.from_helper = true;
    }
  }
  if (found.source.empty() && rule.vault) {
    VaultSecret secret = vault(*rule.vault).read(*rule.vault, stop);
    found.secret = {std::move(secret.username), std::move(secret.value)};
    found.source = describe_vault(*rule.vault);
  }
  if (found.source.empty() && !rule.env.empty()) {
    if (const auto value = variable(rule.env)) {
      found.secret.secret = Secret::take(std::string(value->reveal()));
      found.source = "the environment variable '" + rule.env + "'";
    }
  }
  if (found.source.empty()) return std::nullopt;
  surroundings_.on_secret(found.secret.secret.reveal());
  if (found.secret.username.empty()) found.secret.username = rule.username;
  return found;
}

FoundSecret CredentialSources::ask_helper(const CredentialRule& rule, const Url& url,
                                          const std::stop_token& stop) {
  const HelperRun run{rule.helper, surroundings_.home, surroundings_.helper_patience};
  const Secret output = run_helper(run, "get", helper_question(url) + '\n', stop);
  HelperAnswer answer =
      parse_helper_answer(output.reveal(), url, surroundings_.now_s, helper_name(rule));
  if (answer.quit)
    throw TrustError(helper_name(rule) + " asks to give up on '" + url.to_string() + "'",
                     "it answered quit=1: run it by hand to see why");
  return std::move(answer.found);
}

void CredentialSources::erase(const CredentialRule& rule, const Url& url,
                              const FoundSecret& refused, const std::stop_token& stop) noexcept {
  try {
    const std::string_view secret = refused.secret.reveal();
    std::string question = helper_question(url);
    question.reserve(question.size() + refused.username.size() + secret.size() + 32);
    if (!refused.username.empty()) question.append("username=" + refused.username + '\n');
    question.append("password=").append(secret).append("\n\n");
    const Secret input = Secret::take(question);
    static_cast<void>(run_helper({rule.helper, surroundings_.home, surroundings_.helper_patience},
                                 "erase", input.reveal(), stop));
  } catch (const std::exception&) {
    // Whether it forgets is its own affair: the refusal by the server is what is reported.
  }
}

std::shared_ptr<const Secret> CredentialSources::from_env_or_file(const std::string& env,
                                                                  const std::string& file,
                                                                  const std::string& what) {
  std::shared_ptr<const Secret> secret;
  if (!env.empty()) {
    secret = variable(env);
  } else {
    secret = std::make_shared<const Secret>(
        without_line_end(read_credential_file(file, FileGuard::not_world_readable)));
    if (!secret->empty()) surroundings_.on_secret(secret->reveal());
  }
  const std::string place =
      env.empty() ? "the file '" + file + "'" : "the environment variable '" + env + "'";
  if (!secret || secret->empty())
    throw TrustError(what + ": " + place + " has nothing",
                     env.empty() ? "write the file, readable by you alone" : "set " + env);
  FoundSecret checked;  // a header or a JSON text: the rules of a bearer token fit both
  checked.secret = Secret::take(std::string(secret->reveal()));
  require_sendable(checked, CredentialRule::Form::bearer, place);
  return secret;
}

VaultSession& CredentialSources::vault(const VaultRule& rule) {
  for (OpenVault& open : vaults_) {
    if (open.rule.address == rule.address && open.rule.namespace_path == rule.namespace_path &&
        open.rule.login == rule.login && open.rule.standby == rule.standby)
      return *open.session;
  }
  const std::string what = "the login to Vault at " + rule.address.to_string();
  if (surroundings_.vault_skip_verify)
    throw TrustError("VAULT_SKIP_VERIFY is set, and envlock never talks to an unverified Vault",
                     "unset it; name the file of a company's own authority in SSL_CERT_FILE");
  const VaultLogin& login = rule.login;
  VaultProof proof;
  if (login.method == VaultLogin::Method::token) {
    proof.token = from_env_or_file(login.token_env, login.token_file, what);
  } else {
    proof.secret_id = from_env_or_file(login.secret_id_env, login.secret_id_file, what);
    proof.role_id = login.role_id;
    if (!login.role_id_env.empty())
      proof.role_id = from_env_or_file(login.role_id_env, {}, what)->reveal();
    proof.wrapped = login.wrapped;
  }
  auto session = std::make_unique<VaultSession>(http_, rule, std::move(proof),
                                                surroundings_.on_secret, surroundings_.vault_retry);
  return *vaults_.emplace_back(OpenVault{rule, std::move(session)}).session;
}

std::vector<std::string> CredentialSources::close() noexcept {
  std::vector<std::string> warnings;
  for (OpenVault& open : vaults_) {
    std::string warning = open.session->revoke();
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
  vaults_.clear();
  return warnings;
}

std::string next_step_for(const CredentialRule& rule) {
  std::string steps;
  const auto add = [&](const std::string& step) { steps += (steps.empty() ? "" : ", or ") + step; };
  if (!rule.systemd.empty())
    add("give the service LoadCredential=" + rule.systemd + ":/path/of/the/secret");
  if (!rule.helper.empty()) add("store it where '" + rule.helper.front() + "' finds it");
  if (rule.vault) add("write it to " + describe_vault(*rule.vault));
  if (!rule.env.empty()) add("set " + rule.env);
  add("pass it with --credential-fd");
  return steps;
}

}  // namespace envlock
