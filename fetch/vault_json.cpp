#include "fetch/vault_json.hpp"

#include <simdjson.h>

#include <algorithm>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_shown = 10;  ///< Errors, warnings, names of fields.

/// A parsed answer whose buffers are wiped when it goes.
class Answer {
 public:
  explicit Answer(std::string_view body) {
    if (body.size() > max_vault_answer_bytes) return;
    padded_.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    padded_ = body;
    capacity_ = std::max<std::size_t>(body.size(), 64);
    if (parser_.allocate(capacity_, max_depth) != simdjson::SUCCESS) throw std::bad_alloc();
    // Not copied once more: the padding has been reserved.
    valid_ = parser_.parse(padded_.data(), padded_.size(), false).get(root_) == simdjson::SUCCESS;
  }
  ~Answer() {
    wipe(padded_);
    // The strings of a simdjson document lie in one buffer of this size (dom::document::allocate).
    if (parser_.doc.string_buf)
      wipe({reinterpret_cast<char*>(parser_.doc.string_buf.get()), 5 * capacity_ / 3});
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  /// The object at the end of `path`; nothing where there is none.
  [[nodiscard]] std::optional<object> find(std::initializer_list<std::string_view> path) const {
    element at = root_;
    if (!valid_) return std::nullopt;
    for (const std::string_view key : path)
      if (at.get_object().at_key(key).get(at) != simdjson::SUCCESS) return std::nullopt;
    object found;
    if (at.get(found) != simdjson::SUCCESS) return std::nullopt;
    return found;
  }

 private:
  std::string padded_;
  std::size_t capacity_ = 0;
  simdjson::dom::parser parser_;
  element root_;
  bool valid_ = false;
};

std::vector<std::string> texts_at(const object& from, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array list;
  if (from.at_key(key).get(list) != simdjson::SUCCESS) return texts;
  for (const element item : list) {
    std::string_view text;
    if (texts.size() < max_shown && item.get(text) == simdjson::SUCCESS)
      texts.push_back(printable(trim(text), 300));
  }
  return texts;
}

/// Names of fields are no secrets, and the way to find a misspelt one.
std::string field_names(const object& data) {
  std::string names;
  std::size_t count = 0;
  for (const auto field : data) {
    if (++count > max_shown) return names + ", ...";
    names += (names.empty() ? "'" : ", '") + printable(field.key, 60) + "'";
  }
  return names.empty() ? "none" : names;
}

std::string_view text_field(const object& data, std::string_view field, const std::string& what) {
  element value;
  if (data.at_key(field).get(value) != simdjson::SUCCESS)
    throw TrustError(what + " has no field '" + std::string(field) + "'",
                     "its fields are: " + field_names(data));
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS)
    throw TrustError("the field '" + std::string(field) + "' of " + what + " is no text",
                     "store it as a string");
  if (text.empty())
    throw TrustError("the field '" + std::string(field) + "' of " + what + " is empty");
  return text;
}

std::optional<std::string> gone(const Answer& answer) {
  const auto metadata = answer.find({"data", "metadata"});
  if (!metadata) return std::nullopt;
  bool destroyed = false;
  if (metadata->at_key("destroyed").get(destroyed) == simdjson::SUCCESS && destroyed)
    return "was destroyed";
  std::string_view deleted;
  if (metadata->at_key("deletion_time").get(deleted) == simdjson::SUCCESS && !deleted.empty() &&
      !answer.find({"data", "data"}))
    return "was deleted at " + printable(deleted, 40);
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& what) {
  throw TrustError(what + ": the answer is not what a Vault server sends",
                   "check 'address' in envlock.yml");
}

}  // namespace

VaultComplaint parse_vault_complaint(std::string_view body) {
  const Answer answer(body);
  const auto root = answer.find({});
  if (!root) return {};
  return {texts_at(*root, "errors"), texts_at(*root, "warnings")};
}

VaultToken parse_vault_login(std::string_view body, const std::string& what) {
  const Answer answer(body);
  const auto auth = answer.find({"auth"});
  if (!auth) refuse(what);
  VaultToken result;
  result.token = Secret::take(std::string(text_field(*auth, "client_token", what)));
  std::uint64_t seconds = 0;
  if (auth->at_key("lease_duration").get(seconds) == simdjson::SUCCESS)
    result.lease = std::chrono::seconds(std::min<std::uint64_t>(seconds, 1U << 30U));
  return result;
}

Secret parse_vault_secret_id(std::string_view body, const std::string& what) {
  const Answer answer(body);
  const auto data = answer.find({"data"});
  if (!data) refuse(what);
  return Secret::take(std::string(text_field(*data, "secret_id", what)));
}

VaultSecret parse_vault_secret(std::string_view body, const VaultFields& fields,
                               const std::string& what) {
  const Answer answer(body);
  auto data = answer.find({"data"});
  if (!data) refuse(what);
  if (fields.kv == 2) {
    if (const auto why = gone(answer))
      throw TrustError(what + ": this version " + *why,
                       "write a new version, or name another with 'version' in envlock.yml");
    data = answer.find({"data", "data"});
    if (!data)
      throw TrustError(what + " is not of the key/value engine's version 2",
                       "where the mount is of version 1, add kv: 1 to 'vault' in envlock.yml");
  }
  VaultSecret secret;
  secret.value = Secret::take(std::string(text_field(*data, fields.field, what)));
  if (!fields.username_field.empty())
    secret.username = text_field(*data, fields.username_field, what);
  return secret;
}

std::optional<std::string> vault_version_gone(std::string_view body) { return gone(Answer(body)); }

}  // namespace envlock
