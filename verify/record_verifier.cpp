#include "verify/record_verifier.hpp"

#include <utility>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "verify/canonical_json.hpp"

namespace envlock {

RecordVerifier::RecordVerifier(KeyRule rule)
    : rule_(std::move(rule)), fingerprint_(rule_.fingerprint()) {}

RecordVerifier::Verdict RecordVerifier::judge(std::string_view record,
                                              std::string_view signatures) const {
  Verdict verdict;
  if (signatures.empty()) {
    verdict.reason = "not signed";
    return verdict;
  }
  if (record.size() > max_signed_record_bytes || signatures.size() > max_record_signatures_bytes) {
    verdict.reason = "record or signatures are too long to be judged";
    return verdict;
  }
  Quorum quorum{0, rule_.threshold};
  try {
    const std::optional<TrustSignatures> given = parse_trust_signatures(signatures);
    if (!given) {
      verdict.reason = "its signatures are no object";
      return verdict;
    }
    std::string canonical;
    for (const auto& [hex, signature] : *given) {
      const auto key = rule_.keys.find(hex);
      if (key == rule_.keys.end() || signature.other_headers) continue;
      if (canonical.empty()) canonical = canonical_json(record);
      if (!ed25519_verify(key->second, canonical, signature.signature)) continue;
      verdict.signers.push_back(hex);
      ++quorum.good;
    }
  } catch (const InputError& error) {
    verdict.signers.clear();
    verdict.reason = std::string("record or signatures are malformed: ") + error.what();
    return verdict;
  }
  verdict.enough = quorum.enough();
  verdict.reason = quorum.to_string();
  return verdict;
}

std::optional<std::string> signed_record_fault(std::string_view file_name, std::string_view subdir,
                                               std::string_view record) {
  std::string name;
  std::string version;
  std::string build;
  std::string folder;
  std::string sha256;
  try {
    const auto members = json_members(record);
    if (!members) return "the record is no object";
    for (const JsonMember& member : *members) {
      std::string* const field = member.key == "name"      ? &name
                                 : member.key == "version" ? &version
                                 : member.key == "build"   ? &build
                                 : member.key == "subdir"  ? &folder
                                 : member.key == "sha256"  ? &sha256
                                                           : nullptr;
      if (field != nullptr) *field = json_string(member.raw).value_or("");
    }
  } catch (const InputError& error) {
    return std::string("the record is malformed: ") + error.what();
  }
  const std::string said = name + '-' + version + '-' + build;
  if (file_name != said + ".conda" && file_name != said + ".tar.bz2") {
    return "the signed record is of '" + said + "', not of this file";
  }
  if (!subdir.empty() && folder != subdir) {
    return "the signed record is of the folder '" + folder + "', not of '" + std::string(subdir) +
           "'";
  }
  if (!Sha256::parse(sha256)) return "the signed record has no sha256";
  return std::nullopt;
}

}  // namespace envlock
