#include "verify/attestation.hpp"

#include <optional>
#include <vector>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "verify/base64.hpp"

namespace envlock {

namespace {

using Kind = AttestationVerdict::Kind;

constexpr std::size_t max_attestations = 32;
constexpr std::size_t max_signatures = 32;
constexpr JsonLimits limits{.max_bytes = std::size_t{1} << 20U,
                            .max_depth = 32,
                            .max_items = 1000,
                            .max_text_bytes = std::size_t{1} << 20U};

constexpr std::string_view payload_type = "application/vnd.in-toto+json";
constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";
constexpr std::string_view predicate_type =
    "https://schemas.conda.org/attestations-publish-1.schema.json";

AttestationVerdict refused(std::string reason) { return {Kind::refused, {}, std::move(reason)}; }

/// The members that count; DSSE says that others are ignored.
struct Envelope {
  std::optional<std::string> type, payload;
  std::vector<std::string> signatures;
  bool is_bundle = false;
};

Envelope read_envelope(const JsonNode& node) {
  Envelope envelope;
  node.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "verificationMaterial" || key == "dsseEnvelope" || key == "messageSignature" ||
        (key == "mediaType" && value.view().starts_with("application/vnd.dev.sigstore.bundle")))
      envelope.is_bundle = true;
    if (key == "payloadType") envelope.type = value.text();
    if (key == "payload") {
      envelope.payload = bytes_of_any_base64(value.view());
      if (!envelope.payload) value.fail_expected("base64");
    }
    if (key != "signatures") return;
    if (value.item_count() > max_signatures) value.fail("more signatures than are looked at");
    value.for_each_item([&](const JsonNode& item) {
      item.for_each_member([&](std::string_view name, const JsonNode& text) {
        if (name != "sig") return;
        const auto signature = bytes_of_any_base64(text.view());
        if (!signature) text.fail_expected("base64");
        envelope.signatures.push_back(*signature);
      });
    });
  });
  return envelope;
}

/// A statement of in-toto as CEP 27 limits it.
struct Statement {
  std::string type, predicate;
  std::size_t subjects = 0;
  std::string name;
  std::size_t digests = 0;
  std::string sha256;
  std::optional<std::string> target_channel;
};

bool is_null(const JsonNode& node) { return node.kind() == JsonNode::Kind::null; }

Statement read_statement(const JsonNode& root) {
  Statement statement;
  root.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "_type") statement.type = value.text();
    if (key == "predicateType") statement.predicate = value.text();
    if (key == "subject") {
      statement.subjects = value.item_count();
      value.for_each_item([&](const JsonNode& subject) {
        subject.for_each_member([&](std::string_view name, const JsonNode& member) {
          if (name == "name") statement.name = member.text();
          if (name != "digest") return;
          member.for_each_member([&](std::string_view algorithm, const JsonNode& hex) {
            ++statement.digests;
            if (algorithm == "sha256") statement.sha256 = hex.text();
          });
        });
      });
    }
    if (key == "predicate" && !is_null(value)) {
      value.for_each_member([&](std::string_view name, const JsonNode& member) {
        if (name != "targetChannel") member.fail("CEP 27 knows 'targetChannel' alone");
        statement.target_channel = member.text();
      });
      // CEP 27: a predicate that is there MUST name it.
      if (!statement.target_channel) value.fail("the key 'targetChannel' is missing");
    }
  });
  return statement;
}

/// What a statement that was signed says wrong; nothing where it says what was asked.
std::optional<std::string> statement_fault(const Statement& statement,
                                           const AttestationQuestion& question) {
  if (statement.type != statement_type)
    return "it is no in-toto statement v1, but '" + statement.type + "'";
  if (statement.predicate != predicate_type)
    return "its predicate type is '" + statement.predicate + "', not that of CEP 27";
  if (statement.subjects != 1)
    return "it has " + std::to_string(statement.subjects) + " subjects, where CEP 27 wants one";
  if (statement.name != question.file_name) return "it is of '" + statement.name + "'";
  if (statement.digests != 1 || statement.sha256.empty())
    return "its subject must have one digest, a sha256";
  if (statement.sha256 != question.sha256.hex())
    return "it is of the sha256 " + statement.sha256 + ", the lock has " + question.sha256.hex();
  if (!statement.target_channel || question.is_mirror) return std::nullopt;
  std::string_view target = *statement.target_channel;
  if (target.ends_with('/')) target.remove_suffix(1);
  if (target != question.channel_url)
    return "it was published for the channel '" + std::string(target) + "'";
  return std::nullopt;
}

AttestationVerdict judge_one(const JsonNode& node, const std::string& source,
                             const AttestationQuestion& question,
                             std::span<const AttestationKey> keys) {
  const Envelope envelope = read_envelope(node);
  if (envelope.is_bundle)
    return {Kind::unverified, {}, "it is a Sigstore bundle, which envlock does not verify"};
  if (!envelope.type || !envelope.payload || envelope.signatures.empty())
    return refused("it is no DSSE envelope: payload, payloadType and signatures are needed");
  const std::string signed_bytes = dsse_signed_bytes(*envelope.type, *envelope.payload);
  const AttestationKey* signer = nullptr;
  for (const AttestationKey& key : keys) {
    for (const std::string& signature : envelope.signatures) {
      if (signer == nullptr && key.verifies(signed_bytes, signature)) signer = &key;
    }
  }
  if (signer == nullptr) return refused("none of its signatures is by a key that envlock.yml pins");
  if (*envelope.type != payload_type)
    return refused("its payload is '" + *envelope.type + "', not an in-toto statement");
  const JsonDocument statement(*envelope.payload, source + " (payload)", limits);
  if (auto fault = statement_fault(read_statement(statement.root()), question))
    return refused(std::move(*fault));
  return {Kind::verified, signer->name(), {}};
}

}  // namespace

std::string dsse_signed_bytes(std::string_view type, std::string_view payload) {
  std::string bytes = "DSSEv1 " + std::to_string(type.size()) + ' ';
  bytes.append(type).append(" ").append(std::to_string(payload.size())).append(" ");
  return bytes.append(payload);
}

AttestationVerdict judge_attestations(std::string_view document, const std::string& source,
                                      const AttestationQuestion& question,
                                      std::span<const AttestationKey> keys) {
  std::optional<AttestationVerdict> best;
  const auto judge = [&](const JsonNode& node) {
    if (best && best->kind == Kind::verified) return;
    AttestationVerdict verdict;
    try {
      verdict = judge_one(node, source, question, keys);
    } catch (const InputError& malformed) {
      verdict = refused(malformed.what());
    }
    // What is wrong says more than what cannot be told.
    if (!best || verdict.kind == Kind::verified || best->kind == Kind::unverified) best = verdict;
  };
  try {
    const JsonDocument parsed(document, source, limits);
    const JsonNode root = parsed.root();
    if (root.kind() == JsonNode::Kind::list) {
      if (root.item_count() > max_attestations)
        root.fail("more attestations than the 32 that are looked at");
      root.for_each_item(judge);
    } else {
      judge(root);
    }
  } catch (const Error& malformed) {
    return refused(malformed.what());
  }
  return best.value_or(refused("'" + source + "' holds no attestation"));
}

}  // namespace envlock
