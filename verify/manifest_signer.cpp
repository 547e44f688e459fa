#include "verify/manifest_signer.hpp"

#include "model/error.hpp"
#include "model/pack_facts.hpp"

namespace envlock {

std::string manifest_signer(const MinisignPublicKey& key, std::string_view minisig_text,
                            std::string_view manifest_text) {
  if (minisig_text.empty()) {
    throw TrustError("the pack's manifest is not signed",
                     "make the pack with 'envlock pack --key', or leave --key out");
  }
  const std::string comment =
      verify_minisig(key, minisig_text, manifest_text, std::string(pack_path::manifest));
  return "key " + to_string(key.id) + (comment.empty() ? "" : ", " + comment);
}

}  // namespace envlock
