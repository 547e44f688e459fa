#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/secret.hpp"

namespace envlock {

/// How a credential helper is run.
struct HelperRun {
  std::vector<std::string> words;  ///< Absolute path and arguments.
  std::string home;                ///< $HOME; empty: none.
  std::chrono::milliseconds patience{10'000};
};

/// Runs the program with `action` ("get", "erase") as its last argument, without a shell, in an
/// environment of PATH, LC_ALL and HOME alone, with `input` on its standard input and its standard
/// error dropped, because it might repeat a secret.
/// @return what it wrote to standard output
/// @throws TrustError where it cannot be run, fails, takes longer than `patience` or writes more
/// than 64 KiB; Interrupted
Secret run_helper(const HelperRun& run, std::string_view action, std::string_view input,
                  const std::stop_token& stop);

}  // namespace envlock
