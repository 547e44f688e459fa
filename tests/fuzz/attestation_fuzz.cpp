// An attestation document of any bytes is judged, and without the pinned key's signature never
// verified.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "verify/attestation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  static const std::vector<AttestationKey> keys{
      AttestationKey::from_text(std::string(64, '1')).value()};
  static const AttestationQuestion question{"a-1-0.conda", sha256_of("a"), "https://a.example/c",
                                            false};
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  const AttestationVerdict verdict = judge_attestations(document, "x.sigs", question, keys);
  if (verdict.kind == AttestationVerdict::Kind::verified) std::abort();
  return 0;
}
