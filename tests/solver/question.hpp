#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "solver/solve.hpp"
#include "tests/support/repodata_builder.hpp"

namespace envlock::test {

/// The index of one repodata.json, in memory.
std::shared_ptr<const Index> index_of(const std::string& json, const std::string& subdir);

/// A SolveQuestion for linux-64, built from made-up records.
class Question {
 public:
  Question();
  /// A channel of lower priority than those before, at https://example.org/NAME.
  Question& channel(const std::string& name, const std::vector<PackageBuilder>& linux_64,
                    const std::vector<PackageBuilder>& noarch = {});
  Question& request(const std::string& spec);
  Question& virtual_package(const std::string& name, const std::string& version,
                            const std::string& build = "0");
  /// The last channel added.
  SolverChannel& last_channel() { return question.channels.back(); }
  /// The record of the channels with this file name.
  [[nodiscard]] PackageRecord record(const std::string& fn) const;

  SolveQuestion question;

 private:
  std::size_t lines_ = 0;
};

/// "a=1.0=0" of each package, in the order of the solution.
std::vector<std::string> names_of(const Solution& solution);
/// "NAME=VERSION=BUILD" of one package, or "" where it is not there.
std::string version_of(const Solution& solution, std::string_view name);
const SolveNotice* find_notice(const Solution& solution, std::string_view id);

}  // namespace envlock::test
