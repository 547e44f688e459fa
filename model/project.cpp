#include "model/project.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "model/channel.hpp"
#include "model/match_spec.hpp"
#include "model/project_paths.hpp"
#include "model/text.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 9> top_keys = {
    "channel_priority", "channels", "environments", "exclude_newer",   "hosts",
    "platforms",        "policy",   "pypi",         "virtual_packages"};
constexpr std::array<std::string_view, 3> environment_keys = {"files", "lock", "same_versions_as"};
constexpr std::array<std::string_view, 12> channel_keys = {
    "attestations", "credentials", "minimum_age", "mirrors",    "owns",      "private",
    "root",         "root_sha256", "shards",      "signatures", "trust_url", "url"};
constexpr std::array<std::string_view, 7> policy_keys = {
    "accept",       "clobbers",   "denied",    "keep_records_without_timestamp",
    "link_scripts", "plain_http", "severities"};
constexpr std::array<std::string_view, 2> denied_keys = {"reason", "spec"};

constexpr std::array<std::pair<std::string_view, ChannelPriority>, 3> priorities = {
    {{"strict", ChannelPriority::strict},
     {"flexible", ChannelPriority::flexible},
     {"disabled", ChannelPriority::disabled}}};

std::string quoted(std::string_view text) { return '\'' + printable(text, 60) + '\''; }

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Names of environments end up in file names and on command lines.
bool is_environment_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
                  c == '-';
         });
}

bool is_owns_pattern(std::string_view pattern) {
  return pattern.size() <= 64 && std::ranges::all_of(pattern, [](char c) {
           return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-' || c == '*';
         });
}

class ProjectParser {
 public:
  explicit ProjectParser(const std::string& path) : in_(path, "envlock.yml") { out_.path = path; }

  Project parse(const YamlNode& root) {
    in_.require_root(root);
    for (const YamlEntry& entry : root.entries) read_key(entry);
    finish_environments();
    check_names_of_indexes();
    return std::move(out_);
  }

 private:
  void read_key(const YamlEntry& entry) {
    const YamlNode& value = entry.value;
    if (entry.key == "environments") {
      for (const YamlEntry& item : in_.mapping(value, "'environments'")) read_environment(item);
    } else if (entry.key == "channels") {
      for (const YamlEntry& item : in_.mapping(value, "'channels'")) read_channel(item);
    } else if (entry.key == "hosts") {
      for (const YamlEntry& item : in_.mapping(value, "'hosts'")) read_host(item);
    } else if (entry.key == "platforms") {
      read_platforms(value);
    } else if (entry.key == "virtual_packages") {
      for (const YamlEntry& item : in_.mapping(value, "'virtual_packages'"))
        read_virtual_packages(item);
    } else if (entry.key == "channel_priority") {
      read_priority(value);
    } else if (entry.key == "exclude_newer") {
      read_exclude_newer(value);
    } else if (entry.key == "policy") {
      read_policy(value);
    } else if (entry.key == "pypi") {
      out_.pypi = read_pypi_rules(in_, entry);
    } else {
      in_.refuse_key(entry, "envlock.yml", top_keys);
    }
  }

  // ---- environments

