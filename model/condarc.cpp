#include "model/condarc.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "model/channel.hpp"
#include "model/text.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {
namespace {

struct KnownRemark {
  std::string_view key, text;
};

/// Keys whose intent matters, and where it belongs now.
constexpr std::array<KnownRemark, 22> known_remarks{{
    {"add_anaconda_token", "no token is put into URLs: see 'credentials' in docs/credentials.md"},
    {"anaconda_token", "secrets are not copied: see 'credentials' in docs/credentials.md"},
    {"allowlist_channels", "the list 'channels' of envlock.yml already allows no others"},
    {"whitelist_channels", "the list 'channels' of envlock.yml already allows no others"},
    {"denylist_channels", "the list 'channels' of envlock.yml already allows no others"},
    {"channel_settings",
     "credentials belong under the channel in envlock.yml: docs/credentials.md"},
    {"client_ssl_cert", "client certificates are not supported"},
    {"client_ssl_cert_key", "client certificates are not supported"},
    {"proxy_servers", "set https_proxy and http_proxy in the environment"},
    {"pinned_packages", "write the pins into environment.yml, where the lock's question sees them"},
    {"create_default_packages", "write the packages into environment.yml"},
    {"track_features", "not supported: ask for the package or build that you want"},
    {"exclude_newer_package", "envlock.yml has 'minimum_age' for each channel"},
    {"signing_metadata_url_base",
     "envlock.yml has 'signatures', 'root' and 'trust_url': docs/trust.md"},
    {"verify_artifacts", "envlock.yml has 'signatures' and 'root' for each channel: docs/trust.md"},
    {"trusted_channels", "envlock.yml has 'signatures' and 'root' for each channel: docs/trust.md"},
    {"safety_checks", "every package is checked, always"},
    {"extra_safety_checks", "every package is checked, always"},
    {"virtual_packages", "envlock.yml has 'virtual_packages' for each platform"},
    {"override_virtual_packages", "envlock.yml has 'virtual_packages' for each platform"},
    {"use_only_tar_bz2", "not supported: the channel's repodata decides"},
    {"offline", "give '--offline' to the command"},
}};

/// A URL without its credentials, or a name or path as it is.
std::string without_credentials(const std::string& text, bool& had_some) {
  const auto url = Url::parse(text);
  if (!url || !url->has_credentials()) return text;
  had_some = true;
  return url->to_string();
}

class Reader {
 public:
  Reader(const std::string& file, const std::string& base_dir)
      : file_(file), yaml_(file, "a .condarc") {
    names_.base_dir = base_dir;
  }

  Condarc read(std::string_view text) {
    const YamlNode root = parse_yaml(text, file_);
    yaml_.require_root(root);
    // The keys that say what a name means come before those that use names.
    for (const YamlEntry& entry : root.entries) read_names(entry);
    for (const YamlEntry& entry : root.entries) read_key(entry);
    note_unused();
    for (const Remark& remark : own_affairs_) out_.remarks.push_back(remark);
    if (out_.channels.empty())
      throw InputError(SourcePlace{file_}, "it names no channel that envlock can use",
                       remarks_text());
    return std::move(out_);
  }

 private:
  using Remark = Condarc::Remark;
  static constexpr int max_depth = 8;

  std::string remarks_text() const {
    std::string text = "write a list 'channels'";
    for (const Remark& remark : out_.remarks) text += "\n" + remark.key + ": " + remark.text;
    return text;
  }

  void remark(const std::string& key, std::string text) {
    const auto same = [&](const Remark& known) { return known.key == key && known.text == text; };
    if (std::ranges::none_of(out_.remarks, same)) out_.remarks.push_back({key, std::move(text)});
  }

  std::string clean(const YamlNode& node, const std::string& key) {
    bool had_some = false;
    std::string text = without_credentials(yaml_.text(node, "'" + key + "'"), had_some);
    if (had_some)
      remark(key, "the credentials in " + redact_urls(text) +
                      " were not copied: see 'credentials' in docs/credentials.md");
    return text;
  }

