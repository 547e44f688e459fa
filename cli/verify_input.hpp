#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "model/baseline.hpp"
#include "verify/finding.hpp"

namespace envlock {

/// What a prefix is held against, and how far that is to be believed.
struct VerifyInput {
  std::shared_ptr<const Baseline> baseline;  ///< Null: the prefix's own records.
  /// The line of `file` about a finding's path or package; 0: not known. Empty without a file.
  std::function<std::size_t(const Finding&)> line_of;
  std::string kind = "records";  ///< "lock", "baseline" or "records".
  std::string against;           ///< "baseline FILE", "lock FILE", "its own records"
  std::string file;              ///< Empty: none.
  /// The lock that the prefix should be of: for a baseline one that lies beside it or is the
  /// default, and is the very one. Empty: none is known.
  std::string lock;
  std::optional<Sha256> sha256;  ///< Of the file.
  std::string signed_by;         ///< Key and trusted comment, where a signature was checked.
  std::string notice;            ///< What was there to check it by and was not; empty: nothing.
  std::string no_proof;          ///< Why a clean verdict proves nothing; empty: it does.
};

/// Reads what --lock, --baseline or --self names; with --key the file's signature (FILE.minisig) is
/// checked before anything else of it is read. A lock's packages must be in a cache.
/// @throws UsageError where none or several are given, TrustError where the signature is missing or
///         wrong, InputError, IoError
VerifyInput read_verify_input(const ParsedArgs& args, Context& context, const std::string& prefix);

/// True where `file` lies in `prefix`, links followed.
bool lies_in(const std::string& file, const std::string& prefix);

}  // namespace envlock
