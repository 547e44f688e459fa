// Public keys, secret keys and signatures of minisign's form: what is read is written again as the
// same thing, and nobody's signature is good under a key that was not asked to sign.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "verify/minisign.hpp"
#include "verify/minisign_secret_key.hpp"

namespace {

template <class Try>
void attempt(Try once) {
  try {
    once();
  } catch (const envlock::InputError&) {
  } catch (const envlock::TrustError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    const MinisignPublicKey key = parse_minisign_public_key(text, "key");
    if (!(parse_minisign_public_key(key.file_text(), "again") == key)) std::abort();
  });
  attempt([&] {
    const MinisignSignature signature = parse_minisig(text, "sig");
    const std::string again = signature.file_text();
    if (again != text && again != std::string(text) + '\n') std::abort();
    MinisignPublicKey key;
    key.id = signature.key_id;
    key.key[0] = std::byte{9};
    MinisignCheck check(key, signature, "file");
    check.update(std::as_bytes(std::span(text)));
    (void)check.finish();
    std::abort();
  });
  attempt([&] {
    std::string copy(text);
    const StoredMinisignKey stored(Secret::take(copy), "key");
    if (!stored.is_locked()) {  // unlocking costs seconds by design
      const MinisignSecretKey key = stored.unlock({});
      const StoredMinisignKey again(key.file_text(), "again");
      if (!(again.unlock({}).public_key() == key.public_key())) std::abort();
    }
  });
  return 0;
}
