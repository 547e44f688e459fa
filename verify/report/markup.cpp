#include "verify/report/markup.hpp"

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_code_bytes = 300;
constexpr std::size_t max_sarif_bytes = 1000;

/// @param bar  what stands for a bar, which would end a table's cell
std::string code(std::string_view text, std::string_view bar) {
  if (text.empty()) return {};
  std::string out = "`";
  for (const char c : printable(text, max_code_bytes)) {
    if (c == '`') {
      out += "\\x60";
    } else if (c == '|') {
      // Behind a backslash of the text's own, an escaped bar would be a bare one.
      out += out.back() == '\\' && bar != "|" ? std::string_view("\\x7C") : bar;
    } else {
      out += c;
    }
  }
  return out + '`';
}

std::string percent_encoded(std::string_view text, std::string_view which) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (which.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string markdown_code(std::string_view text) { return code(text, "|"); }

std::string markdown_cell(std::string_view text) { return code(text, "\\|"); }

std::string xml_text(std::string_view text) {
  std::string out;
  const std::string harmless = printable(text);
  for (std::size_t at = 0; at < harmless.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(harmless, at);
    switch (c) {
      case U'&':
        out += "&amp;";
        break;
      case U'<':
        out += "&lt;";
        break;
      case U'>':
        out += "&gt;";
        break;
      case U'"':
        out += "&quot;";
        break;
      case U'\'':
        out += "&apos;";
        break;
      case 0xFFFE:
      case 0xFFFF:
        out += "?";
        break;
      default:
        out.append(harmless, start, at - start);
    }
  }
  return out;
}

std::string sarif_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text, max_sarif_bytes)) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string relative_uri(std::string_view file, std::string_view fallback) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  const bool is_inside = !file.starts_with('/') && !file.starts_with("..");
  if (!is_inside) file = file.substr(file.rfind('/') + 1);
  while (file.starts_with("./")) file.remove_prefix(2);
  if (file.empty()) file = fallback;
  std::string uri;
  for (const char c : file) {
    if (plain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += digits[byte >> 4U];
      uri += digits[byte & 15U];
    }
  }
  return uri;
}

std::string github_message(std::string_view text) {
  return percent_encoded(printable(text), "%\r\n");
}

std::string github_property(std::string_view text) {
  return percent_encoded(printable(text), "%\r\n:,");
}

}  // namespace envlock
