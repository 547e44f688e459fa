#include <algorithm>

#include "model/baseline.hpp"
#include "model/text.hpp"
#include "verify/audit_arguments.hpp"
#include "verify/audit_context.hpp"
#include "verify/audit_unit.hpp"

namespace envlock {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

/// "python3.11" and so on: the pythons that the prefix has.
std::vector<std::string> pythons_of(const std::string& prefix) {
  std::vector<std::string> out;
  for (const std::string& name : list_host_folder(prefix + "/lib").names) {
    const bool is_python = starts_with(name, "python") && name.find('.') != std::string::npos;
    if (is_python && list_host_folder(prefix + "/lib/" + name).is_there) out.push_back(name);
  }
  return out;
}

/// The module that `import` would find under this name in a folder of modules; empty for what is
/// none.
std::string module_of(const std::string& name) {
  if (name.front() == '_' && starts_with(name, "__")) return {};
  for (const std::string_view end : {".dist-info", ".egg-info", ".pth", ".egg-link", ".egg"}) {
    if (ends_with(name, end)) return {};
  }
  const std::size_t dot = name.find('.');
  if (dot == 0) return {};
  const bool is_file = dot != std::string::npos;
  if (is_file && !ends_with(name, ".py") && !ends_with(name, ".so") && !ends_with(name, ".pyc")) {
    return {};
  }
  return name.substr(0, dot);
}

std::set<std::string> modules_in(const std::string& folder) {
  std::set<std::string> modules;
  for (const std::string& name : list_host_folder(folder).names) {
    if (std::string module = module_of(name); !module.empty()) modules.insert(std::move(module));
  }
  return modules;
}

std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) {
    out += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > shown) out += " and " + std::to_string(names.size() - shown) + " more";
  return out;
}

void audit_user_site(AuditContext& context, const HostUser& user, const std::string& python) {
  const std::string site = user.home + "/.local/lib/" + python + "/site-packages";
  const HostFolder folder = list_host_folder(context.place_of(site));
  context.look();
  if (folder.is_denied) context.count("home folders of other users");
  for (const std::string& name : folder.names) {
    // The same rule as for the environment's own files.
    if (role_of("lib/" + python + "/site-packages/" + name) != FileRole::startup) continue;
    context.add(site + "/" + name,
                {"EL402", 0, name, "", "python runs it at every start", "not there"});
  }
  const std::set<std::string> own =
      modules_in(context.prefixes().front() + "/lib/" + python + "/site-packages");
  std::vector<std::string> both;
  std::vector<std::string> added;
  for (const std::string& module : modules_in(context.place_of(site))) {
    (own.count(module) != 0 ? both : added).push_back(module);
  }
  if (!both.empty()) {
    context.add(site, {"EL401", 0, first_names(both), "",
                       "it has modules that the environment has, too", "none of these"});
  } else if (!added.empty()) {
    context.add(site, {"EL403", 0, first_names(added), "",
                       "it adds modules to the environment for this user", "no modules"});
  }
}

/// Shell code as words: no more is understood than where something is assigned.
void audit_assignments(AuditContext& context, const std::string& path) {
  const HostFile file = context.read(path);
  if (!file.text) return;
  for (const TextLine& line : lines_of(*file.text)) {
    std::string text(trim(line.text));
    if (text.empty() || text.front() == '#') continue;
    std::replace(text.begin(), text.end(), ';', ' ');
    std::string before;
    bool is_exported = false;  // csh's `setenv NAME VALUE`, fish's `set -gx NAME VALUE`
    for (const std::string& word : split_words(text)) {
      if (word.front() == '#' || word == "echo" || word == "printf") break;
      const std::size_t sign = word.find('=');
      const std::string name = word.substr(0, sign);
      const std::string_view rule = rule_of_variable(name);
      const bool has_value = sign != std::string::npos && sign + 1 < word.size();
      if (!rule.empty() && (has_value || (is_exported && sign == std::string::npos))) {
        context.add(path, variable_hit(rule, line.number, line.text, name));
      }
      is_exported = word == "setenv" ||
                    (before == "set" && word.front() == '-' && word.find('x') != std::string::npos);
      before = word;
    }
  }
}

void audit_startup_files(AuditContext& context) {
  for (const char* const path :
       {"/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshenv",
        "/etc/zsh/zprofile", "/etc/zsh/zshrc", "/etc/zshenv", "/etc/security/pam_env.conf"}) {
    audit_assignments(context, path);
  }
  const auto all_in = [&](const std::string& folder, std::string_view end) {
    for (const std::string& name : list_host_folder(context.place_of(folder)).names) {
      if (ends_with(name, end)) audit_assignments(context, folder + "/" + name);
    }
  };
  all_in("/etc/profile.d", "sh");  // .sh and .csh
  all_in("/etc/environment.d", ".conf");
  all_in("/etc/fish/conf.d", ".fish");
  for (const HostUser& user : context.users()) {
    for (const char* const name :
         {".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc",
          ".pam_environment", ".config/fish/config.fish"}) {
      audit_assignments(context, user.home + "/" + name);
    }
    all_in(user.home + "/.config/environment.d", ".conf");
  }
}

}  // namespace

void audit_python(AuditContext& context) {
  const std::vector<std::string> pythons = pythons_of(context.prefixes().front());
  for (const auto& [name, value] : context.request().environment) {
    context.look();
    const std::string_view rule = rule_of_variable(name);
    if (rule.empty() || value.empty()) continue;
    context.add("", variable_hit(rule, 0, name + "=" + value, name));
  }
  audit_startup_files(context);
  for (const HostUser& user : context.users()) {
    for (const std::string& python : pythons) audit_user_site(context, user, python);
  }
}

}  // namespace envlock