  void read_environment(const YamlEntry& entry) {
    if (!is_environment_name(entry.key))
      throw InputError(in_.place(entry), quoted(entry.key) + " cannot name an environment",
                       "a name has letters, digits, '.', '_' and '-', and starts with no '.' or "
                       "'-'");
    const std::string what = "the environment " + quoted(entry.key);
    Project::NamedEnvironment environment;
    environment.name = entry.key;
    environment.place = in_.place(entry);
    in_.require_mapping(entry.value, what);
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "files") {
        for (const YamlNode* file : in_.list(item.value, "'files'")) {
          environment.files.push_back(
              require_input_path(in_.text(*file, "a file"), in_.place(*file)));
        }
      } else if (item.key == "lock") {
        environment.lock = require_lock_path(in_.text(item.value, "'lock'"), in_.place(item.value));
      } else if (item.key == "same_versions_as") {
        environment.same_versions_as = in_.text(item.value, "'same_versions_as'");
      } else {
        in_.refuse_key(item, "an environment in envlock.yml", environment_keys);
      }
    }
    if (environment.files.empty())
      throw InputError(environment.place, what + " has no files",
                       "write files: [environment.yml] below it");
    out_.environments.push_back(std::move(environment));
  }

  void finish_environments() {
    std::vector<Project::NamedEnvironment>& all = out_.environments;
    for (Project::NamedEnvironment& environment : all) {
      if (environment.lock.empty())
        environment.lock = all.size() == 1 ? "envlock.lock" : environment.name + ".lock";
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (all[i].lock == all[j].lock)
          throw InputError(all[i].place,
                           "the environments " + quoted(all[j].name) + " and " +
                               quoted(all[i].name) + " have the same lock " + quoted(all[i].lock),
                           "give one of them another 'lock:'");
      }
      require_acyclic(all[i]);
    }
  }

  void require_acyclic(const Project::NamedEnvironment& start) const {
    const Project::NamedEnvironment* at = &start;
    for (std::size_t steps = 0; at->same_versions_as; ++steps) {
      const auto next = std::ranges::find(out_.environments, *at->same_versions_as,
                                          &Project::NamedEnvironment::name);
      if (next == out_.environments.end()) refuse_unknown_environment(*at);
      if (next->name == start.name || steps > out_.environments.size())
        throw InputError(start.place,
                         "'same_versions_as' leads from " + quoted(start.name) + " back to itself",
                         "let one of the environments be the first");
      at = &*next;
    }
  }

  [[noreturn]] void refuse_unknown_environment(const Project::NamedEnvironment& from) const {
    std::vector<std::string_view> names;
    for (const auto& environment : out_.environments) names.push_back(environment.name);
    const auto near = nearest_word(*from.same_versions_as, names);
    throw InputError(from.place,
                     "'same_versions_as' of " + quoted(from.name) + " names " +
                         quoted(*from.same_versions_as) + ", which is no environment",
                     near ? "did you mean '" + *near + "'?" : "there are " + join_words(names));
  }

  // ---- channels

  void read_channel(const YamlEntry& entry) {
    Project::ChannelRule rule;
    rule.name = entry.key;
    rule.place = in_.place(entry);
    rule.url = entry.key;
    std::optional<bool> is_private;
    if (entry.value.kind == YamlNode::Kind::scalar) {
      rule.url = in_.text(entry.value, "the URL of " + quoted(entry.key));
    } else {
      for (const YamlEntry& item : in_.mapping(entry.value, "the channel " + quoted(entry.key))) {
        if (item.key == "url") {
          rule.url = in_.text(item.value, "'url'");
        } else if (item.key == "owns") {
          for (const YamlNode* pattern : in_.list(item.value, "'owns'"))
            rule.owns.push_back(read_pattern(*pattern));
        } else if (item.key == "credentials") {
          rule.credentials = read_credential_rule(in_, item);
        } else if (item.key == "private") {
          is_private = in_.boolean(item.value, "'private'");
        } else if (item.key == "shards") {
          rule.use_shards = in_.boolean(item.value, "'shards'");
        } else if (item.key == "mirrors") {
          rule.mirrors = read_mirrors(in_, item);
        } else if (!read_trust_key(in_, item, rule.trust)) {
          in_.refuse_key(item, "a channel in envlock.yml", channel_keys);
        }
      }
    }
    check_trust_rule(rule.trust, rule.place);
    rule.is_private = is_private.value_or(rule.credentials.has_value());
    check_channel(rule);
    out_.channels.push_back(std::move(rule));
  }

  void check_channel(const Project::ChannelRule& rule) {
    const std::string& name = rule.name;
    if (name.find_first_of(":[\\") != std::string::npos || name.starts_with('/') ||
        name.starts_with("."))
      throw InputError(rule.place, quoted(redact_urls(name)) + " cannot name a channel",
                       "write NAME: URL, for example conda-forge: "
                       "https://conda.anaconda.org/conda-forge");
    if (name != "defaults") resolve_one(name, rule.place);
    const Channel channel = resolve_one(rule.url, rule.place);
    const auto [first, added] = channel_urls_.emplace(channel.url, name);
    if (!added)
      throw InputError(rule.place, "the channels " + quoted(first->second) + " and " +
                                       quoted(name) + " are the same place (" +
                                       redact_urls(rule.url) + ")");
  }

  /// A secret of --credential-fd that is for the channel NAME has one place to go to.
  void check_names_of_indexes() const {
    for (const PypiIndex& index : out_.pypi.indexes) {
      const auto channel =
          std::ranges::find(out_.channels, index.name, &Project::ChannelRule::name);
      if (channel == out_.channels.end()) continue;
      throw InputError(index.place,
                       "the index " + quoted(index.name) + " has the name of the channel at " +
                           channel->place.to_string() +
                           ", and credentials are handed over by that name",
                       "give the index another name");
    }
  }

  static Channel resolve_one(const std::string& text, const SourcePlace& place) {
    ChannelNames names;
    names.base_dir = form_base_dir;
    std::vector<Channel> channels;
    try {
      channels = parse_channel(text, names);
    } catch (const InputError& error) {
      throw InputError(place, error.what(), error.hint());
    }
    if (channels.size() != 1)
      throw InputError(place, quoted(text) + " stands for several channels",
                       "list pkgs/main and pkgs/r, each under its own name");
    if (!channels.front().subdirs.empty())
      throw InputError(place, "the channel " + quoted(text) + " names a platform",
                       "write the channel's base URL; platforms are chosen by 'platforms'");
    return channels.front();
  }

  std::string read_pattern(const YamlNode& node) {
    std::string pattern = in_.text(node, "a pattern of 'owns'");
    if (!is_owns_pattern(pattern))
      throw InputError(in_.place(node), quoted(pattern) + " is not a pattern of package names",
                       "write a lower-case name, with '*' for any text: acme-*");
    if (!owned_.insert(pattern).second)
      throw InputError(in_.place(node), "the pattern " + quoted(pattern) + " is owned twice",
                       "a name belongs to one channel");
    return pattern;
  }

  // ---- hosts, platforms and virtual packages

  void read_host(const YamlEntry& entry) {
    if (!is_environment_name(entry.key))
      throw InputError(in_.place(entry), quoted(entry.key) + " cannot name a host",
                       "a name has letters, digits, '.', '_' and '-', and starts with no '.' or "
                       "'-'");
    const std::string file = in_.text(entry.value, "the file of the host " + quoted(entry.key));
    out_.hosts.emplace(entry.key, require_input_path(file, in_.place(entry.value)));
  }

  Platform read_platform(const std::string& text, const SourcePlace& place) const {
    const auto platform = Platform::parse(text);
    if (platform && is_known_subdir(text)) return *platform;
    const auto near = nearest_word(text, known_subdirs());
    throw InputError(place, quoted(text) + " is not a platform",
                     near && *near != "noarch" ? "did you mean '" + *near + "'?"
                                               : "write for example linux-64 or osx-arm64");
  }

  void read_platforms(const YamlNode& node) {
    for (const YamlNode* item : in_.list(node, "'platforms'")) {
      const Platform platform = read_platform(in_.text(*item, "a platform"), in_.place(*item));
      if (std::ranges::count(out_.platforms, platform) == 0) out_.platforms.push_back(platform);
    }
    std::ranges::sort(out_.platforms);
  }

  void read_virtual_packages(const YamlEntry& entry) {
    const Platform platform = read_platform(entry.key, in_.place(entry));
    std::vector<VirtualPackage>& packages = out_.virtual_packages[platform];
    for (const YamlNode* item :
         in_.list(entry.value, "the virtual packages of " + platform.subdir())) {
      const SourcePlace place = in_.place(*item);
      const VirtualPackage package =
          read_virtual_package(in_.text(*item, "a virtual package"), place);
      if (!virtual_package_fits(package.name, platform))
        throw InputError(place, quoted(package.name) + " cannot exist on " + platform.subdir());
      if (std::ranges::count(packages, package.name, &VirtualPackage::name) != 0)
        throw InputError(place, quoted(package.name) + " is given twice for " + platform.subdir());
      packages.push_back(package);
    }
    std::ranges::sort(packages);
  }

  static VirtualPackage read_virtual_package(const std::string& text, const SourcePlace& place) {
    try {
      return parse_virtual_package(text);
    } catch (const InputError& error) {
      throw InputError(place, error.what(), error.hint());
    }
  }

  // ---- solving and policy

  void read_priority(const YamlNode& node) {
    const std::string text = in_.text(node, "'channel_priority'");
    out_.channel_priority = parse_channel_priority(text);
    if (!out_.channel_priority)
      throw InputError(in_.place(node), quoted(text) + " is not a channel priority",
                       "write strict, flexible or disabled");
  }

  /// The form alone: an age is counted from the moment of the solve.
  void read_exclude_newer(const YamlNode& node) {
    const std::string text = in_.text(node, "'exclude_newer'");
    const Instant far_future{timestamp_to_ms(INT64_MAX)};
    try {
      parse_exclude_newer(text, far_future);
    } catch (const InputError& error) {
      throw InputError(in_.place(node), std::string("'exclude_newer': ") + error.what(),
                       error.hint());
    }
    out_.exclude_newer = text;
  }

  void read_policy(const YamlNode& node) {
    for (const YamlEntry& entry : in_.mapping(node, "'policy'")) {
      if (entry.key == "denied") {
        for (const YamlNode* item : in_.list(entry.value, "'denied'")) read_denied(*item);
      } else if (entry.key == "clobbers") {
        out_.clobbers = read_clobbers(in_, entry);
      } else if (entry.key == "keep_records_without_timestamp") {
        out_.keep_records_without_timestamp = in_.boolean(entry.value, "'" + entry.key + "'");
      } else if (entry.key == "link_scripts") {
        for (const YamlNode* item : in_.list(entry.value, "'link_scripts'"))
          read_link_script(*item);
      } else if (entry.key == "plain_http") {
        out_.plain_http = read_plain_http(in_, entry);
      } else if (!read_verify_policy(in_, entry, out_.verify)) {
        in_.refuse_key(entry, "'policy' in envlock.yml", policy_keys);
      }
    }
  }

  void read_link_script(const YamlNode& node) {
    const std::string text = in_.text(node, "a link script's sha256");
    const auto sha256 = Sha256::parse(text);
    if (!sha256) {
      throw InputError(in_.place(node), "'" + text + "' is no sha256: 64 lower-case hex digits",
                       "'envlock install' prints that of each script that it skips");
    }
    out_.link_scripts.push_back(*sha256);
  }

  void read_denied(const YamlNode& node) {
    Project::DeniedPackage denied;
    denied.place = in_.place(node);
    in_.require_mapping(node, "a denied package");
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == "spec") {
        denied.spec = in_.text(entry.value, "'spec'");
      } else if (entry.key == "reason") {
        denied.reason = in_.text(entry.value, "'reason'");
      } else {
        in_.refuse_key(entry, "a denied package", denied_keys);
      }
    }
    if (denied.spec.empty() || denied.reason.empty())
      throw InputError(denied.place, "a denied package needs 'spec' and 'reason'",
                       "write - {spec: \"openssl <3\", reason: \"no longer maintained\"}");
    try {
      MatchSpec::parse(denied.spec);
    } catch (const InputError& error) {
      throw InputError(denied.place, error.what(), error.hint());
    }
    out_.denied.push_back(std::move(denied));
  }

  YamlReader in_;
  Project out_;
  std::map<Url, std::string> channel_urls_;
  std::set<std::string> owned_;
};

}  // namespace

std::string_view to_string(ChannelPriority priority) noexcept {
  for (const auto& [text, value] : priorities) {
    if (value == priority) return text;
  }
  return "strict";
}

std::optional<ChannelPriority> parse_channel_priority(std::string_view text) noexcept {
  for (const auto& [known, value] : priorities) {
    if (known == text) return value;
  }
  return std::nullopt;
}

std::span<const std::string_view> project_keys(std::string_view section) noexcept {
  if (section.empty()) return top_keys;
  if (section == "environment") return environment_keys;
  if (section == "channel") return channel_keys;
  if (section == "mirror") return mirror_keys();
  if (section == "attestations") return trust_keys(section);
  if (section == "policy") return policy_keys;
  if (section == "denied") return denied_keys;
  if (section == "acceptance") return accept_keys(section);
  if (section == "clobber") return clobber_keys();
  if (section == "pypi" || section == "pypi_index") return pypi_keys(section);
  return credential_keys(section);
}

Project parse_project(std::string_view yaml, const std::string& path) {
  return ProjectParser(path).parse(parse_yaml(yaml, path));
}

}  // namespace envlock
