#include "verify/extra_family.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "model/baseline.hpp"
#include "verify/expected_tree.hpp"

namespace envlock {
namespace {

using Names = std::span<const std::string_view>;

bool contains(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool ends_with_any(std::string_view text, Names endings) {
  return std::ranges::any_of(endings, [&](std::string_view e) { return text.ends_with(e); });
}

bool starts_with_any(std::string_view text, Names beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view b) { return text.starts_with(b); });
}

bool is_shared_library(std::string_view name) {
  return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

/// What an interpreter runs at every start, beside what Python's own rules name.
bool is_startup(std::string_view path) {
  constexpr std::array<std::string_view, 5> names{"Rprofile.site", "Renviron.site", "pyvenv.cfg",
                                                  "sitecustomize.pl", "startup.jl"};
  const std::string_view name = name_of(path);
  return role_of(path) == FileRole::startup || contains(names, name) ||
         name.ends_with(".egg-link") || name.starts_with("__editable__") ||
         (path.starts_with("bin/") && name.ends_with("._pth"));
}

bool is_conda_configuration(std::string_view path) {
  const std::string_view name = name_of(path);
  return path == ".condarc" || path == "condarc" || path.starts_with("condarc.d/") ||
         path.starts_with(".condarc.d/") || path == "conda-meta/pinned" ||
         path == "conda-meta/frozen" ||
         ((name == ".mambarc" || name == "pip.conf") && path == name);
}

bool is_python_lib(std::string_view path, std::string_view site_packages) {
  if (path.starts_with("lib/python") || path.starts_with("lib64/python")) return true;
  return !site_packages.empty() && path.starts_with(site_packages) &&
         path.substr(site_packages.size()).starts_with('/');
}

bool is_data_cache(std::string_view path) {
  constexpr std::array<std::string_view, 3> folders{"var/cache/fontconfig/", "share/mime/",
                                                    "var/cache/man/"};
  constexpr std::array<std::string_view, 9> names{"icon-theme.cache",
                                                  "gschemas.compiled",
                                                  "mimeinfo.cache",
                                                  "fonts.dir",
                                                  "fonts.scale",
                                                  ".uuid",
                                                  "ls-R",
                                                  "CACHEDIR.TAG",
                                                  "created_at"};
  const std::string_view name = name_of(path);
  if (path == "share/info/dir" || contains(names, name)) return true;
  return starts_with_any(path, folders) && !path.starts_with("share/mime/packages/");
}

bool is_code_cache(std::string_view path) {
  constexpr std::array<std::string_view, 2> names{"loaders.cache", "giomodule.cache"};
  const std::string_view name = name_of(path);
  return name.ends_with(".nbi") || name.ends_with(".nbc") || contains(names, name) ||
         (name.ends_with(".pickle") && path.find("/lib2to3/") != std::string_view::npos);
}

ExtraFamily jupyter_family(std::string_view path) {
  // What the user interface keeps for itself: which extensions are off, how windows lie.
  constexpr std::array<std::string_view, 3> state{
      "etc/jupyter/labconfig/", "share/jupyter/lab/settings/", "share/jupyter/lab/workspaces/"};
  return starts_with_any(path, state) && path.ends_with(".json") ? ExtraFamily::data
                                                                 : ExtraFamily::jupyter_code;
}

bool is_code_name(std::string_view name) {
  constexpr std::array<std::string_view, 30> endings{
      ".py",   ".pyc", ".pyo",   ".pyw",  ".pyd", ".pm", ".pl",  ".js",  ".mjs",  ".cjs",
      ".node", ".jl",  ".lua",   ".rb",   ".tcl", ".sh", ".csh", ".xsh", ".bash", ".zsh",
      ".fish", ".jar", ".class", ".wasm", ".R",   ".r",  ".rda", ".rds", ".icd",  ".whl"};
  return ends_with_any(name, endings);
}

}  // namespace

std::string_view rule_of(ExtraFamily family) noexcept {
  switch (family) {
    case ExtraFamily::conda_state:
    case ExtraFamily::data_cache:
      return {};
    case ExtraFamily::data:
      return "extra-file";
    case ExtraFamily::code_cache:
      return "code-cache";
    case ExtraFamily::other_code:
      return "extra-code";
    case ExtraFamily::jupyter_code:
      return "jupyter-code";
    case ExtraFamily::r_library:
      return "r-library";
    case ExtraFamily::library:
      return "extra-library";
    case ExtraFamily::python_module:
      return "python-module";
    case ExtraFamily::program:
      return "extra-program";
    case ExtraFamily::conda_configuration:
      return "conda-configuration";
    case ExtraFamily::environment_variables:
      return "environment-variables";
    case ExtraFamily::activation:
      return "activation-script";
    case ExtraFamily::startup:
      return "startup-file";
  }
  return {};
}

std::string_view plural_of(ExtraFamily family) noexcept {
  switch (family) {
    case ExtraFamily::conda_state:
      return "files of conda's own";
    case ExtraFamily::data_cache:
      return "caches of data";
    case ExtraFamily::data:
      return "data files";
    case ExtraFamily::code_cache:
      return "caches of code";
    case ExtraFamily::other_code:
      return "scripts or modules";
    case ExtraFamily::jupyter_code:
      return "files of Jupyter";
    case ExtraFamily::r_library:
      return "files of R libraries";
    case ExtraFamily::library:
      return "shared libraries";
    case ExtraFamily::python_module:
      return "files of Python modules";
    case ExtraFamily::program:
      return "programs";
    case ExtraFamily::conda_configuration:
      return "files that configure conda";
    case ExtraFamily::environment_variables:
      return "files that set variables";
    case ExtraFamily::activation:
      return "activation scripts";
    case ExtraFamily::startup:
      return "startup files";
  }
  return {};
}

std::string counted_kind(std::uint64_t count, std::string_view plural) {
  std::string kind(plural);
  const auto replace = [&](std::string_view from, std::string_view to) {
    const std::size_t at = kind.find(from);
    if (at != std::string::npos) kind.replace(at, from.size(), to);
    return at != std::string::npos;
  };
  if (count == 1) {
    // The first noun of these counts; the verbs and pronouns that go with it.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nouns{
        {{"scripts or modules", "script or module"},
         {"files", "file"},
         {"caches", "cache"},
         {"scripts", "script"},
         {"programs", "program"},
         {"libraries", "library"},
         {"systems", "system"}}};
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> others{
        {{"that configure ", "that configures "},
         {"that set ", "that sets "},
         {"in their ", "in its "}}};
    for (const auto& [from, to] : nouns) {
      if (replace(from, to)) break;
    }
    for (const auto& [from, to] : others) replace(from, to);
  }
  return std::to_string(count) + ' ' + kind;
}

