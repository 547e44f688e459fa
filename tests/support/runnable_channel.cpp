#include "tests/support/runnable_channel.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace envlock::test {

std::optional<std::filesystem::path> runnable_channel() {
  const char* given = std::getenv("ENVLOCK_RUNNABLE_CHANNEL");
  const std::filesystem::path folder = given != nullptr ? given : ENVLOCK_RUNNABLE_CHANNEL;
  if (std::filesystem::exists(folder / "noarch/repodata.json")) return folder;
  WARN("SKIPPED: there is no runnable channel in '" << folder.string()
                                                    << "'; fixtures/runnable/make.sh makes it");
  return std::nullopt;
}

}  // namespace envlock::test
