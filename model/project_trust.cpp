#include "model/project_trust.hpp"

#include <algorithm>
#include <array>

#include "model/project_paths.hpp"
#include "model/text.hpp"
#include "model/time.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> channel_keys = {
    "attestations", "minimum_age", "root", "root_sha256", "signatures", "trust_url"};
constexpr std::array<std::string_view, 2> attestation_keys = {"keys", "require"};
constexpr std::size_t max_attestation_keys = 64;

std::string quoted(std::string_view text) {
  return '\'' + printable(redact_urls(text), 100) + '\'';
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

SignaturePolicy read_signatures(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "'signatures'");
  if (text == "require") return SignaturePolicy::require;
  if (text == "if-present") return SignaturePolicy::if_present;
  throw InputError(in.place(node), quoted(text) + " is no rule for signatures",
                   "write require or if-present, or leave the line out");
}

Url read_trust_url(const YamlReader& in, const YamlNode& node) {
  const std::string text = in.text(node, "'trust_url'");
  const std::optional<Url> url = Url::parse(text);
  if (!url)
    throw InputError(in.place(node), quoted(text) + " is no URL",
                     "write for example https://repo.example.org/trust, or file:///path");
  if (url->has_credentials())
    throw InputError(in.place(node), quoted(text) + " carries a login, which no file may hold",
                     "leave it out here; docs/credentials.md says where it goes");
  return *url;
}

/// The form alone: what is counted from is the moment of the run.
std::string read_minimum_age(const YamlReader& in, const YamlNode& node) {
  std::string text = in.text(node, "'minimum_age'");
  const std::string hint = "write an age such as 7d, 2w or P7D";
  try {
    // An age moves with the moment that it is counted from; a date does not.
    const Instant a = parse_exclude_newer(text, {0}).cutoff;
    const Instant b = parse_exclude_newer(text, {1'000}).cutoff;
    if (a.ms <= 0 && b.ms - a.ms == 1'000) return text;
  } catch (const InputError&) {
    throw InputError(in.place(node), "'minimum_age': " + quoted(text) + " is no age", hint);
  }
  throw InputError(in.place(node), "'minimum_age': " + quoted(text) + " is a date, not an age",
                   hint);
}

bool is_hex_key(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// 32 bytes: 43 digits, of which the last holds four bits, and one '='.
bool is_base64_key(std::string_view text) {
  return text.size() == 44 && text.back() == '=' &&
         std::string_view("AEIMQUYcgkosw048").find(text[42]) != std::string_view::npos &&
         std::ranges::all_of(text.substr(0, 43),
                             [](char c) { return is_alnum(c) || c == '+' || c == '/'; });
}

AttestationRule::Key read_attestation_key(const YamlReader& in, const YamlNode& node) {
  AttestationRule::Key key{in.text(node, "a key"), false, in.place(node)};
  if (is_hex_key(key.text) || is_base64_key(key.text)) return key;
  if (!key.text.ends_with(".pem"))
    throw InputError(key.place, quoted(key.text) + " is no public Ed25519 key",
                     "write its 64 lower-case hex digits, the base64 of its 32 bytes, or the path "
                     "of a .pem file");
  key.text = require_input_path(key.text, key.place);
  key.is_file = true;
  return key;
}

AttestationRule read_attestations(const YamlReader& in, const YamlEntry& entry) {
  AttestationRule rule;
  for (const YamlEntry& item : in.mapping(entry.value, "'attestations'")) {
    if (item.key == "keys") {
      for (const YamlNode* const node : in.list(item.value, "'keys'")) {
        AttestationRule::Key key = read_attestation_key(in, *node);
        if (std::ranges::count(rule.keys, key.text, &AttestationRule::Key::text) != 0)
          throw InputError(key.place, "the key " + quoted(key.text) + " is listed twice");
        rule.keys.push_back(std::move(key));
      }
    } else if (item.key == "require") {
      rule.required = in.boolean(item.value, "'require'");
    } else {
      in.refuse_key(item, "'attestations'", attestation_keys);
    }
  }
  if (rule.keys.empty() || rule.keys.size() > max_attestation_keys)
    throw InputError(in.place(entry),
                     "'attestations' needs 1 to " + std::to_string(max_attestation_keys) + " keys",
                     "write attestations: {keys: [keys/acme.pem], require: true}");
  return rule;
}

}  // namespace

std::string_view to_string(SignaturePolicy policy) noexcept {
  switch (policy) {
    case SignaturePolicy::require:
      return "require";
    case SignaturePolicy::if_present:
      return "if-present";
    case SignaturePolicy::not_looked_at:
      break;
  }
  return "not looked at";
}

bool read_trust_key(const YamlReader& in, const YamlEntry& entry, TrustRule& rule) {
  const YamlNode& value = entry.value;
  if (entry.key == "signatures") {
    rule.signatures = read_signatures(in, value);
  } else if (entry.key == "root") {
    rule.root = require_input_path(in.text(value, "'root'"), in.place(value));
  } else if (entry.key == "root_sha256") {
    const std::string text = in.text(value, "'root_sha256'");
    rule.root_sha256 = Sha256::parse(text);
    if (!rule.root_sha256)
      throw InputError(in.place(value), quoted(text) + " is no sha256",
                       "write the 64 hex digits that 'sha256sum " +
                           std::string(rule.root.empty() ? "ROOT.json" : rule.root) + "' prints");
  } else if (entry.key == "trust_url") {
    rule.trust_url = read_trust_url(in, value);
  } else if (entry.key == "minimum_age") {
    rule.minimum_age = read_minimum_age(in, value);
  } else if (entry.key == "attestations") {
    rule.attestations = read_attestations(in, entry);
  } else {
    return false;
  }
  return true;
}

void check_trust_rule(const TrustRule& rule, const SourcePlace& place) {
  if (rule.looks_at_signatures() && rule.root.empty())
    throw InputError(place, "'signatures' needs a 'root': whose signatures count",
                     "write root: PATH of a root that you have from somewhere else than the "
                     "channel (docs/trust.md)");
  if (!rule.looks_at_signatures() && (!rule.root.empty() || rule.root_sha256 || rule.trust_url))
    throw InputError(place, "'root', 'root_sha256' and 'trust_url' do nothing without 'signatures'",
                     "add signatures: require (or if-present)");
}

std::span<const std::string_view> trust_keys(std::string_view section) noexcept {
  if (section == "channel") return channel_keys;
  if (section == "attestations") return attestation_keys;
  return {};
}

}  // namespace envlock
