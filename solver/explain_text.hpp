#pragma once

#include <string>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// A request as the user wrote it: "'numpy 1.*'", or "--update 'numpy 1.*'".
std::string name_of(const Request& request);

/// "1.0", "1.0 and 2.0", "1.0 to 3.2 (12 versions)": all candidates of a name; "none" where there
/// is none.
std::string all_versions(const LoadedProblem& problem, NameId name);

/// The versions of some candidates of one name, neighbours merged: "1.0 to 1.4, 2.0". Neighbours
/// are judged among `among` (what the reader knows to be in question), so that "1.0 to 1.4" is true
/// of all of those. At most four runs, then a count.
std::string versions_of(const LoadedProblem& problem, const std::vector<CandidateId>& some,
                        const std::vector<CandidateId>& among);

/// The candidates of `to` that at least one of `candidates` needs or allows.
std::vector<CandidateId> accepted_by(const LoadedProblem& problem,
                                     const std::vector<CandidateId>& candidates, NameId to);

/// What candidates say about another name, as the channel wrote it: "'python >=3.11'", "'a 1.*' or
/// 'a 2.*'"; where there are more than three different texts, the versions that they accept:
/// "python 3.9 to 3.12".
/// @param contrast  candidates of `to` that the reader is told of as not accepted
std::string texts_about(const LoadedProblem& problem, const std::vector<CandidateId>& candidates,
                        NameId to, const std::vector<CandidateId>& contrast = {});

}  // namespace envlock