bool is_told_alone(ExtraFamily family) noexcept {
  return family >= ExtraFamily::conda_configuration;
}

std::string_view library_stem(std::string_view path) noexcept {
  const std::string_view name = name_of(path);
  const std::size_t at = name.find(".so");
  if (!name.starts_with("lib") || at == std::string_view::npos) return {};
  const std::string_view version = name.substr(at + 3);
  if (!version.empty() && version.front() != '.') return {};
  return name.substr(0, at + 3);
}

ExtraFamily family_of(std::string_view path, bool executable, std::string_view site_packages) {
  constexpr std::array<std::string_view, 6> program_folders{"bin/",      "sbin/",    "libexec/",
                                                            "condabin/", "usr/bin/", "Scripts/"};
  constexpr std::array<std::string_view, 2> activation_folders{"etc/conda/activate.d/",
                                                               "etc/conda/deactivate.d/"};
  const std::string_view name = name_of(path);
  if (is_startup(path)) return ExtraFamily::startup;
  if (starts_with_any(path, activation_folders)) return ExtraFamily::activation;
  if (path.starts_with("etc/conda/env_vars.d/") || path == "conda-meta/state")
    return ExtraFamily::environment_variables;
  if (is_conda_configuration(path)) return ExtraFamily::conda_configuration;
  if (path == "conda-meta/history") return ExtraFamily::conda_state;
  if (starts_with_any(path, program_folders)) return ExtraFamily::program;
  if (is_code_cache(path)) return ExtraFamily::code_cache;
  if (is_python_lib(path, site_packages) ||
      (path.starts_with("lib/python") && name.ends_with(".zip")))
    return ExtraFamily::python_module;
  if (path.starts_with("lib/R/library/") || path.starts_with("lib/R/site-library/"))
    return ExtraFamily::r_library;
  if (path.starts_with("etc/jupyter/") || path.starts_with("share/jupyter/"))
    return jupyter_family(path);
  if (is_shared_library(name)) return ExtraFamily::library;
  if (!executable && is_data_cache(path)) return ExtraFamily::data_cache;
  if (path.starts_with("lib/node_modules/") || path.starts_with("lib/perl5/") ||
      path.starts_with("etc/profile.d/") || is_code_name(name))
    return ExtraFamily::other_code;
  if (executable) return ExtraFamily::program;
  return ExtraFamily::data;
}

}  // namespace envlock
