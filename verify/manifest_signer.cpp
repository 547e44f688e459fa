#include "verify/manifest_signer.hpp"

#include <algorithm>
#include <filesystem>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/shell_word.hpp"

namespace envlock {

std::string manifest_signer(const MinisignPublicKey& key, std::string_view minisig_text,
                            std::string_view manifest_text) {
  if (minisig_text.empty()) {
    throw TrustError(
        "the pack's manifest is not signed",
        "have it made with 'envlock pack --key' where it is packed, or leave --key out");
  }
  return told_signer(
      key, verify_minisig(key, minisig_text, manifest_text, std::string(pack_path::manifest)));
}

std::string told_unchecked_signature(std::string_view minisig_text, const std::string& pack) {
  if (!minisig_text.empty())
    return "it is signed, and that was not checked: give the signer's key, --key KEY.pub";
  std::error_code error;
  const std::string beside = pack + ".minisig";
  if (pack.empty() || pack == "-" || !std::filesystem::exists(beside, error)) return {};
  return "there is a signature, '" + beside +
         "', which was not checked: minisign -V -p KEY.pub -m " + shell_word(pack);
}

std::string told_signer(const MinisignPublicKey& key, std::string comment) {
  // minisign puts tabs between the parts of its own comments.
  std::ranges::replace(comment, '\t', ' ');
  return "key " + to_string(key.id) + (comment.empty() ? "" : ", " + comment);
}

}  // namespace envlock
