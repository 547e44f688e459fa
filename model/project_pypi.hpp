#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/project_credentials.hpp"
#include "model/url.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// An index of Python packages.
struct PypiIndex {
  std::string name;
  Url url;
  /// Patterns of normalised project names that come from here and from nowhere else; '*' stands for
  /// any text. Empty: the index of everything that no other names.
  std::vector<std::string> packages = {};
  bool is_private = false;  ///< Never asked without a credential.
  std::optional<CredentialRule> credentials = {};
  SourcePlace place = {};

  /// Below what its files may lie beside its pages: where its URL ends in "simple" or "+simple",
  /// the folder above, else the URL itself.
  [[nodiscard]] Url folder() const;
};

/// `pypi:` of envlock.yml: where the packages of `pip:` lists come from.
struct PypiRules {
  std::vector<PypiIndex> indexes;
  /// Conda packages whose projects have other names on PyPI: "pytorch" -> {"torch"}; an empty list:
  /// it is no project at all.
  std::map<std::string, std::vector<std::string>> names;

  /// The one index that is asked for a project: the first whose patterns fit, else the one without
  /// patterns, else PyPI.
  [[nodiscard]] const PypiIndex& index_of(std::string_view project) const;
  [[nodiscard]] const PypiIndex* find_url(const Url& url) const;
};

/// https://pypi.org/simple
const PypiIndex& default_pypi_index();

/// @throws InputError with the line
PypiRules read_pypi_rules(const YamlReader& in, const YamlEntry& entry);

/// The keys of `section` ("pypi", "pypi_index"), sorted.
std::span<const std::string_view> pypi_keys(std::string_view section) noexcept;

}  // namespace envlock
