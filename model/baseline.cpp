#include "model/baseline.hpp"

#include <algorithm>
#include <array>

namespace envlock {
namespace {

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) noexcept {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

/// bin/.NAME-post-link.sh, Scripts/.NAME-pre-unlink.bat and the like (CF 8.7).
bool is_link_script(std::string_view folder, std::string_view name) noexcept {
  if (folder == "bin" && ends_with(name, ".sh")) {
    name.remove_suffix(3);
  } else if (folder == "Scripts" && ends_with(name, ".bat")) {
    name.remove_suffix(4);
  } else {
    return false;
  }
  constexpr std::array<std::string_view, 4> actions{"-pre-link", "-post-link", "-pre-unlink",
                                                    "-post-unlink"};
  return name.front() == '.' && std::any_of(actions.begin(), actions.end(),
                                            [&](auto action) { return ends_with(name, action); });
}

/// A folder of modules where `site` looks for what it runs at every start.
bool is_module_folder(std::string_view folder) noexcept {
  const std::string_view last = folder.substr(folder.rfind('/') + 1);
  const std::string_view above = folder.substr(0, folder.size() - last.size());
  const bool is_library = above == "lib/" || above == "lib64/";
  return last == "site-packages" || folder == "Lib" || (is_library && starts_with(last, "python"));
}

/// Python imports these two at every start, as module of any kind or as package.
bool is_customize_module(std::string_view name) noexcept {
  const std::string_view stem = name.substr(0, name.find('.'));
  return stem == "sitecustomize" || stem == "usercustomize";
}

bool is_startup(std::string_view folder, std::string_view name) noexcept {
  if (is_module_folder(folder)) return ends_with(name, ".pth") || is_customize_module(name);
  const std::size_t slash = folder.rfind('/');
  return slash != std::string_view::npos && starts_with(name, "__init__.") &&
         is_customize_module(folder.substr(slash + 1)) && is_module_folder(folder.substr(0, slash));
}

}  // namespace

const BaselineFile* find_file(const Baseline& baseline, std::string_view path) noexcept {
  const auto found = std::lower_bound(
      baseline.files.begin(), baseline.files.end(), path,
      [](const BaselineFile& file, std::string_view wanted) { return file.path < wanted; });
  return found != baseline.files.end() && found->path == path ? &*found : nullptr;
}

std::string_view to_string(FileRole role) noexcept {
  switch (role) {
    case FileRole::plain:
      return "plain";
    case FileRole::entry_point:
      return "entry_point";
    case FileRole::link_script:
      return "link_script";
    case FileRole::activation:
      return "activation";
    case FileRole::startup:
      return "startup";
    case FileRole::byte_code:
      return "byte_code";
    case FileRole::script_product:
      return "script_product";
  }
  return "plain";
}

FileRole role_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return FileRole::plain;
  const std::string_view folder = path.substr(0, slash);
  const std::string_view name = path.substr(slash + 1);
  if (is_link_script(folder, name)) return FileRole::link_script;
  for (const std::string_view start :
       {"etc/conda/activate.d/", "etc/conda/deactivate.d/", "etc/conda/env_vars.d/"}) {
    if (starts_with(path, start)) return FileRole::activation;
  }
  return is_startup(folder, name) ? FileRole::startup : FileRole::plain;
}

}  // namespace envlock
