#include "cli/public_key.hpp"

#include <filesystem>

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "verify/base64.hpp"

namespace envlock {
namespace {

/// Whether a text has the form of a minisign public key: base64 of 42 bytes, the first of them
/// "Ed". A '/' may stand in it as in a path.
bool looks_like_key(std::string_view text) {
  constexpr std::size_t key_characters = 56;
  return text.size() == key_characters && text.starts_with("RW") &&
         bytes_of_base64(text).has_value();
}

}  // namespace

MinisignPublicKey read_public_key(const std::string& key) {
  std::error_code error;
  if (std::filesystem::exists(key, error))
    return parse_minisign_public_key(read_file(key, max_minisig_bytes), key);
  if (looks_like_key(key)) return parse_minisign_public_key(key, "--key");
  if (key.ends_with(".pub") || key.find('/') != std::string::npos)
    throw IoError("there is no key '" + key + "'", "name a .pub file of 'envlock keygen'");
  return parse_minisign_public_key(key, "--key");
}

}  // namespace envlock
