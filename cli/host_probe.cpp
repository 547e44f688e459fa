#include "cli/host_probe.hpp"

namespace envlock {

std::vector<VirtualPackage> probe_host(const HostFacts& facts, const std::filesystem::path& root) {
  return virtual_packages_of(describe_host(facts, root));
}

}  // namespace envlock
