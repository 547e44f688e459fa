// Trust metadata: any bytes are a document, a verdict or a TrustError.
#include "verify/trust_metadata.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "verify/record_verifier.hpp"
#include "verify/root_chain.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const TrustRole role : {TrustRole::root, TrustRole::key_mgr}) {
    try {
      const TrustMetadata metadata = parse_trust_metadata(text, role, "f");
      const std::string_view delegated = role == TrustRole::root ? "root" : "pkg_mgr";
      const KeyRule& rule = metadata.rule(delegated);
      if (rule.threshold == 0) std::abort();
      if (role == TrustRole::root) require_self_signed(metadata);
      const RecordVerifier verifier(rule);
      if (verifier.judge(text, "{}").enough) std::abort();
      (void)verifier.judge(metadata.canonical, text);
    } catch (const TrustError&) {  // the refusal of what is no trust metadata
    }
  }
  (void)signed_record_fault("zlib-1.3-h0_0.conda", "noarch", text);
  try {
    (void)parse_trust_signatures(text);
  } catch (const InputError&) {  // no strict JSON
  }
  return 0;
}
