// host.json: what is accepted is written in a form that is accepted again and says the same, and
// can be judged.
#include "model/host_description.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/host_requirements.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const HostDescription host =
        read_host_description({reinterpret_cast<const char*>(data), size}, "host.json");
    const std::string text = write_host_description(host);
    if (read_host_description(text, "host.json") != host) std::abort();
    (void)virtual_packages_of(host);
    HostRequirements needs;
    needs.cuda = HostFloor{NumberVersion::parse("12.4").value(), "cuda-version"};
    needs.glibc = HostFloor{NumberVersion::parse("2.28").value(), "numpy"};
    needs.kernel = HostFloor{NumberVersion::parse("4.18").value(), "libuv"};
    (void)judge_host(needs, host, "/opt/env");
  } catch (const InputError&) {  // the refusal of what describes no host
  }
  return 0;
}
