#include "verify/manifest_signer.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/pack_facts.hpp"

namespace envlock {

std::string manifest_signer(const MinisignPublicKey& key, std::string_view minisig_text,
                            std::string_view manifest_text) {
  if (minisig_text.empty()) {
    throw TrustError("the pack's manifest is not signed",
                     "make the pack with 'envlock pack --key', or leave --key out");
  }
  return told_signer(
      key, verify_minisig(key, minisig_text, manifest_text, std::string(pack_path::manifest)));
}

std::string told_signer(const MinisignPublicKey& key, std::string comment) {
  // minisign puts tabs between the parts of its own comments.
  std::ranges::replace(comment, '\t', ' ');
  return "key " + to_string(key.id) + (comment.empty() ? "" : ", " + comment);
}

}  // namespace envlock
