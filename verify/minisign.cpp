#include "verify/minisign.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/error.hpp"
#include "model/text.hpp"
#include "verify/base64.hpp"

namespace envlock {
namespace {

constexpr std::string_view untrusted_prefix = "untrusted comment: ";
constexpr std::string_view trusted_prefix = "trusted comment: ";
constexpr std::string_view legacy_algorithm = "Ed";  // in keys always
constexpr std::string_view prehashed_algorithm = "ED";
constexpr std::size_t algorithm_bytes = 2;

template <std::size_t Size>
std::string_view text_of(const std::array<std::byte, Size>& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), Size};
}

template <std::size_t Size>
std::array<std::byte, Size> bytes_at(std::string_view text, std::size_t at) {
  std::array<std::byte, Size> bytes{};
  std::ranges::transform(text.substr(at, Size), bytes.begin(),
                         [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

/// The lines, each ended by "\n"; the last one may lack it.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::optional<MinisignPublicKey> read_public_key(std::string_view text) {
  if (text.size() > max_minisig_bytes) return std::nullopt;
  std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() == 2 && lines.front().starts_with(untrusted_prefix)) lines.erase(lines.begin());
  if (lines.size() != 1) return std::nullopt;
  const std::optional<std::string> bytes = bytes_of_base64(lines.front());
  MinisignPublicKey key;
  if (!bytes || bytes->size() != algorithm_bytes + key.id.size() + key.key.size() ||
      !bytes->starts_with(legacy_algorithm)) {
    return std::nullopt;
  }
  key.id = bytes_at<8>(*bytes, algorithm_bytes);
  key.key = bytes_at<32>(*bytes, algorithm_bytes + key.id.size());
  return key;
}

/// @return what is wrong, or nothing
std::string read_minisig(std::string_view text, MinisignSignature& signature) {
  if (text.size() > max_minisig_bytes) return "it has more than 16 KiB";
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() != 4) return "expected four lines, found " + std::to_string(lines.size());
  if (!lines[0].starts_with(untrusted_prefix)) return "line 1 is no untrusted comment";
  if (!lines[2].starts_with(trusted_prefix)) return "line 3 is no trusted comment";
  signature.untrusted_comment = lines[0].substr(untrusted_prefix.size());
  signature.trusted_comment = lines[2].substr(trusted_prefix.size());
  if (!is_minisign_comment(signature.untrusted_comment) ||
      !is_minisign_comment(signature.trusted_comment)) {
    return "a comment has control characters, is no UTF-8 or longer than 8000 bytes";
  }
  const std::optional<std::string> bytes = bytes_of_base64(lines[1]);
  if (!bytes ||
      bytes->size() != algorithm_bytes + signature.key_id.size() + signature.signature.size()) {
    return "line 2 is no base64 of 74 bytes";
  }
  signature.prehashed = bytes->starts_with(prehashed_algorithm);
  if (!signature.prehashed && !bytes->starts_with(legacy_algorithm)) {
    return "line 2 names an algorithm that is neither 'ED' nor 'Ed'";
  }
  signature.key_id = bytes_at<8>(*bytes, algorithm_bytes);
  signature.signature = bytes_at<64>(*bytes, algorithm_bytes + signature.key_id.size());
  const std::optional<std::string> global = bytes_of_base64(lines[3]);
  if (!global || global->size() != signature.global_signature.size()) {
    return "line 4 is no base64 of 64 bytes";
  }
  signature.global_signature = bytes_at<64>(*global, 0);
  return {};
}

}  // namespace

std::string to_string(const MinisignKeyId& id) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = id.size(); i-- > 0;) {  // a little-endian number
    text += digits[std::to_integer<std::size_t>(id[i] >> 4U)];
    text += digits[std::to_integer<std::size_t>(id[i] & std::byte{15})];
  }
  return text;
}

std::string MinisignPublicKey::base64() const {
  return base64_of(std::string(legacy_algorithm).append(text_of(id)).append(text_of(key)));
}

