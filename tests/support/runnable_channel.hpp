#pragma once

#include <filesystem>
#include <optional>

namespace envlock::test {

/// The folder of the runnable channel (fixtures/README.md): $ENVLOCK_RUNNABLE_CHANNEL, else the one
/// that CMake was told of, build/runnable. Nothing, with a warning that the test is skipped, where
/// it was not made. Its packages need `--virtual-package __glibc=2.36`, as its envlock.yml says.
std::optional<std::filesystem::path> runnable_channel();

}  // namespace envlock::test
