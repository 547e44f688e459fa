#include "fetch/vault.hpp"

#include <algorithm>
#include <utility>

#include "fetch/deadline.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr unsigned max_redirects = 2;
constexpr std::chrono::seconds revoke_patience{5};

std::string encode_path(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (!out.empty()) out += '/';
    out += percent_encode_segment(path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// A JSON object of texts, one of them secret.
std::shared_ptr<const Secret> body_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::size_t size = 16;
  for (const auto& [key, value] : members) size += key.size() + 6 * value.size() + 8;
  std::string text;
  text.reserve(size);  // growing would leave copies behind
  text = "{";
  for (const auto& [key, value] : members) {
    if (text.size() > 1) text += ',';
    text.append("\"").append(key).append("\":\"");
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;  // control characters have been refused
    }
    text += '"';
  }
  text += '}';
  return std::make_shared<const Secret>(Secret::take(text));
}

bool is_transient(int status) noexcept {
  return status == 412 || status == 429 || status == 500 || status == 502 || status == 503;
}

std::string meaning_of(int status) {
  switch (status) {
    case 412:
      return "is a replica that is behind";
    case 429:
      return "is a standby, or asks for fewer requests";
    case 472:
    case 473:
      return "is a standby that does not serve secrets";
    case 501:
      return "is not initialised";
    case 503:
      return "is sealed, or down for maintenance";
    default:
      return "cannot serve the request";
  }
}

std::string hint_of(int status) {
  if (status == 503) return "ask who runs it to unseal it, then try again";
  if (status == 472 || status == 473 || status == 429)
    return "write the address of the active server, or of the cluster, into envlock.yml";
  return "try again later";
}

/// What the server itself says, in brackets.
std::string server_words(std::string_view body) {
  const VaultComplaint complaint = parse_vault_complaint(body);
  std::string words;
  for (const auto* list : {&complaint.errors, &complaint.warnings})
    for (const std::string& text : *list) words += (words.empty() ? "" : "; ") + text;
  return words.empty() ? "" : " (" + words + ")";
}

}  // namespace

struct VaultSession::Call {
  std::string path;  ///< Below "/v1/", encoded.
  std::string query = {};
  const Secret* token = nullptr;
  std::shared_ptr<const Secret> body = {};  ///< With it, a POST.
};

std::string describe_vault(const VaultRule& rule) {
  return "Vault's '" + rule.mount + '/' + rule.path + "' at " + rule.address.to_string();
}

VaultSession::VaultSession(HttpClient& http, const VaultRule& rule, VaultProof proof,
                           std::function<void(std::string_view)> on_secret, RetryPolicy retry,
                           std::chrono::milliseconds patience)
    : http_(http),
      server_(rule),
      proof_(std::move(proof)),
      on_secret_(std::move(on_secret)),
      retry_(retry),
      patience_(patience) {}

std::shared_ptr<const Credential> VaultSession::header_for(const Secret& token,
                                                           const Url& origin) const {
  return std::make_shared<const Credential>(
      Credential{.kind = Credential::Kind::header,
                 .name = "X-Vault-Token",
                 .secret = Secret::take(std::string(token.reveal())),
                 .origin = origin});
}

Url VaultSession::next_server(const std::string& location, const Url& from) const {
  const auto to = Url::parse(std::string_view(location).substr(0, location.find('?')));
  const bool known = to && !to->has_credentials() && to->scheme() == from.scheme() &&
                     (to->origin() == server_.address.origin() ||
                      std::ranges::any_of(server_.standby, [&](const Url& standby) {
                        return standby.origin() == to->origin();
                      }));
  if (known) return *to;
  const std::string where = to ? to->origin() : "what is no address";
  throw TrustError("the Vault server " + from.origin() + " redirects to " + where +
                       ", which envlock.yml does not name",
                   "if it is of the same cluster, add it to 'vault' of the channel's credentials: "
                   "standby: [" +
                       (to ? to->origin() : "https://...") + "]");
}

