#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/pack_output.hpp"
#include "pack/tree_filter.hpp"
#include "verify/minisign_secret_key.hpp"

namespace envlock {

/// What the command line of `pack` asks for, judged before any work.
struct PackRequest {
  PackOutput output;
  int level = 0;  ///< 0: the default of the form.
  std::vector<FilterStep> steps;
  std::string dest_prefix;  ///< Empty: none.
  bool replace = false;
  std::optional<MinisignSecretKey> key;
};

/// @throws UsageError; IoError where the output cannot be written, or is there without --force;
///         what load_secret_key throws
PackRequest read_pack_request(const ParsedArgs& args, Context& context);

}  // namespace envlock
