// pip's report: what is accepted has names and versions.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/pip_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const envlock::PipReportItem& item : envlock::read_pip_report(text, "report").install) {
      if (item.name.empty() || item.version.empty() || item.url.empty()) std::abort();
    }
  } catch (const envlock::InputError&) {
  }
  return 0;
}
