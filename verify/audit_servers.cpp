#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "model/error.hpp"
#include "verify/audit_arguments.hpp"
#include "verify/audit_context.hpp"
#include "verify/audit_jupyter.hpp"
#include "verify/audit_unit.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_unit_bytes = std::size_t{256} << 10U;

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The configuration files of one of Jupyter's folders, which hold together.
struct Layer {
  struct File {
    std::string path;
    std::vector<JupyterSetting> settings;
    bool read_by_others = false;
  };
  std::vector<File> files;
  [[nodiscard]] bool has_password() const {
    return std::any_of(files.begin(), files.end(),
                       [](const File& file) { return sets_password(file.settings); });
  }
};

class Servers {
 public:
  explicit Servers(AuditContext& context) : context_(context) {}

  void audit() {
    const bool has_jupyter = prefix_has_jupyter();
    if (has_jupyter) audit_configurations();
    audit_units();
    audit_processes();
  }

 private:
  [[nodiscard]] bool prefix_has_jupyter() const {
    const auto names = list_host_folder(context_.prefixes().front() + "/bin").names;
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& name) { return starts_with(name, "jupyter"); });
  }

  void read_config(const std::string& path, Layer& layer) {
    const HostFile file = context_.read(path);
    if (!file.text) return;
    Layer::File out;
    out.path = path;
    out.read_by_others =
        (file.mode & S_IROTH) != 0 && is_reachable_by_others(context_.place_of(path));
    try {
      out.settings = ends_with(path, ".json") ? read_jupyter_json(*file.text, path)
                                              : read_jupyter_python(*file.text);
    } catch (const InputError& error) {
      context_.add(path, {"EL440", 0, masked_line(error.what()), "",
                          "Jupyter cannot read it, either", "a JSON object"});
      return;
    }
    layer.files.push_back(std::move(out));
  }

  Layer read_layer(const std::vector<std::string>& folders) {
    Layer layer;
    for (const std::string& folder : folders) {
      for (const std::string& name : list_host_folder(context_.place_of(folder)).names) {
        if (!starts_with(name, "jupyter")) continue;
        const std::string path = folder + "/" + name;
        if (ends_with(name, "_config.py") || ends_with(name, "_config.json")) {
          read_config(path, layer);
        } else if (ends_with(name, "_config.d")) {
          for (const std::string& part : list_host_folder(context_.place_of(path)).names) {
            if (ends_with(part, ".json")) read_config(path + "/" + part, layer);
          }
        }
      }
    }
    return layer;
  }

  void judge(const Layer& layer, bool has_password) {
    for (const Layer::File& file : layer.files) {
      JupyterSurroundings around;
      around.has_password = has_password || layer.has_password();
      around.read_by_others = file.read_by_others;
      for (const AuditHit& hit : audit_jupyter(file.settings, around)) context_.add(file.path, hit);
      audit_keys(file.settings);
    }
  }

  void audit_keys(const std::vector<JupyterSetting>& settings) {
    for (const std::string& key : private_keys_of(settings)) {
      const std::string place = context_.place_of(key);
      struct stat status {};
      if (key.front() != '/' || !keys_.insert(key).second || ::stat(place.c_str(), &status) != 0) {
        continue;
      }
      const bool is_open = (status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0;
      if (!is_open || !is_reachable_by_others(place)) continue;
      std::string mode = "0000";
      for (std::size_t i = 0; i < 4; ++i) {
        mode[3 - i] = static_cast<char>('0' + ((status.st_mode >> (3 * i)) & 7U));
      }
      context_.add(
          key, {"EL417", 0, "mode " + mode, "", "it is the private key of a server", "mode 0600"});
    }
  }

  /// In Jupyter's own order: user, environment, system. What is set further down holds above, too,
  /// unless it is set anew.
  void audit_configurations() {
    system_ = read_layer(
        {"/usr/local/etc/jupyter", "/etc/jupyter", "/etc/jupyterhub", "/srv/jupyterhub"});
    environment_ = read_layer({context_.prefixes().front() + "/etc/jupyter"});
    std::vector<std::string> named;
    if (const std::string folder = context_.variable("JUPYTER_CONFIG_DIR"); !folder.empty()) {
      named.push_back(folder);
    }
    std::string path = context_.variable("JUPYTER_CONFIG_PATH");
    while (!path.empty()) {
      const std::size_t colon = std::min(path.find(':'), path.size());
      if (colon > 0) named.push_back(path.substr(0, colon));
      path.erase(0, std::min(colon + 1, path.size()));
    }
    judge(system_, false);
    judge(environment_, system_.has_password());
    shared_password_ = system_.has_password() || environment_.has_password();
    judge(read_layer(named), shared_password_);
    for (const HostUser& user : context_.users()) {
      const Layer layer = read_layer({user.home + "/.jupyter", user.home + "/.local/etc/jupyter"});
      judge(layer, shared_password_);
      if (layer.has_password()) with_password_.insert(user.home);
    }
  }

  [[nodiscard]] bool has_password(const std::string& user, uid_t uid) const {
    const auto& users = context_.users();
    return shared_password_ || std::any_of(users.begin(), users.end(), [&](const HostUser& known) {
             const bool is_it = user.empty() ? known.uid == uid : known.name == user;
             return is_it && with_password_.count(known.home) != 0;
           });
  }

  /// A configuration that a command names lies in no folder that is looked at anyway.
  void audit_named_configs(const std::vector<std::string>& words, bool has_password) {
    if (!is_jupyter_command(words)) return;
    audit_keys(jupyter_options(words));
    for (const std::string& file : jupyter_config_files(words)) {
      if (file.empty() || file.front() != '/' || context_.read_paths().count(file) != 0) continue;
      Layer layer;
      read_config(file, layer);
      judge(layer, has_password);
    }
  }

  void audit_units() {
    audit_unit_folders({"/etc/systemd/system", "/run/systemd/system",
                        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                        "/lib/systemd/system"});
    audit_unit_folders({"/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user",
                        "/usr/lib/systemd/user"});
    for (const HostUser& user : context_.users()) {
      audit_unit_folders(
          {user.home + "/.config/systemd/user", user.home + "/.local/share/systemd/user"},
          user.name);
    }
  }

  std::vector<UnitEntry> read_unit_file(const std::string& path) {
    const HostFile file = read_host_file(context_.place_of(path), max_unit_bytes);
    context_.look();
    if (file.is_denied) context_.count("files that this user may not read");
    // A unit that is masked is a link to /dev/null; systemd takes no other such thing, either.
    const bool is_masked = file.fault == not_regular_fault;
    if (!file.fault.empty() && !file.is_denied && !is_masked) {
      context_.add(path,
                   {"EL440", 0, file.fault, "", "what the unit starts is not known: " + file.fault,
                    "a text file of usual size"});
    }
    return file.text ? read_unit(*file.text, path) : std::vector<UnitEntry>();
  }

  /// @param folders  of one manager, the one that wins first
  void audit_unit_folders(const std::vector<std::string>& folders, const std::string& user = {}) {
    std::map<std::string, std::string> units;  // of each name the first
    std::map<std::string, std::map<std::string, std::string>> drop_ins;
    for (const std::string& folder : folders) {
      for (const std::string& name : list_host_folder(context_.place_of(folder)).names) {
        const std::string path = folder + "/" + name;
        if (ends_with(name, ".service")) {
          units.emplace(name, path);
        } else if (ends_with(name, ".service.d")) {
          auto& parts = drop_ins[name.substr(0, name.size() - 2)];
          for (const std::string& part : list_host_folder(context_.place_of(path)).names) {
            if (ends_with(part, ".conf")) parts.emplace(part, path + "/" + part);
          }
        }
      }
    }
    for (const auto& [name, parts] : drop_ins) units.emplace(name, "");
    for (const auto& [name, path] : units) {
      std::vector<std::vector<UnitEntry>> files;
      if (!path.empty()) files.push_back(read_unit_file(path));
      for (const auto& [part, part_path] : drop_ins[name]) {
        files.push_back(read_unit_file(part_path));
      }
      audit_effective(effective_unit(files), user);
    }
  }

  void audit_effective(const std::vector<UnitEntry>& unit, std::string user) {
    const auto& prefixes = context_.prefixes();
    const bool uses = std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
      return unit_uses(unit, prefix);
    });
    if (!uses) return;
    for (const UnitEntry& entry : unit) {
      if (entry.key == "User") user = entry.value;
    }
    const bool with_password = has_password(user, 0);
    for (const UnitHit& hit : audit_unit(unit, with_password)) context_.add(hit.file, hit.hit);
    for (const auto& words : commands_of(unit)) {
      audit_named_configs(without_shell(words), with_password);
    }
  }

  void audit_processes() {
    const std::string& proc = context_.request().proc;
    for (const std::string& name : list_host_folder(proc).names) {
      if (is_number(name)) audit_process(proc + "/" + name, name);
    }
  }

  void audit_process(const std::string& folder, const std::string& number) {
    const HostFile file = read_host_file(folder + "/cmdline", max_host_file_bytes, true);
    if (!file.text || file.text->empty()) return;  // it has ended, or is a kernel thread
    context_.look();
    std::vector<std::string> words;
    std::string_view rest = *file.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\0'), rest.size());
      words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::string program = program_of(folder, words);
    if (program.empty()) return;
    struct stat status {};
    const uid_t uid = ::stat(folder.c_str(), &status) == 0 ? status.st_uid : 0;
    const bool with_password = has_password("", uid);
    for (AuditHit& hit : audit_command(words, 0, with_password)) {
      // The number changes with every start: it is no part of what the finding is known by.
      hit.message += " (process " + number + ")";
      hit.kind += " running";
      if (told_.insert(program + '\0' + std::string(hit.rule) + hit.kind).second) {
        context_.add(program, hit);
      }
    }
    audit_named_configs(words, with_password);
  }

  /// What the process runs of the environment; empty where it is nothing of it.
  [[nodiscard]] std::string program_of(const std::string& folder,
                                       const std::vector<std::string>& words) const {
    std::error_code error;
    const std::string exe = std::filesystem::read_symlink(folder + "/exe", error).string();
    for (const std::string& prefix : context_.prefixes()) {
      // The script that an interpreter runs says more than the interpreter.
      for (const std::size_t i : {std::size_t{1}, std::size_t{0}}) {
        if (i < words.size() && starts_with(words[i], prefix + "/")) return words[i];
      }
      if (starts_with(exe, prefix + "/")) return exe;
    }
    return {};
  }

  AuditContext& context_;
  Layer system_, environment_;
  bool shared_password_ = false;
  std::set<std::string> with_password_;  ///< Homes.
  std::set<std::string> keys_, told_;
};

}  // namespace

void audit_servers(AuditContext& context) { Servers(context).audit(); }

}  // namespace envlock