std::string MinisignPublicKey::file_text() const {
  return std::string(untrusted_prefix) + "minisign public key " + to_string(id) + '\n' + base64() +
         '\n';
}

MinisignPublicKey parse_minisign_public_key(std::string_view text, const std::string& what) {
  const std::optional<MinisignPublicKey> key = read_public_key(text);
  if (!key) {
    throw InputError("'" + what + "' is no minisign public key",
                     "it is the .pub file of 'envlock keygen' or 'minisign -G', or the one line of "
                     "56 characters in it that begins with RW");
  }
  return *key;
}

std::string MinisignSignature::file_text() const {
  const std::string_view algorithm = prehashed ? prehashed_algorithm : legacy_algorithm;
  const std::string first =
      std::string(algorithm).append(text_of(key_id)).append(text_of(signature));
  return std::string(untrusted_prefix) + untrusted_comment + '\n' + base64_of(first) + '\n' +
         std::string(trusted_prefix) + trusted_comment + '\n' +
         base64_of(text_of(global_signature)) + '\n';
}

MinisignSignature parse_minisig(std::string_view text, const std::string& file) {
  MinisignSignature signature;
  const std::string fault = read_minisig(text, signature);
  if (!fault.empty()) {
    throw TrustError("'" + file + "' is no minisign signature: " + fault,
                     "fetch the .minisig file again from whoever signed");
  }
  return signature;
}

bool is_minisign_comment(std::string_view text) noexcept {
  return text.size() <= max_trusted_comment_bytes && is_utf8(text) &&
         std::ranges::none_of(text, [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
         });
}

std::string globally_signed(const Ed25519Signature& signature, std::string_view trusted_comment) {
  return std::string(text_of(signature)).append(trusted_comment);
}

MinisignCheck::MinisignCheck(const MinisignPublicKey& key, MinisignSignature signature,
                             std::string what)
    : key_(key), signature_(std::move(signature)), what_(std::move(what)) {
  if (signature_.key_id != key_.id) {
    throw TrustError("'" + what_ + "' was signed with another key: expected " + to_string(key_.id) +
                         ", found " + to_string(signature_.key_id),
                     "give the public key of whoever signed, if you trust them");
  }
}

void MinisignCheck::update(std::span<const std::byte> bytes) {
  if (signature_.prehashed) {
    hash_.update(bytes);
    return;
  }
  if (bytes.size() > max_legacy_bytes - legacy_.size()) {
    throw TrustError("'" + what_ +
                         "' has a signature of minisign's legacy form, which is read for "
                         "files up to 64 MiB",
                     "have it signed again: 'envlock sign', or 'minisign -S' without -l");
  }
  legacy_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string MinisignCheck::finish() {
  bool good = false;
  if (signature_.prehashed) {
    MinisignDigest digest{};
    hash_.finish(digest);
    good = ed25519_verify(key_.key, digest, signature_.signature);
  } else {
    good = ed25519_verify(key_.key, legacy_, signature_.signature);
  }
  if (!good) {
    throw TrustError("the signature of '" + what_ + "' does not fit its content (key " +
                         to_string(key_.id) + ")",
                     "the file or its .minisig was changed: fetch both again");
  }
  if (!ed25519_verify(key_.key, globally_signed(signature_.signature, signature_.trusted_comment),
                      signature_.global_signature)) {
    throw TrustError("the trusted comment in the signature of '" + what_ +
                         "' is not the signed one (key " + to_string(key_.id) + ")",
                     "the .minisig was changed: fetch it again");
  }
  return signature_.trusted_comment;
}

std::string verify_minisig(const MinisignPublicKey& key, std::string_view minisig_text,
                           std::string_view content, const std::string& what) {
  MinisignCheck check(key, parse_minisig(minisig_text, what + ".minisig"), what);
  check.update(std::as_bytes(std::span(content)));
  return check.finish();
}

}  // namespace envlock
