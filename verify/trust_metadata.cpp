#include "verify/trust_metadata.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "verify/canonical_json.hpp"
#include "verify/hex_bytes.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 2> envelope_keys{"signatures", "signed"};
constexpr std::array<std::string_view, 6> signed_keys{
    "delegations", "expiration", "metadata_spec_version", "timestamp", "type", "version"};
constexpr std::array<std::string_view, 2> rule_keys{"pubkeys", "threshold"};

/// A signature object, or nothing where it has another shape than the two that exist.
std::optional<TrustSignature> parse_signature(std::string_view json) {
  const auto members = json_members(json);
  if (!members) return std::nullopt;
  TrustSignature out;
  bool has_signature = false;
  bool has_see_also = false;
  for (const JsonMember& member : *members) {
    const std::optional<std::string> text = json_string(member.raw);
    if (!text) return std::nullopt;
    if (member.key == "signature") {
      const auto bytes = bytes_of_hex<64>(*text);
      if (!bytes) return std::nullopt;
      out.signature = *bytes;
      has_signature = true;
    } else if (member.key == "other_headers") {
      out.other_headers = text_of_hex(*text);
      if (!out.other_headers) return std::nullopt;
    } else if (member.key == "see_also") {  // the fingerprint of the OpenPGP key; not used
      if (!bytes_of_hex<20>(*text)) return std::nullopt;
      has_see_also = true;
    } else {
      return std::nullopt;
    }
  }
  if (!has_signature || (has_see_also && !out.other_headers)) return std::nullopt;
  return out;
}

/// Exactly YYYY-MM-DDTHH:MM:SSZ.
Instant read_time(const JsonNode& node) {
  const std::string_view text = node.view();
  const std::optional<Instant> time = text.size() == 20 ? parse_instant(text) : std::nullopt;
  if (!time || time->to_string() != text) node.fail_expected("a time like 2026-01-31T12:00:00Z");
  return *time;
}

KeyRule read_rule(const JsonNode& node) {
  const JsonObject object(node, rule_keys);
  KeyRule rule;
  object.at("pubkeys").for_each_item([&](const JsonNode& item) {
    const std::string_view hex = item.view();
    const auto key = bytes_of_hex<32>(hex);
    if (!key) item.fail_expected("a key of 64 lower-case hex digits");
    if (!rule.keys.emplace(hex, *key).second) item.fail("the key is given twice");
  });
  const JsonNode threshold = object.at("threshold");
  rule.threshold = threshold.unsigned_integer();
  if (rule.threshold == 0) threshold.fail_expected("a number from 1");
  return rule;
}

void read_signed(const JsonNode& node, TrustMetadata& out) {
  const JsonObject object(node, signed_keys);
  const JsonNode type = object.at("type");
  if (type.view() != to_string(out.role)) {
    type.fail_expected("'" + std::string(to_string(out.role)) + "'");
  }
  const JsonNode spec = object.at("metadata_spec_version");
  if (spec.view().substr(0, 4) != "0.6.") spec.fail_expected("version 0.6.0 of the format");
  out.expiration = read_time(object.at("expiration"));
  if (const auto timestamp = object.find("timestamp")) out.timestamp = read_time(*timestamp);
  if (const auto version = object.find("version")) {
    out.version = version->unsigned_integer();
    if (*out.version == 0) version->fail_expected("a number from 1");
  }
  if (!out.version && (out.role == TrustRole::root || !out.timestamp)) {
    node.fail("'version' is missing");
  }
  const JsonNode delegations = object.at("delegations");
  delegations.for_each_member([&](std::string_view name, const JsonNode& rule) {
    out.delegations.emplace(name, read_rule(rule));
  });
  const auto require = [&](std::string_view name) {
    if (!out.delegations.contains(name)) {
      delegations.fail("'" + std::string(name) + "' is missing");
    }
  };
  if (out.role == TrustRole::root) {
    require("root");
    require("key_mgr");
  } else {
    require("pkg_mgr");
  }
}

