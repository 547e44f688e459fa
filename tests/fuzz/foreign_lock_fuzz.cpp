// Lock files of other tools: what is accepted holds together, whatever its text was.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/foreign_lock.hpp"
#include "model/url.hpp"

namespace {

using envlock::ForeignLock;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const ForeignLock& lock) {
  require(!lock.environments.empty());
  for (const auto& package : lock.packages) {
    require(!package.record.name.empty() && !package.record.version.empty());
    require(!package.record.build.empty() && !package.record.fn.empty() && package.line != 0);
    require(!envlock::holds_credentials(package.record.url));
  }
  for (const auto& package : lock.pypi) require(!envlock::holds_credentials(package.location));
  for (const auto& environment : lock.environments) {
    for (const auto& platform : environment.platforms) {
      for (const std::size_t index : platform.packages) require(index < lock.packages.size());
      for (const std::size_t index : platform.pypi) require(index < lock.pypi.size());
      for (const std::size_t index : platform.sources) require(index < lock.sources.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto read : {envlock::read_foreign_lock, envlock::read_explicit_list,
                          envlock::read_conda_lock, envlock::read_pixi_lock}) {
    try {
      check(read(text, "lock"));
    } catch (const envlock::InputError&) {  // the refusal of what is no lock
    }
  }
  return 0;
}
