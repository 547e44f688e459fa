#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/match_spec.hpp"
#include "model/platform.hpp"
#include "verify/diff/change.hpp"

namespace envlock {

/// False for an imported lock: what was once asked for, and assumed of the target, is not known.
bool knows_question(const Lockfile& lock) noexcept;

/// How the questions of two locks differ: one change for each field, with before and after. Where
/// one side's is not known, only what activation sets is compared.
std::vector<Change> compare_questions(const Lockfile& before, const Lockfile& after);

/// The requests of a lock for one platform.
class Requests {
 public:
  struct Request {
    MatchSpec spec;
    std::string text;  ///< Normalised, as one would write it.
    std::string file;  ///< Relative to the lock.
  };

  Requests() = default;
  Requests(const LockInputs& inputs, const Platform& platform);

  /// Those that name a package, sorted by text.
  [[nodiscard]] std::vector<const Request*> of(std::string_view name) const;

 private:
  std::vector<Request> requests_;  ///< Sorted by text.
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::vector<std::size_t> patterns_;  ///< Those without an exact name.
};

}  // namespace envlock
