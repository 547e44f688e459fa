#include <algorithm>
#include <array>

#include "model/strict_json.hpp"
#include "model/text.hpp"
#include "verify/audit_jupyter.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_settings = 1000;

/// The last part of the settings that `audit_jupyter` judges.
bool matters(std::string_view trait) {
  constexpr std::array<std::string_view, 12> names{"ip",
                                                   "bind_url",
                                                   "token",
                                                   "password",
                                                   "hashed_password",
                                                   "allow_root",
                                                   "allow_origin",
                                                   "keyfile",
                                                   "ssl_key",
                                                   "internal_ssl",
                                                   "disable_check_xsrf",
                                                   "authenticator_class"};
  const std::string_view name = trait.substr(trait.rfind('.') + 1);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_identifier_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The literal that `text` is, a comment behind it aside; nothing for everything else.
std::optional<std::string> literal_of(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == 'u' || text[at] == 'r' || text[at] == 'b')) ++at;
  const bool is_quoted = at < text.size() && (text[at] == '"' || text[at] == '\'');
  std::string value;
  std::size_t end = 0;
  if (is_quoted) {
    const char quote = text[at];
    end = at + 1;
    while (end < text.size() && text[end] != quote) {
      if (text[end] == '\\' && end + 1 < text.size()) ++end;
      value += text[end++];
    }
    if (end == text.size()) return std::nullopt;
    ++end;
    if (end < text.size() && text[end] == quote) return std::nullopt;  // three quotes
  } else {
    while (end < text.size() && (is_identifier_char(text[end]) || text[end] == '.')) ++end;
    value = std::string(text.substr(0, end));
    const bool is_number = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
      return (c >= '0' && c <= '9') || c == '.' || c == '_';
    });
    if (!is_number && value != "True" && value != "False") return std::nullopt;
  }
  const std::string_view rest = trim(text.substr(end));
  if (!rest.empty() && rest.front() != '#') return std::nullopt;
  return value;
}

/// Knows whether a line starts inside of a text with three quotes.
class LongTexts {
 public:
  /// True where `line`, the next one, starts inside of one.
  bool pass(std::string_view line) {
    const bool starts_inside = open_ != '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      const bool is_triple = (c == '"' || c == '\'') && line.substr(i, 3) == std::string(3, c);
      if (open_ != '\0') {
        if (c == '\\') {
          ++i;
        } else if (c == open_ && is_triple) {
          open_ = '\0';
          i += 2;
        }
      } else if (c == '#') {
        break;
      } else if (is_triple) {
        open_ = c;
        i += 2;
      } else if (c == '"' || c == '\'') {
        i = end_of_short(line, i);
      }
    }
    return starts_inside;
  }

 private:
  static std::size_t end_of_short(std::string_view line, std::size_t at) {
    const char quote = line[at++];
    while (at < line.size() && line[at] != quote) at += line[at] == '\\' ? 2 : 1;
    return at;
  }
  char open_ = '\0';
};

/// `c.ServerApp.ip = VALUE`, or `get_config().ServerApp.ip = VALUE`; nothing for other lines.
std::optional<JupyterSetting> setting_of(const TextLine& line) {
  std::string_view text = trim(line.text);
  constexpr std::string_view call = "get_config().";
  if (text.substr(0, 2) == "c.") {
    text.remove_prefix(2);
  } else if (text.substr(0, call.size()) == call) {
    text.remove_prefix(call.size());
  } else {
    return std::nullopt;
  }
  std::size_t end = 0;
  while (end < text.size() && (is_identifier_char(text[end]) || text[end] == '.')) ++end;
  const std::string trait(text.substr(0, end));
  text = trim(text.substr(end));
  if (trait.find('.') == std::string::npos || text.empty() || text.front() != '=') {
    return std::nullopt;
  }
  if (text.substr(0, 2) == "==") return std::nullopt;
  const std::string_view value = trim(text.substr(1));
  if (value == "None" || value.substr(0, 5) == "None ") return std::nullopt;  // as if not set
  return JupyterSetting{line.number, std::string(line.text), trait, literal_of(value)};
}

void add_json(const JsonNode& node, const std::string& trait, std::vector<JupyterSetting>& out) {
  if (node.kind() == JsonNode::Kind::object) {
    node.for_each_member([&](std::string_view key, const JsonNode& member) {
      add_json(member, trait.empty() ? std::string(key) : trait + "." + std::string(key), out);
    });
    return;
  }
  if (node.kind() != JsonNode::Kind::scalar || !matters(trait)) return;
  // To find its line takes a walk over the text: a file may not ask for many of them.
  if (out.size() == max_settings) node.fail("more settings than any configuration has");
  JupyterSetting setting{node.place().line, {}, trait, node.scalar_text()};
  const std::string quote = node.is_text() ? "\"" : "";
  setting.text = "\"" + trait + "\": " + quote + *setting.value + quote;
  out.push_back(std::move(setting));
}

}  // namespace

std::vector<JupyterSetting> read_jupyter_python(std::string_view text) {
  std::vector<JupyterSetting> settings;
  LongTexts long_texts;
  for (const TextLine& line : lines_of(text)) {
    if (long_texts.pass(line.text)) continue;
    auto setting = setting_of(line);
    if (setting && matters(setting->trait)) settings.push_back(std::move(*setting));
  }
  return settings;
}

std::vector<JupyterSetting> read_jupyter_json(std::string_view text, const std::string& file) {
  JsonLimits limits;
  limits.max_bytes = std::size_t{4} << 20U;
  const JsonDocument document(text, file, limits);
  std::vector<JupyterSetting> settings;
  const JsonNode root = document.root();
  if (root.kind() != JsonNode::Kind::object) root.fail_expected("an object");
  add_json(root, {}, settings);
  return settings;
}

}  // namespace envlock
