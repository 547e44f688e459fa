#include "solver/cuda.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace envlock {
namespace {

constexpr std::string_view cuda_name = "__cuda";

/// The versions that a constraint's text allows as its least or names alone: 12.6 of
/// "__cuda >=12.6,<13".
std::vector<Version> least_versions(std::string_view text) {
  std::vector<Version> found;
  text.remove_prefix(std::min(text.find_first_of(" =<>!~["), text.size()));
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_of("0123456789"), text.size());
    const std::string_view before = text.substr(0, begin);
    text.remove_prefix(begin);
    const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
    std::string_view number = text.substr(0, length);
    text.remove_prefix(length);
    while (!number.empty() && number.back() == '.') number.remove_suffix(1);
    if (before.find_first_of("<!") != std::string_view::npos) continue;
    if (auto version = Version::parse(number)) found.push_back(std::move(*version));
  }
  return found;
}

bool needs(const LoadedProblem& problem, const Candidate& candidate, NameId name) {
  const auto texts = problem.depends_of(candidate);
  return std::any_of(texts.begin(), texts.end(),
                     [&](DependencyId text) { return problem.dependencies[text].name == name; });
}

bool is_requested(const LoadedProblem& problem, CandidateId id) {
  return std::all_of(
      problem.requests.begin(), problem.requests.end(), [&](const LoadedRequest& request) {
        return request.name != problem.candidates[id].name || problem.accepts(request.accepts, id);
      });
}

}  // namespace

std::optional<VirtualPackage> cuda_to_try(const LoadedProblem& problem,
                                          const std::vector<CandidateId>& chosen) {
  const auto cuda = problem.find_name(cuda_name);
  if (!cuda || problem.names[*cuda].size() != 0) return std::nullopt;
  bool found = false;
  std::optional<Version> best;
  for (const CandidateId taken : chosen) {
    const Name& name = problem.names[problem.candidates[taken].name];
    for (CandidateId id = name.first; id < name.last; ++id) {
      const Candidate& other = problem.candidates[id];
      if (problem.version_order(other) < problem.version_order(problem.candidates[taken]) ||
          !needs(problem, other, *cuda) || !is_requested(problem, id))
        continue;
      found = true;
      for (const DependencyId text : problem.depends_of(other)) {
        const Dependency& dependency = problem.dependencies[text];
        const std::string& needed = problem.names[dependency.name].text;
        if (needed != cuda_name && needed != "cuda-version") continue;
        for (Version& version : least_versions(dependency.text))
          if (!best || *best < version) best = std::move(version);
      }
    }
  }
  if (!found) return std::nullopt;
  return VirtualPackage{std::string(cuda_name), best ? best->text() : "12", "0"};
}

std::optional<SolveNotice> cuda_notice(const LoadedProblem& problem,
                                       const std::vector<CandidateId>& chosen,
                                       const VirtualPackage& cuda,
                                       const std::vector<PackageRecord>& with_cuda) {
  std::string packages;
  std::size_t count = 0;
  for (const PackageRecord& record : with_cuda) {
    const auto name = problem.find_name(record.name);
    const bool also_chosen = name && std::any_of(chosen.begin(), chosen.end(), [&](CandidateId id) {
                               return problem.candidates[id].name == *name;
                             });
    const bool needs_cuda =
        std::any_of(record.depends.begin(), record.depends.end(), [&](const std::string& text) {
          return text.compare(0, cuda_name.size(), cuda_name) == 0 &&
                 (text.size() == cuda_name.size() ||
                  std::string_view(" =<>!~[").find(text[cuda_name.size()]) !=
                      std::string_view::npos);
        });
    if (!also_chosen || !needs_cuda) continue;
    if (++count <= 3)
      packages += (packages.empty() ? "'" : ", '") + record.name + " " + record.version + " " +
                  record.build + "'";
  }
  if (count == 0) return std::nullopt;
  if (count > 3) packages += " and " + std::to_string(count - 3) + " more";
  return SolveNotice{
      "cuda-passed-over",
      std::string(count == 1 ? "a CUDA build was" : "CUDA builds were") +
          " passed over, since no '__cuda' is assumed for " + problem.question->platform.subdir() +
          ": " + packages,
      "for a machine with an NVIDIA driver say which CUDA version that driver carries: "
      "--virtual-package " +
          cuda.name + "=VERSION (these builds were found with " + cuda.version + ")"};
}

}  // namespace envlock