VaultSession::Reply VaultSession::send_once(const Call& call, const std::stop_token& stop) {
  HttpRequest request{.url = server_.address.join("v1/" + call.path)};
  request.headers.emplace_back("X-Vault-Request", "true");
  if (!server_.namespace_path.empty())
    request.headers.emplace_back("X-Vault-Namespace", server_.namespace_path);
  request.query = call.query;
  request.body = call.body;
  request.follow_redirects = false;
  request.max_body_bytes = max_vault_answer_bytes;
  for (unsigned redirects = 0;; ++redirects) {
    if (call.token != nullptr) request.credential = header_for(*call.token, request.url);
    HttpResponse response = http_.get(request, stop);
    if (response.status() == 307 && redirects < max_redirects) {
      request.url = next_server(response.headers().location, request.url);
      response.discard();
      continue;
    }
    Reply reply{.status = response.status(),
                .url = response.final_url(),
                .body = {},
                .retry_after = response.retry_after()};
    std::string body;
    body.reserve(std::min<std::uint64_t>(response.headers().content_length.value_or(65536),
                                         max_vault_answer_bytes));
    for (auto bytes = response.read(); !bytes.empty(); bytes = response.read())
      body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    reply.body = Secret::take(body);
    return reply;
  }
}

VaultSession::Reply VaultSession::send(const Call& call, const std::stop_token& stop) {
  const Deadline deadline(patience_, stop);
  try {
    return with_retries(retry_, deadline.token(), [&] { return judged(call, deadline.token()); });
  } catch (const Interrupted&) {
    if (stop.stop_requested()) throw;
    throw NetworkError("the Vault server " + server_.address.to_string() +
                           " did not answer within " + std::to_string(patience_.count() / 1000) +
                           " seconds",
                       "try again later, or check 'address' in envlock.yml");
  }
}

VaultSession::Reply VaultSession::judged(const Call& call, const std::stop_token& stop) {
  Reply reply = send_once(call, stop);
  const bool is_about_request = reply.status == 400 || reply.status == 403 || reply.status == 404;
  if (reply.status < 300 || is_about_request) return reply;
  const std::string message = "the Vault server " + server_.address.to_string() + ' ' +
                              meaning_of(reply.status) + ": HTTP " + std::to_string(reply.status) +
                              server_words(reply.body.reveal());
  if (is_transient(reply.status))
    throw TransientError(message, hint_of(reply.status), reply.retry_after);
  throw NetworkError(message, hint_of(reply.status));
}

Secret VaultSession::unwrap(const std::stop_token& stop) {
  const std::string what = "unwrapping the secret_id for " + server_.address.to_string();
  const Call call{.path = "sys/wrapping/unwrap",
                  .token = proof_.secret_id.get(),
                  .body = std::make_shared<const Secret>(Secret::take(std::string("{}")))};
  // Once only: whether a lost answer had used the token up, nobody could tell.
  const Reply reply = send_once(call, stop);
  if (reply.status == 200) return parse_vault_secret_id(reply.body.reveal(), what);
  const std::string words = server_words(reply.body.reveal());
  if (reply.status == 400 || reply.status == 403 || reply.status == 404)
    throw TrustError(what + " failed: the wrapping token was used before, or has expired" + words,
                     "unless you used it yourself, treat it as stolen: revoke the secret_id's "
                     "accessor, look into Vault's audit log, and issue a new one");
  throw NetworkError("the Vault server " + server_.address.to_string() + ' ' +
                         meaning_of(reply.status) + ": HTTP " + std::to_string(reply.status) +
                         words,
                     hint_of(reply.status));
}

