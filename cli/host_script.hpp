#pragma once

#include <string_view>

namespace envlock {

/// A POSIX sh that prints host.json of the machine that runs it, for machines without envlock. It
/// finds what describe_host finds, by the same files; of a folder given as argument it tells what
/// df and the list of mounts say, and of GPUs the compute capability where nvidia-smi is there.
std::string_view host_script() noexcept;

}  // namespace envlock