  std::vector<std::string> cleaned_list(const YamlNode& node, const std::string& key) {
    if (node.kind == YamlNode::Kind::scalar) return {clean(node, key)};
    std::vector<std::string> out;
    for (const YamlNode* item : yaml_.list(node, "'" + key + "'")) out.push_back(clean(*item, key));
    return out;
  }

  void read_names(const YamlEntry& entry) {
    if (entry.key == "channel_alias") {
      names_.alias = clean(entry.value, entry.key);
      while (names_.alias.ends_with('/')) names_.alias.pop_back();
    } else if (entry.key == "default_channels") {
      multichannels_["defaults"] = cleaned_list(entry.value, entry.key);
    } else if (entry.key == "custom_multichannels") {
      for (const YamlEntry& multi : yaml_.mapping(entry.value, "'custom_multichannels'"))
        multichannels_[multi.key] = cleaned_list(multi.value, entry.key);
    } else if (entry.key == "custom_channels") {
      for (const YamlEntry& custom : yaml_.mapping(entry.value, "'custom_channels'")) {
        std::string location = clean(custom.value, entry.key);
        while (location.ends_with('/')) location.pop_back();
        if (location.starts_with('/')) location = Url::from_path(location).to_string();
        const auto url = Url::parse(location + '/' + custom.key);
        if (!url)
          throw InputError(yaml_.place(custom.value),
                           "'custom_channels': expected a URL for '" + printable(custom.key, 60) +
                               "', found '" + printable(redact_urls(location), 200) + "'");
        names_.named.emplace(custom.key, *url);
        unused_custom_.insert(custom.key);
      }
    } else if (entry.key == "mirrored_channels") {
      for (const YamlEntry& channel : yaml_.mapping(entry.value, "'mirrored_channels'"))
        mirrors_[channel.key] = cleaned_list(channel.value, entry.key);
    }
  }

  void read_key(const YamlEntry& entry) {
    static constexpr std::array<std::string_view, 5> names{
        "channel_alias", "custom_channels", "default_channels", "custom_multichannels",
        "mirrored_channels"};
    if (entry.key == "channels") {
      for (const std::string& text : cleaned_list(entry.value, entry.key)) add_channels(text, 0);
    } else if (entry.key == "channel_priority") {
      read_priority(entry.value);
    } else if (entry.key == "exclude_newer") {
      out_.exclude_newer = yaml_.text(entry.value, "'exclude_newer'");
    } else if (entry.key == "subdir") {
      if (const auto platform = Platform::parse(yaml_.text(entry.value, "'subdir'")))
        out_.platforms.push_back(*platform);
    } else if (entry.key == "disallowed_packages") {
      read_denied(entry.value);
    } else if (entry.key == "ssl_verify") {
      read_ssl_verify(entry.value);
    } else if (std::ranges::find(names, entry.key) == names.end()) {
      const auto known = std::ranges::find(known_remarks, entry.key, &KnownRemark::key);
      if (known != known_remarks.end()) {
        remark(entry.key, std::string(known->text));
      } else {
        own_affairs_.push_back({printable(entry.key, 60), "means nothing to envlock"});
      }
    }
  }

  /// A name may stand for several channels, and those for several again: each is opened once.
  void add_channels(const std::string& text, int depth) {
    const auto multi = multichannels_.find(text);
    if (multi != multichannels_.end() && depth < max_depth) {
      if (!opened_.insert(text).second) return;
      for (const std::string& member : multi->second) add_channels(member, depth + 1);
      return;
    }
    if (text == "nodefaults") return;
    try {
      for (const Channel& channel : parse_channel(text, names_)) add_channel(text, channel);
    } catch (const InputError& error) {
      remark("channels", std::string(error.what()) + ": left out");
    }
  }

