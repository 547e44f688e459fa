#include "model/pypi_origin.hpp"

#include <string_view>

#include "model/lock_urls.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

/// Where PyPI keeps its files, whatever the index calls itself.
constexpr std::string_view pypi_files = "https://files.pythonhosted.org/";

}  // namespace

bool is_on_disk(const LockedPypi& package) {
  return !package.path.empty() || is_local_reference(package.url) ||
         package.url.starts_with("file:");
}

bool is_of_pypi(const LockedPypi& package) { return package.url.starts_with(pypi_files); }

std::string pypi_origin(const std::string& url) {
  if (url.starts_with(pypi_files)) return "PyPI";
  if (is_local_reference(url) || url.starts_with("file:"))
    return url.ends_with(".whl") ? "local wheel" : "local project";
  const auto parsed = Url::parse(url);
  // What is known of an installed package is its name alone.
  if (!parsed) return "PyPI";
  const std::string origin = parsed->origin();
  return origin.substr(origin.find("://") + 3);
}

std::string pypi_origin(const LockedPypi& package) {
  return package.path.empty() ? pypi_origin(package.url) : "local project";
}

std::string reference_path(const std::string& reference) {
  return percent_decode(reference).value_or(reference);
}

}  // namespace envlock
