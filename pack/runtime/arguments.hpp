#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/activation.hpp"
#include "pack/preflight.hpp"

namespace envlock::runtime {

/// What `--help` shows.
std::string_view usage_text() noexcept;

/// A command line of envlock-env. An option that the command does not take is refused, so that
/// those of other commands keep their defaults.
struct Arguments {
  std::string command;
  std::vector<std::string> positionals;
  bool replace = false, is_private = false, shared = false, byte_code = true, json = false,
       rollback = false;
  std::string host, key, digest;  ///< Empty: not given.
  std::vector<MisfitClass> forced;
  Shell shell = Shell::posix;
  std::size_t threads = 1;  ///< As many as there are processors, where not given.
};

/// @throws UsageError
Arguments parse_arguments(const std::vector<std::string>& words);

/// @throws UsageError where there are not as many arguments beside the options
void require_positionals(const Arguments& arguments, std::size_t count);

}  // namespace envlock::runtime