  void add_channel(const std::string& text, const Channel& channel) {
    unused_custom_.erase(text);
    if (!channel.subdirs.empty())
      remark("channels", "the platforms of '" + channel.name + "' were left out: envlock.yml has " +
                             "'platforms'");
    const auto same = [&](const Condarc::Channel& known) { return known.url == channel.url; };
    if (std::ranges::any_of(out_.channels, same)) return;
    Condarc::Channel made{unique_name(channel.name), channel.url, {}};
    if (const auto mirrors = mirrors_.find(channel.name); mirrors != mirrors_.end()) {
      for (const std::string& mirror : mirrors->second) {
        const auto url = Url::parse(mirror);
        if (!url) {
          remark("mirrored_channels", "'" + printable(redact_urls(mirror), 200) +
                                          "' is no http, https or file URL: left out");
        } else if (*url != channel.url) {
          made.mirrors.push_back(url->to_string());
        }
      }
    }
    out_.channels.push_back(std::move(made));
  }

  std::string unique_name(std::string name) {
    std::ranges::replace_if(
        name, [](char c) { return c == ':' || c == '[' || c == '\\'; }, '-');
    std::string unique = name;
    for (int i = 2; !taken_.insert(unique).second; ++i) unique = name + '-' + std::to_string(i);
    return unique;
  }

  void read_priority(const YamlNode& node) {
    std::string text = yaml_.text(node, "'channel_priority'");
    if (text == "true") text = "flexible";
    if (text == "false") text = "disabled";
    out_.channel_priority = parse_channel_priority(text);
    if (!out_.channel_priority)
      throw InputError(yaml_.place(node),
                       "'channel_priority': expected strict, flexible or "
                       "disabled, found '" +
                           printable(text, 40) + "'");
  }

  void read_denied(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) {
      for (const YamlNode* item : yaml_.list(node, "'disallowed_packages'"))
        out_.denied.push_back(yaml_.text(*item, "an item of 'disallowed_packages'"));
      return;
    }
    std::string_view rest = node.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      if (const auto spec = trim(rest.substr(0, end)); !spec.empty())
        out_.denied.emplace_back(spec);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void read_ssl_verify(const YamlNode& node) {
    const std::string text = yaml_.text(node, "'ssl_verify'");
    if (text == "true") return;
    if (text == "false") {
      remark("ssl_verify",
             "certificates are always verified: set SSL_CERT_FILE to the certificates "
             "of your proxy or server");
    } else if (text == "truststore") {
      remark("ssl_verify",
             "the system's certificates are used where SSL_CERT_FILE names no others");
    } else {
      remark("ssl_verify", "set SSL_CERT_FILE=" + printable(text, 200) + " in the environment");
    }
  }

  /// Custom channels that no list uses.
  void note_unused() {
    for (const std::string& name : unused_custom_)
      remark("custom_channels", "'" + printable(name, 60) + "' (" +
                                    names_.named.at(name).to_string() +
                                    ") is not in 'channels', so nothing may use it: add it there "
                                    "if an environment.yml names it");
  }

  const std::string& file_;
  YamlReader yaml_;
  Condarc out_;
  ChannelNames names_;
  std::map<std::string, std::vector<std::string>> multichannels_, mirrors_;
  std::set<std::string> unused_custom_, taken_, opened_;
  std::vector<Remark> own_affairs_;
};

}  // namespace

bool looks_like_condarc(std::string_view text) {
  static constexpr std::array<std::string_view, 9> keys{
      "channels:",        "default_channels:", "channel_alias:",
      "custom_channels:", "ssl_verify:",       "channel_priority:",
      "proxy_servers:",   "envs_dirs:",        "custom_multichannels:"};
  bool found = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with("dependencies:") || line.starts_with("environments:")) return false;
    found = found || std::ranges::any_of(keys, [&](auto key) { return line.starts_with(key); });
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

Condarc read_condarc(std::string_view text, const std::string& file, const std::string& base_dir) {
  return Reader(file, base_dir).read(text);
}

}  // namespace envlock
