// Answers of a Vault server: every reader over every answer. A secret is never empty, and no
// message repeats a value (the corpus has "canary" as its secrets).
#include "fetch/vault_json.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

namespace {

template <class Read>
void attempt(Read read) {
  try {
    if (read()) std::abort();
  } catch (const envlock::Error& error) {
    if (std::string_view(error.what()).size() > 1000) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  attempt([&] { return parse_vault_login(body, "login").token.empty(); });
  attempt([&] { return parse_vault_secret_id(body, "unwrap").empty(); });
  for (const unsigned kv : {1U, 2U})
    attempt([&] {
      return parse_vault_secret(body, {.kv = kv, .field = "token", .username_field = ""}, "secret")
          .value.empty();
    });
  attempt([&] {
    const auto gone = vault_version_gone(body);
    return gone && gone->empty();
  });
  const VaultComplaint complaint = parse_vault_complaint(body);
  if (complaint.errors.size() > 10 || complaint.warnings.size() > 10) std::abort();
  return 0;
}
