#include "verify/audit_jupyter.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

struct Trait {
  std::string_view group, name;  ///< "ServerApp", "ip"
};

Trait split_trait(std::string_view trait) {
  const std::size_t dot = trait.rfind('.');
  if (dot == std::string_view::npos) return {{}, trait};
  return {trait.substr(0, dot), trait.substr(dot + 1)};
}

bool is_password(std::string_view name) { return name == "password" || name == "hashed_password"; }

/// '' is all addresses, too: Jupyter hands it to bind(2).
bool is_all_addresses(std::string_view ip) {
  constexpr std::array<std::string_view, 6> all{"", "*", "0.0.0.0", "::", "[::]", "0"};
  return std::find(all.begin(), all.end(), ip) != all.end();
}

/// The host of "http://HOST:PORT/PATH".
std::string_view host_of(std::string_view url) {
  const std::size_t start = url.find("://");
  if (start != std::string_view::npos) url.remove_prefix(start + 3);
  url = url.substr(0, url.find('/'));
  if (!url.empty() && url.front() == '[') return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

/// "sha1" of "sha1:SALT:HASH"; empty for hashes that are made slowly, and for what is no hash.
std::string_view fast_hash_of(std::string_view password) {
  const std::string_view algorithm = password.substr(0, password.find(':'));
  const bool is_fast = algorithm.substr(0, 3) == "sha" || algorithm.substr(0, 2) == "md" ||
                       algorithm.substr(0, 5) == "blake";
  return is_fast && std::count(password.begin(), password.end(), ':') >= 2 ? algorithm
                                                                           : std::string_view();
}

bool is_true(const std::string& value) {
  const std::string lower = to_lower(value);
  return lower == "true" || lower == "1";
}

class Judge {
 public:
  Judge(const std::vector<JupyterSetting>& settings, const JupyterSurroundings& around)
      : around_(around), has_password_(around.has_password || sets_password(settings)) {
    for (const JupyterSetting& setting : settings) {
      const std::string_view name = split_trait(setting.trait).name;
      if (name == "ssl_key" || name == "internal_ssl") has_tls_ = true;
    }
  }

  void judge(const JupyterSetting& setting) {
    const Trait trait = split_trait(setting.trait);
    if (!setting.value) {
      judge_unknown(setting, trait.name);
      return;
    }
    const std::string& value = *setting.value;
    if (trait.name == "ip" || trait.name == "bind_url") {
      judge_address(setting, trait, value);
    } else if (trait.name == "token") {
      judge_token(setting, value);
    } else if (is_password(trait.name)) {
      judge_password(setting, value);
    } else if (trait.name == "allow_root" && is_true(value)) {
      add("EL416", setting, "'" + setting.trait + "' lets the server run as root", "False");
    } else if (trait.name == "allow_origin" && value == "*") {
      add("EL418", setting, "'" + setting.trait + "' allows every origin", "one origin, or none");
    } else if (trait.name == "disable_check_xsrf" && is_true(value)) {
      add("EL418", setting,
          "'" + setting.trait + "' turns off the check of where requests are from", "False");
    } else if (trait.name == "authenticator_class" &&
               to_lower(value).find("dummy") != std::string::npos) {
      add("EL419", setting, "'" + setting.trait + "' checks no password", "a real authenticator");
    }
  }

  std::vector<AuditHit> take() { return std::move(hits_); }

 private:
  void add(std::string_view rule, const JupyterSetting& setting, std::string message,
           std::string expected, const std::string& secret = {}) {
    hits_.push_back({rule, setting.line, masked_line(setting.text, secret), setting.trait,
                     std::move(message), std::move(expected)});
  }

  void judge_unknown(const JupyterSetting& setting, std::string_view name) {
    constexpr std::array<std::string_view, 7> watched{"ip",
                                                      "bind_url",
                                                      "token",
                                                      "allow_root",
                                                      "allow_origin",
                                                      "disable_check_xsrf",
                                                      "authenticator_class"};
    if (std::find(watched.begin(), watched.end(), name) == watched.end()) return;
    add("EL421", setting, "the value of '" + setting.trait + "' is computed", "a value");
  }

  void judge_address(const JupyterSetting& setting, const Trait& trait, const std::string& value) {
    // A spawner's address is inside of a container; a hub has its login, and with TLS is made for
    // this.
    if (trait.group.find("Spawner") != std::string_view::npos) return;
    if (trait.group == "JupyterHub" && has_tls_) return;
    const std::string_view ip = trait.name == "ip" ? std::string_view(value) : host_of(value);
    if (!is_all_addresses(ip)) return;
    add("EL411", setting, "'" + setting.trait + "' listens on all addresses", "localhost");
  }

  void judge_token(const JupyterSetting& setting, const std::string& value) {
    if (value.empty()) {
      if (!has_password_) {
        add("EL412", setting, "'" + setting.trait + "' is empty and no password is set",
            "no such setting");
      }
      return;
    }
    judge_secret(setting, value, "a token");
  }

  void judge_password(const JupyterSetting& setting, const std::string& value) {
    if (value.empty()) {
      add("EL413", setting, "'" + setting.trait + "' is empty", "no such setting");
      return;
    }
    if (const std::string_view hash = fast_hash_of(value); !hash.empty()) {
      add("EL415", setting, "'" + setting.trait + "' is a hash made with " + std::string(hash),
          "argon2", value);
    }
    judge_secret(setting, value, "a password");
  }

  void judge_secret(const JupyterSetting& setting, const std::string& value,
                    const std::string& what) {
    if (around_.secrets_are_shown) {
      add("EL414", setting, "'" + setting.trait + "' is " + what + " among the arguments",
          "a file of mode 0600", value);
    } else if (around_.read_by_others) {
      add("EL431", setting, "every user can read " + what + " in this file", "mode 0600", value);
    }
  }

  JupyterSurroundings around_;
  bool has_password_;
  bool has_tls_ = false;
  std::vector<AuditHit> hits_;
};

}  // namespace

bool sets_password(const std::vector<JupyterSetting>& settings) {
  return std::any_of(settings.begin(), settings.end(), [](const JupyterSetting& setting) {
    return is_password(split_trait(setting.trait).name) &&
           (!setting.value || !setting.value->empty());
  });
}

std::vector<std::string> private_keys_of(const std::vector<JupyterSetting>& settings) {
  std::vector<std::string> files;
  for (const JupyterSetting& setting : settings) {
    const std::string_view name = split_trait(setting.trait).name;
    if ((name == "keyfile" || name == "ssl_key") && setting.value && !setting.value->empty()) {
      files.push_back(*setting.value);
    }
  }
  return files;
}

std::vector<AuditHit> audit_jupyter(const std::vector<JupyterSetting>& settings,
                                    const JupyterSurroundings& around) {
  Judge judge(settings, around);
  for (const JupyterSetting& setting : settings) judge.judge(setting);
  return judge.take();
}

}  // namespace envlock