void VaultSession::log_in(const std::stop_token& stop) {
  if (server_.login.method == VaultLogin::Method::token) {
    token_ = proof_.token;
    return;
  }
  const std::string what = "the AppRole login at " + server_.address.to_string();
  if (proof_.wrapped) {
    auto unwrapped = std::make_shared<const Secret>(unwrap(stop));
    on_secret_(unwrapped->reveal());
    proof_.secret_id = std::move(unwrapped);
    proof_.wrapped = false;  // it was good for once
  }
  const Reply reply = send(
      {.path = "auth/" + encode_path(server_.login.approle_mount) + "/login",
       .body = body_of({{"role_id", proof_.role_id}, {"secret_id", proof_.secret_id->reveal()}})},
      stop);
  if (reply.status != 200)
    throw TrustError(what + " was refused: HTTP " + std::to_string(reply.status) +
                         server_words(reply.body.reveal()),
                     "the role_id or secret_id is wrong, used up or expired, or 'mount' of "
                     "'approle' is another; issue a new secret_id");
  VaultToken login = parse_vault_login(reply.body.reveal(), what);
  on_secret_(login.token.reveal());
  token_ = std::make_shared<const Secret>(std::move(login.token));
  is_own_token_ = true;
}

VaultSecret VaultSession::read(const VaultRule& rule, const std::stop_token& stop) {
  if (!token_) log_in(stop);
  Call call{
      .path = encode_path(rule.mount) + (rule.kv == 2 ? "/data/" : "/") + encode_path(rule.path),
      .token = token_.get()};
  if (rule.version) call.query = "version=" + std::to_string(*rule.version);
  const Reply reply = send(call, stop);
  if (reply.status != 200) deny_read(rule, reply, stop);
  VaultSecret secret = parse_vault_secret(
      reply.body.reveal(),
      {.kv = rule.kv, .field = rule.field, .username_field = rule.username_field},
      describe_vault(rule));
  on_secret_(secret.value.reveal());
  return secret;
}

void VaultSession::deny_read(const VaultRule& rule, const Reply& reply,
                             const std::stop_token& stop) {
  const std::string what = describe_vault(rule);
  const std::string_view body = reply.body.reveal();
  const std::string http = ": HTTP " + std::to_string(reply.status) + server_words(body);
  if (reply.status == 403) {
    // Vault answers the same to an expired token and to one that lacks a policy; any living token
    // may look at itself.
    const bool alive =
        send({.path = "auth/token/lookup-self", .token = token_.get()}, stop).status == 200;
    if (!alive)
      throw TrustError(
          "the Vault server " + rule.address.to_string() + " does not know the token" + http,
          is_own_token_ ? "it has expired meanwhile: try again"
                        : "it has expired or was revoked: issue a new one");
    throw TrustError(what + " may not be read with this login" + http,
                     "give the token a policy with: path \"" + rule.mount +
                         (rule.kv == 2 ? "/data/" : "/") + rule.path +
                         "\" { capabilities = [\"read\"] }");
  }
  if (const auto why = vault_version_gone(body))
    throw TrustError(what + ": this version " + *why,
                     "write a new version, or name another with 'version' in envlock.yml");
  std::string hint = "look with: vault kv get -mount=" + rule.mount + ' ' + rule.path;
  if (rule.kv == 2 && rule.path.starts_with("data/"))
    hint = "write 'path' without 'data/': envlock adds it for kv: 2";
  else if (rule.kv == 2)
    hint += "; where the mount is of version 1, add kv: 1";
  else
    hint += "; where the mount is of version 2, take kv: 1 out";
  throw TrustError(what + " is not there" + http, hint);
}

std::string VaultSession::revoke() noexcept try {
  if (!is_own_token_ || !token_) return {};
  is_own_token_ = false;
  const auto token = std::exchange(token_, nullptr);
  const Deadline deadline(revoke_patience);
  const Reply reply =
      send_once({.path = "auth/token/revoke-self",
                 .token = token.get(),
                 .body = std::make_shared<const Secret>(Secret::take(std::string("{}")))},
                deadline.token());
  if (reply.status < 300) return {};
  return "the Vault server " + server_.address.to_string() +
         " did not revoke envlock's token: HTTP " + std::to_string(reply.status) +
         server_words(reply.body.reveal()) + "; it lives until its lease ends";
} catch (const std::exception&) {
  return "envlock's token could not be revoked at the Vault server; it lives until its lease ends";
}

}  // namespace envlock
