#include "verify/minisign_secret_key.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "verify/base64.hpp"

namespace envlock {
namespace {

constexpr std::string_view comment_line = "untrusted comment: ";
constexpr std::string_view signature_algorithm = "Ed";
constexpr std::string_view scrypt_algorithm = "Sc";
constexpr std::string_view no_algorithm{"\0\0", 2};
constexpr std::string_view checksum_algorithm = "B2";

/// The least that libsodium makes; with these bounds scrypt's p is 1 to 64.
constexpr ScryptLimits least_scrypt{.operations = 32768, .memory_bytes = std::uint64_t{16} << 20U};

// The parts of the file in their order.
constexpr std::size_t header_bytes = 6;
constexpr std::size_t salt_bytes = 32;
constexpr std::size_t limit_bytes = 8;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t key_bytes = 64;
constexpr std::size_t checksum_bytes = 32;
constexpr std::size_t content_bytes = id_bytes + key_bytes + checksum_bytes;
constexpr std::size_t file_bytes = header_bytes + salt_bytes + 2 * limit_bytes + content_bytes;

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

unsigned char* raw(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string little_endian(std::uint64_t number) {
  std::string text;
  for (std::size_t i = 0; i < limit_bytes; ++i)
    text += static_cast<char>(number >> (8 * i) & 0xFFU);
  return text;
}

std::uint64_t number_at(std::string_view text, std::size_t at) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < limit_bytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  }
  return number;
}

std::string random_bytes(std::size_t size, bool secret) {
  std::string bytes(size, '\0');
  const int count = static_cast<int>(size);
  if ((secret ? RAND_priv_bytes(raw(bytes), count) : RAND_bytes(raw(bytes), count)) != 1) {
    throw InternalError("OpenSSL has no randomness");
  }
  return bytes;
}

struct ScryptParameters {
  std::uint64_t n = 2;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};

/// libsodium's rule from limits to parameters (crypto_pwhash_scryptsalsa208sha256).
ScryptParameters parameters_of(const ScryptLimits& limits) noexcept {
  const std::uint64_t operations = std::max<std::uint64_t>(limits.operations, 32768);
  ScryptParameters parameters;
  const bool few_operations = operations < limits.memory_bytes / 32;
  const std::uint64_t most =
      few_operations ? operations / (parameters.r * 4) : limits.memory_bytes / (parameters.r * 128);
  while (parameters.n <= most / 2) parameters.n *= 2;
  if (!few_operations) parameters.p = operations / 4 / parameters.n / parameters.r;
  return parameters;
}

/// XORs what scrypt makes of the password over `content`: locks and unlocks.
void apply_password(std::string& content, const Secret& password, std::string_view salt,
                    const ScryptLimits& limits) {
  const ScryptParameters parameters = parameters_of(limits);
  std::string stream(content.size(), '\0');
  // Beside the table of N blocks OpenSSL needs a few more.
  const std::uint64_t most_memory = limits.memory_bytes + (std::uint64_t{16} << 20U);
  const std::string_view text = password.reveal();
  const int done = EVP_PBE_scrypt(
      text.data(), text.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
      parameters.n, parameters.r, parameters.p, most_memory, raw(stream), stream.size());
  if (done != 1) {
    ERR_clear_error();
    wipe(stream);
    throw Error(ExitCode::unfit,
                "the password of a minisign key needs " +
                    std::to_string(limits.memory_bytes >> 20U) +
                    " MiB of memory, which this machine does not give",
                "run this where 1 GiB is free, or use a key without password there "
                "('envlock keygen --no-password')");
  }
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(content[i] ^ stream[i]);
  }
  wipe(stream);
}

std::array<std::byte, checksum_bytes> checksum_of(std::string_view id_and_key) {
  Blake2b hash(checksum_bytes);
  hash.update(bytes_of(signature_algorithm));
  hash.update(bytes_of(id_and_key));
  std::array<std::byte, checksum_bytes> checksum{};
  hash.finish(checksum);
  hash.wipe();
  return checksum;
}

template <std::size_t Size>
std::string_view text_of(const std::array<std::byte, Size>& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), Size};
}

/// The file around `content`, which is wiped.
Secret key_file(bool locked, std::string_view salt, const ScryptLimits& limits,
                std::string& content) {
  std::string bytes;
  bytes.reserve(file_bytes);  // growing would leave copies behind
  bytes.append(signature_algorithm).append(locked ? scrypt_algorithm : no_algorithm);
  bytes.append(checksum_algorithm).append(salt);
  bytes.append(little_endian(limits.operations)).append(little_endian(limits.memory_bytes));
  bytes.append(content);
  wipe(content);
  std::string base64 = base64_of(bytes);
  wipe(bytes);
  std::string text;
  text.reserve(base64.size() + 64);
  text.append(comment_line)
      .append(locked ? "minisign encrypted secret key\n"
                     : "minisign secret key without password\n");
  text.append(base64).append("\n");
  wipe(base64);
  return Secret::take(text);
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw InputError("'" + file + "' is no minisign secret key: " + why,
                   "it is the .key file of 'envlock keygen' or 'minisign -G'");
}

}  // namespace

MinisignSecretKey MinisignSecretKey::generate() {
  std::string pair = random_bytes(32, true);
  pair.reserve(key_bytes);
  Secret seed = Secret::take(pair);
  const Ed25519Key key = ed25519_public_key(Ed25519Seed(bytes_of(seed.reveal()).first<32>()));
  pair.reserve(key_bytes);
  pair.append(seed.reveal()).append(text_of(key));
  MinisignKeyId id{};
  const std::string random = random_bytes(id.size(), false);
  std::ranges::copy(bytes_of(random), id.begin());
  return {id, Secret::take(pair), "a new key"};
}

