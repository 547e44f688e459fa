#include "verify/audit_arguments.hpp"

#include <algorithm>
#include <array>

namespace envlock {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

struct Option {
  std::string name;   ///< Without dashes.
  std::string value;  ///< What stands behind '=', or the next word.
  bool has_value = false;
  std::string text;  ///< As written.
};

/// The options of a command; nothing behind "--".
std::vector<Option> options_of(const std::vector<std::string>& words) {
  std::vector<Option> options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 3 || !starts_with(word, "--")) continue;
    Option option;
    option.text = word;
    const std::size_t sign = word.find('=');
    option.name = word.substr(2, sign == std::string::npos ? sign : sign - 2);
    if (sign != std::string::npos) {
      option.value = word.substr(sign + 1);
      option.has_value = true;
    } else if (i + 1 < words.size() && !starts_with(words[i + 1], "-")) {
      option.value = words[i + 1];
      option.has_value = true;
      option.text += " " + words[i + 1];
    }
    options.push_back(std::move(option));
  }
  return options;
}

/// Quotes that a shell would have taken away, but systemd's `"--ip='*'"` leaves.
std::string unquoted(std::string text) {
  const bool is_quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
                         text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

bool mentions(std::string_view text, std::string_view folder) {
  constexpr std::string_view ends = "/ \t\"':;=,&|)";
  for (std::size_t at = 0; (at = text.find(folder, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + folder.size();
    const bool starts = at == 0 || ends.find(text[at - 1]) != std::string_view::npos ||
                        std::string_view("-@+!(<>`$").find(text[at - 1]) != std::string_view::npos;
    if (starts && (end == text.size() || ends.find(text[end]) != std::string_view::npos)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> without_shell(std::vector<std::string> words) {
  constexpr std::array<std::string_view, 6> shells{"sh", "bash", "dash", "zsh", "ksh", "fish"};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool is_shell =
        std::find(shells.begin(), shells.end(), base_name(words[i])) != shells.end();
    if (!is_shell) continue;
    for (std::size_t k = i + 1; k + 1 < words.size() && starts_with(words[k], "-"); ++k) {
      if (starts_with(words[k], "--") || words[k].back() != 'c') continue;
      std::vector<std::string> inner = split_words(words[k + 1]);
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(k + 1));
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(k + 1), inner.begin(), inner.end());
      return words;
    }
  }
  return words;
}

bool is_jupyter_command(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && words[i - 1] == "-m") {
      if (starts_with(words[i], "jupyter") || words[i] == "notebook") return true;
    }
    const std::string_view name = base_name(words[i]);
    const bool is_program =
        name == "jupyter" || starts_with(name, "jupyter-") || starts_with(name, "jupyterhub");
    if (is_program && name.find('.') == std::string_view::npos) return true;
  }
  return false;
}

std::vector<JupyterSetting> jupyter_options(const std::vector<std::string>& words) {
  std::vector<JupyterSetting> settings;
  for (const Option& option : options_of(words)) {
    JupyterSetting setting;
    setting.text = option.text;
    setting.trait = option.name;
    std::replace(setting.trait.begin(), setting.trait.end(), '-', '_');
    setting.value = option.has_value ? unquoted(option.value) : "True";  // a flag
    settings.push_back(std::move(setting));
  }
  return settings;
}

std::vector<std::string> jupyter_config_files(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const Option& option : options_of(words)) {
    if (option.name == "config") files.push_back(unquoted(option.value));
  }
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-f") files.push_back(unquoted(words[i + 1]));
  }
  return files;
}

std::vector<AuditHit> audit_command(const std::vector<std::string>& all, std::size_t line,
                                    bool has_password) {
  const std::vector<std::string> words = without_shell(all);
  std::vector<AuditHit> hits;
  if (is_jupyter_command(words)) {
    JupyterSurroundings around;
    around.has_password = has_password;
    around.secrets_are_shown = true;
    std::vector<JupyterSetting> settings = jupyter_options(words);
    for (JupyterSetting& setting : settings) setting.line = line;
    hits = audit_jupyter(settings, around);
  }
  const auto is_told = [&](const std::string& name) {
    return std::any_of(hits.begin(), hits.end(), [&](const AuditHit& hit) {
      return hit.rule == "EL414" && hit.kind == name;
    });
  };
  for (const Option& option : options_of(words)) {
    const std::string value = unquoted(option.value);
    std::string kind = option.name;
    std::replace(kind.begin(), kind.end(), '-', '_');
    if (!is_secret_name("--" + option.name) || value.empty() || is_told(kind)) continue;
    if (!is_secret_value(value) && value.front() != '$') continue;
    hits.push_back({"EL414", line, masked_line(option.text, value), kind,
                    "'--" + option.name + "' is a secret among the arguments",
                    "a file of mode 0600"});
  }
  for (const std::string& word : words) {
    if (!has_credentials(word)) continue;
    hits.push_back({"EL414", line, masked_line(word), "url", "an argument holds credentials",
                    "a file of mode 0600"});
    break;
  }
  return hits;
}

}  // namespace envlock
