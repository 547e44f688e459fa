#include "cli/pip_names.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "model/match_spec.hpp"
#include "model/pep440.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

/// Conda packages that bring a project of another name. Where two bring the same one, either may be
/// there.
constexpr std::array<std::pair<std::string_view, std::string_view>, 31> known_names{{
    {"arrow-cpp", ""},
    {"brotli-python", "brotli"},
    {"dask-core", "dask"},
    {"docker-py", "docker"},
    {"faiss", "faiss-cpu"},
    {"matplotlib-base", "matplotlib"},
    {"msgpack-python", "msgpack"},
    {"opencv", "opencv-python"},
    {"py-lightgbm", "lightgbm"},
    {"py-opencv", "opencv-python"},
    {"py-xgboost", "xgboost"},
    {"py-xgboost-cpu", "xgboost"},
    {"py-xgboost-gpu", "xgboost"},
    {"pyarrow-core", "pyarrow"},
    {"pyqt", "pyqt5"},
    {"pytables", "tables"},
    {"python", ""},
    {"python-annoy", "annoy"},
    {"python-duckdb", "duckdb"},
    {"python-flatbuffers", "flatbuffers"},
    {"python-graphviz", "graphviz"},
    {"python-kaleido", "kaleido"},
    {"python-levenshtein", "levenshtein"},
    {"python-lmdb", "lmdb"},
    {"python-tzdata", "tzdata"},
    {"python_abi", ""},
    {"pytorch", "torch"},
    {"pytorch-cpu", "torch"},
    {"pytorch-gpu", "torch"},
    {"seaborn-base", "seaborn"},
    {"tensorflow-base", "tensorflow"},
}};

bool needs_python(const PackageRecord& record) {
  if (record.noarch == NoArch::python) return true;
  return std::ranges::any_of(record.depends, [](const std::string& text) {
    const std::string name = MatchSpec::parse(text).name();
    return name == "python" || name == "python_abi";
  });
}

std::vector<std::string> projects_of(const PackageRecord& record, const PypiRules& rules) {
  const std::string name = to_lower(record.name);
  if (const auto told = rules.names.find(name); told != rules.names.end()) return told->second;
  const auto known =
      std::ranges::find(known_names, name, &std::pair<std::string_view, std::string_view>::first);
  if (known != known_names.end()) {
    if (known->second.empty()) return {};
    return {std::string(known->second)};
  }
  if (!needs_python(record)) return {};
  // "_anaconda_depends" and the like can be no project.
  std::string project = project_key(name);
  if (!is_project_key(project)) return {};
  return {std::move(project)};
}

}  // namespace

std::vector<std::string> projects_named(const std::string& name, const PypiRules& rules) {
  std::vector<std::string> projects{project_key(name)};
  if (const auto told = rules.names.find(name); told != rules.names.end()) {
    projects.insert(projects.end(), told->second.begin(), told->second.end());
    return projects;
  }
  const auto known =
      std::ranges::find(known_names, name, &std::pair<std::string_view, std::string_view>::first);
  if (known != known_names.end() && !known->second.empty()) projects.emplace_back(known->second);
  return projects;
}

std::vector<ProvidedProject> provided_projects(const std::vector<LockedPackage>& packages,
                                               const PypiRules& rules) {
  std::vector<ProvidedProject> provided;
  for (const LockedPackage& package : packages) {
    const auto version = PypiVersion::parse(package.record.version);
    for (const std::string& project : projects_of(package.record, rules))
      provided.push_back({project, version ? version->to_string() : std::string(), &package});
  }
  // Of several that bring one project, the one that was asked for names it best.
  std::ranges::stable_sort(provided, [](const ProvidedProject& a, const ProvidedProject& b) {
    if (a.project != b.project) return a.project < b.project;
    return a.package->requested && !b.package->requested;
  });
  provided.erase(std::unique(provided.begin(), provided.end(),
                             [](const ProvidedProject& a, const ProvidedProject& b) {
                               return a.project == b.project;
                             }),
                 provided.end());
  return provided;
}

}  // namespace envlock