MinisignSecretKey::MinisignSecretKey(const MinisignKeyId& id, Secret seed_and_key,
                                     const std::string& file)
    : seed_and_key_(std::move(seed_and_key)) {
  if (seed_and_key_.reveal().size() != key_bytes) refuse(file, "its key has another length");
  public_.id = id;
  public_.key = ed25519_public_key(seed());
  // Signing with a public key that is not the seed's own gives the seed away.
  if (text_of(public_.key) != seed_and_key_.reveal().substr(32)) {
    refuse(file, "its secret and its public half do not belong together");
  }
}

Ed25519Seed MinisignSecretKey::seed() const noexcept {
  return Ed25519Seed(bytes_of(seed_and_key_.reveal()).first<32>());
}

MinisignSignature MinisignSecretKey::sign(const MinisignDigest& digest,
                                          std::string trusted_comment) const {
  if (!is_minisign_comment(trusted_comment)) {
    throw UsageError("the comment of a signature is one line of UTF-8, at most 8000 bytes",
                     "leave line ends and other control characters out");
  }
  MinisignSignature signature;
  signature.key_id = public_.id;
  signature.signature = ed25519_sign(seed(), digest);
  signature.untrusted_comment = "signature from minisign secret key";
  signature.global_signature =
      ed25519_sign(seed(), globally_signed(signature.signature, trusted_comment));
  signature.trusted_comment = std::move(trusted_comment);
  return signature;
}

Secret MinisignSecretKey::file_text() const {
  std::string content;
  content.reserve(content_bytes);
  content.append(text_of(public_.id)).append(seed_and_key_.reveal());
  content.append(checksum_bytes, '\0');  // as minisign writes it
  return key_file(false, std::string(salt_bytes, '\0'), {0, 0}, content);
}

Secret MinisignSecretKey::file_text(const Secret& password, const ScryptLimits& limits) const {
  std::string content;
  content.reserve(content_bytes);
  content.append(text_of(public_.id)).append(seed_and_key_.reveal());
  content.append(text_of(checksum_of(content)));
  const std::string salt = random_bytes(salt_bytes, false);
  try {
    apply_password(content, password, salt, limits);
  } catch (const Error&) {
    wipe(content);
    throw;
  }
  return key_file(true, salt, limits, content);
}

StoredMinisignKey::StoredMinisignKey(const Secret& text, std::string file)
    : file_(std::move(file)) {
  std::string_view rest = text.reveal();
  const std::size_t end = rest.find('\n');
  if (!rest.starts_with(comment_line) || end == std::string_view::npos) {
    refuse(file_, "line 1 is no 'untrusted comment:'");
  }
  rest.remove_prefix(end + 1);
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  std::optional<std::string> decoded;
  if (rest.size() <= 2 * file_bytes) decoded = bytes_of_base64(rest);
  if (!decoded) refuse(file_, "line 2 is no base64 of " + std::to_string(file_bytes) + " bytes");
  const Secret bytes = Secret::take(*decoded);
  const std::string_view all = bytes.reveal();
  if (all.size() != file_bytes) {
    refuse(file_, "line 2 is no base64 of " + std::to_string(file_bytes) + " bytes");
  }
  const std::string_view lock = all.substr(2, 2);
  is_locked_ = lock == scrypt_algorithm;
  if (!all.starts_with(signature_algorithm) || (!is_locked_ && lock != no_algorithm) ||
      all.substr(4, 2) != checksum_algorithm) {
    refuse(file_, "it names an algorithm that minisign does not have");
  }
  salt_ = all.substr(header_bytes, salt_bytes);
  limits_.operations = number_at(all, header_bytes + salt_bytes);
  limits_.memory_bytes = number_at(all, header_bytes + salt_bytes + limit_bytes);
  if (is_locked_ && (limits_.operations < least_scrypt.operations ||
                     limits_.memory_bytes < least_scrypt.memory_bytes ||
                     limits_.operations > minisign_scrypt.operations ||
                     limits_.memory_bytes > minisign_scrypt.memory_bytes)) {
    refuse(file_, "its password would take less than 16 MiB or more than 1 GiB of memory");
  }
  content_ = Secret::take(std::string(all.substr(file_bytes - content_bytes)));
}

MinisignSecretKey StoredMinisignKey::unlock(const Secret& password) const {
  std::string content(content_.reveal());
  if (is_locked_) {
    try {
      apply_password(content, password, salt_, limits_);
    } catch (const Error&) {
      wipe(content);
      throw;
    }
  }
  const Secret plain = Secret::take(content);
  const std::string_view all = plain.reveal();
  const std::string_view id_and_key = all.substr(0, id_bytes + key_bytes);
  const std::string_view checksum = all.substr(id_bytes + key_bytes);
  // minisign leaves the checksum of an unlocked key zero.
  const bool absent = !is_locked_ && std::ranges::all_of(checksum, [](char c) { return c == 0; });
  if (!absent && text_of(checksum_of(id_and_key)) != checksum) {
    if (!is_locked_) refuse(file_, "its checksum does not fit");
    throw TrustError("the password does not open the key '" + file_ + "'",
                     "give the password that the key was made with; a damaged file says the same");
  }
  MinisignKeyId id{};
  std::ranges::copy(bytes_of(id_and_key).first(id_bytes), id.begin());
  return {id, Secret::take(std::string(id_and_key.substr(id_bytes))), file_};
}

}  // namespace envlock
