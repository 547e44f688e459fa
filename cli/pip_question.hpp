#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/pip_proxy.hpp"
#include "cli/pip_stage.hpp"
#include "cli/solve_ask.hpp"
#include "model/pip_line.hpp"

namespace envlock {

/// The digests of a line.
struct LineHashes {
  std::vector<Sha256> allowed;
  SourcePlace place;
  bool is_pinned = false;    ///< To one version, or by a URL; pip wants that beside digests.
  std::string name, marker;  ///< Of the line, the name with extras.
};

/// The `pip:` list of one platform, made ready for pip.
struct PreparedPip {
  PipQuestion question;
  std::vector<SourcePlace> places;           ///< Of each of the question's requirements.
  std::vector<ProvidedProject> provided;     ///< By conda.
  std::set<std::string> requested;           ///< Projects that lines name, normalised.
  std::map<std::string, LineHashes> hashes;  ///< By project.
  std::vector<LockedPypi> local;             ///< Projects on disk, done.
  [[nodiscard]] const ProvidedProject* find_provided(const std::string& project) const;
};

/// @throws InputError with the line of what cannot be locked, or what conda and pip both want
PreparedPip prepare_pip(const SolveAsk& ask, const Platform& platform, const LockPlatform& locked,
                        const PipTarget& target, PipStage& stage, PipProxy& proxy);

/// Where the user asked for a conda package, as "environment.yml:5"; empty: nowhere by name.
std::string conda_place(const SolveAsk& ask, const Platform& platform, const std::string& name);

}  // namespace envlock