std::string_view member(const std::vector<JsonMember>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &JsonMember::key);
  if (found == members.end()) throw InternalError("trust metadata: a member vanished");
  return found->raw;
}

std::string openpgp_message(std::string_view canonical, std::string_view other_headers) {
  Sha256Hasher hasher;
  hasher.update(canonical);
  hasher.update(other_headers);
  const auto size = static_cast<std::uint32_t>(other_headers.size());
  const std::array<char, 6> trailer{'\x04',
                                    '\xff',
                                    static_cast<char>(size >> 24U),
                                    static_cast<char>((size >> 16U) & 0xFFU),
                                    static_cast<char>((size >> 8U) & 0xFFU),
                                    static_cast<char>(size & 0xFFU)};
  hasher.update(std::string_view(trailer.data(), trailer.size()));
  const Sha256 digest = hasher.finish();
  return {digest.bytes().begin(), digest.bytes().end()};
}

}  // namespace

std::string_view to_string(TrustRole role) noexcept {
  return role == TrustRole::root ? "root" : "key_mgr";
}

std::string KeyRule::fingerprint() const {
  std::string text = std::to_string(threshold);
  for (const auto& [hex, key] : keys) text += '\n' + hex;
  return sha256_of(text).hex();
}

std::optional<TrustSignatures> parse_trust_signatures(std::string_view json) {
  const auto members = json_members(json);
  if (!members) return std::nullopt;
  TrustSignatures out;
  for (const JsonMember& entry : *members) {
    if (!bytes_of_hex<32>(entry.key)) continue;
    if (const auto signature = parse_signature(entry.raw)) out.emplace(entry.key, *signature);
  }
  return out;
}

const KeyRule& TrustMetadata::rule(std::string_view delegated) const {
  const auto found = delegations.find(delegated);
  if (found == delegations.end()) {
    throw InternalError("no delegation '" + std::string(delegated) + "' in " + file);
  }
  return found->second;
}

TrustMetadata parse_trust_metadata(std::string_view text, TrustRole role, const std::string& file) {
  if (text.size() > max_trust_metadata_bytes) {
    throw TrustError(file + ": expected at most " + std::to_string(max_trust_metadata_bytes) +
                     " bytes of trust metadata, found " + std::to_string(text.size()));
  }
  TrustMetadata out;
  out.role = role;
  out.file = file;
  try {
    const JsonDocument document(text, file);
    const JsonNode root = document.root();
    const JsonObject envelope(root, envelope_keys);
    const JsonNode body = envelope.at("signed");
    read_signed(body, out);
    envelope.at("signatures").for_each_member([](std::string_view, const JsonNode&) {});
  } catch (const InputError& error) {
    throw TrustError(error.what(), error.hint());
  }
  try {
    const std::vector<JsonMember> members = json_members(text).value();
    out.canonical = canonical_json(member(members, "signed"));
    out.signatures = parse_trust_signatures(member(members, "signatures")).value();
  } catch (const InputError& error) {
    throw TrustError(file + ": " + error.what());
  }
  out.sha256 = sha256_of(out.canonical);
  return out;
}

std::string Quorum::to_string() const {
  return std::to_string(good) + " of " + std::to_string(needed) + " needed signature" +
         (needed == 1 ? " is good" : "s are good");
}

Quorum count_signatures(const TrustMetadata& metadata, const KeyRule& rule, SignatureForm form) {
  Quorum quorum{0, rule.threshold};
  for (const auto& [hex, key] : rule.keys) {
    const auto found = metadata.signatures.find(hex);
    if (found == metadata.signatures.end()) continue;
    const TrustSignature& signature = found->second;
    const bool is_openpgp = signature.other_headers.has_value();
    if (is_openpgp != (form == SignatureForm::openpgp)) continue;
    const bool good =
        is_openpgp
            ? ed25519_verify(key, openpgp_message(metadata.canonical, *signature.other_headers),
                             signature.signature)
            : ed25519_verify(key, metadata.canonical, signature.signature);
    if (good) ++quorum.good;
  }
  return quorum;
}

}  // namespace envlock
