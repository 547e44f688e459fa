// What the audit reads of a host: Jupyter's configuration, units, commands, lists of users. The
// first byte chooses the reader.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "verify/audit_arguments.hpp"
#include "verify/audit_host_files.hpp"
#include "verify/audit_jupyter.hpp"
#include "verify/audit_unit.hpp"

namespace {

using namespace envlock;

void check(const std::vector<AuditHit>& hits) {
  for (const AuditHit& hit : hits) {
    if (hit.rule.substr(0, 3) != "EL4" || hit.text.size() > 300) std::abort();
  }
}

void read_config(std::string_view text, bool is_json) {
  try {
    const auto settings =
        is_json ? read_jupyter_json(text, "jupyter_config.json") : read_jupyter_python(text);
    check(audit_jupyter(settings, {.read_by_others = true}));
    (void)private_keys_of(settings);
  } catch (const InputError&) {  // the refusal of what is no JSON
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      read_config(text, false);
      break;
    case 1:
      read_config(text, true);
      break;
    case 2: {
      const auto unit = effective_unit({read_unit(text, "x.service"), read_unit(text, "y.conf")});
      (void)unit_uses(unit, "/opt/env");
      for (const UnitHit& hit : audit_unit(unit, false)) check({hit.hit});
      break;
    }
    case 3:
      check(audit_command(split_words(text), 0, false));
      break;
    default:
      (void)users_of(text);
      (void)masked_line(text, "secret");
      (void)parse_assignment(text);
  }
  return 0;
}
