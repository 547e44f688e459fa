#include "tests/support/vault_server.hpp"

#include <algorithm>

namespace envlock::test {

namespace {

using Answer = LocalServer::Answer;
using State = VaultServer::State;

Answer json(int status, std::string body) {
  return {
      .status = status, .body = std::move(body), .headers = {{"Content-Type", "application/json"}}};
}

Answer errors(int status, const std::string& text) {
  return json(status, text.empty() ? R"({"errors":[]})" : R"({"errors":[")" + text + "\"]}\n");
}

std::string object(const std::map<std::string, std::string>& members) {
  std::string text = "{";
  for (const auto& [key, value] : members)
    text += (text.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
  return text + "}";
}

bool has_text(const std::string& body, const std::string& key, const std::string& value) {
  return body.find("\"" + key + "\":\"" + value + "\"") != std::string::npos;
}

Answer read_kv2(const std::vector<VaultServer::Version>& versions, const std::string& query) {
  std::size_t number = versions.size();
  if (query.starts_with("version=")) number = std::stoul(query.substr(8));
  if (number == 0 || number > versions.size()) return errors(404, "");
  const VaultServer::Version& version = versions[number - 1];
  const bool gone = version.destroyed || !version.deletion_time.empty();
  const std::string body =
      R"({"request_id":"r","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":)" +
      (gone ? "null" : object(version.data)) +
      R"(,"metadata":{"created_time":"2026-01-01T00:00:00Z","custom_metadata":null,"deletion_time":")" +
      version.deletion_time + R"(","destroyed":)" + (version.destroyed ? "true" : "false") +
      ",\"version\":" + std::to_string(number) + "}},\"wrap_info\":null,\"warnings\":null}";
  return json(gone ? 404 : 200, body);
}

Answer read_secret(State& state, const std::string& path, const std::string& query) {
  if (state.denied_paths.contains(path))
    return errors(403, "1 error occurred:\\n\\t* permission denied\\n\\n");
  if (const auto found = state.kv2.find(path); found != state.kv2.end())
    return read_kv2(found->second, query);
  if (const auto found = state.kv1.find(path); found != state.kv1.end())
    return json(
        200, R"({"request_id":"r","lease_duration":2764800,"data":)" + object(found->second) + "}");
  for (const auto& [known, versions] : state.kv2) {
    // The store's mount without "data/" behind it.
    const std::string mount = known.substr(0, known.find("/data/"));
    if (path.starts_with(mount + "/") && !path.starts_with(mount + "/data/"))
      return json(
          404,
          R"({"errors":[],"warnings":["Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use."]})");
  }
  return errors(404, "");
}

Answer answer(State& state, const LocalServer::Request& request) {
  const std::string token = request.header("x-vault-token");
  if (request.header("x-vault-request") != "true")
    return errors(412, "required request header X-Vault-Request is missing");
  if (!state.redirect_to.empty()) {
    Answer redirect = json(307, "");
    redirect.headers.emplace_back("Location", state.redirect_to + request.path);
    return redirect;
  }
  if (state.sealed_answers > 0) {
    --state.sealed_answers;
    return errors(state.failing_status,
                  state.failing_status == 503 ? "Vault is sealed" : "not now");
  }
  if (!request.path.starts_with("/v1/")) return errors(404, "");
  const std::size_t mark = std::min(request.path.find('?'), request.path.size());
  const std::string path = request.path.substr(4, mark - 4);
  const std::string query = mark < request.path.size() ? request.path.substr(mark + 1) : "";
  if (request.header("x-vault-namespace") != state.name_space)
    return errors(403, "permission denied");

  if (path == "auth/approle/login") {
    if (!has_text(request.body, "role_id", state.role_id) ||
        !has_text(request.body, "secret_id", state.secret_id))
      return errors(400, "invalid role or secret ID");
    state.tokens.insert(state.login_token);
    return json(
        200,
        R"({"auth":{"client_token":")" + state.login_token +
            R"(","accessor":"a","policies":["default"],"lease_duration":1200,"renewable":true},"data":null})");
  }
  if (path == "sys/wrapping/unwrap") {
    const auto found = state.wrapped.find(token);
    if (found == state.wrapped.end())
      return errors(400, "wrapping token is not valid or does not exist");
    const std::string secret_id = found->second;
    state.wrapped.erase(found);
    return json(200, R"({"data":{"secret_id":")" + secret_id + R"(","secret_id_accessor":"b"}})");
  }
  if (!state.tokens.contains(token)) return errors(403, "permission denied");
  if (path == "auth/token/lookup-self") return json(200, R"({"data":{"ttl":100}})");
  if (path == "auth/token/revoke-self" && request.method == "POST") {
    state.tokens.erase(token);
    return {.status = 204};
  }
  return read_secret(state, path, query);
}

}  // namespace

VaultServer::VaultServer(State state) : state_(std::make_shared<State>(std::move(state))) {
  server_ = std::make_unique<LocalServer>(
      [shared = state_](const LocalServer::Request& request) { return answer(*shared, request); });
}

std::vector<std::string> VaultServer::log() const {
  std::vector<std::string> lines;
  for (const LocalServer::Request& request : server_->requests())
    lines.push_back(request.method + ' ' + request.path + ' ' + request.header("x-vault-token"));
  return lines;
}

}  // namespace envlock::test
