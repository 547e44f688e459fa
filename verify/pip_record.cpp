#include "verify/pip_record.hpp"

#include <algorithm>
#include <charconv>

#include "model/text.hpp"
#include "verify/base64.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_faults = 20;
constexpr std::size_t max_path_bytes = 4096;

/// The fields of one line of CSV (RFC 4180; Python's csv module writes it); `at` moves behind its
/// end. Nothing where a quote is not closed.
std::optional<std::vector<std::string>> next_line(std::string_view text, std::size_t& at) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += '"';
        ++at;
      } else {
        is_quoted = false;
      }
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  if (is_quoted) return std::nullopt;
  return fields;
}

/// `path` below `folder` without "." and ".."; nothing where it is absolute, leaves the prefix or
/// cannot be a path.
std::optional<std::string> resolved(std::string_view path, std::string_view folder) {
  if (path.empty() || path.size() > max_path_bytes || path.front() == '/' ||
      path.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::string out(folder);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (out.empty()) return std::nullopt;
      const std::size_t last = out.rfind('/');
      out.resize(last == std::string::npos ? 0 : last);
    } else {
      out += (out.empty() ? "" : "/") + std::string(part);
    }
  }
  if (out.empty() || out.size() > max_path_bytes) return std::nullopt;
  return out;
}

/// "sha256=<url-safe base64 without padding>".
std::optional<Sha256> parse_hash(std::string_view text) {
  constexpr std::string_view algorithm = "sha256=";
  if (!text.starts_with(algorithm)) return std::nullopt;
  const auto bytes = bytes_of_any_base64(text.substr(algorithm.size()));
  Sha256::Bytes digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::transform(*bytes, digest.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return Sha256(digest);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return size;
}

}  // namespace

PipRecord parse_pip_record(std::string_view text, std::string_view folder) {
  PipRecord record;
  const auto fault = [&](std::size_t line, const std::string& what) {
    if (record.faults.size() < max_faults)
      record.faults.push_back("line " + std::to_string(line) + ": " + what);
  };
  std::size_t at = 0;
  for (std::size_t line = 1; at < text.size(); ++line) {
    const auto fields = next_line(text, at);
    if (!fields) {
      fault(line, "a quote is not closed");
      break;
    }
    if (fields->size() == 1 && fields->front().empty()) continue;
    const auto path = resolved(fields->front(), folder);
    if (!path) {
      fault(line, "'" + printable(fields->front(), 200) + "' is no path in the prefix");
      continue;
    }
    PipFile file{*path, std::nullopt, std::nullopt};
    if (fields->size() > 1 && !(*fields)[1].empty()) {
      file.sha256 = parse_hash((*fields)[1]);
      if (!file.sha256) {
        fault(line, "'" + printable((*fields)[1], 100) + "' is no sha256");
        continue;
      }
    }
    if (fields->size() > 2) file.size_bytes = parse_size((*fields)[2]);
    record.files.push_back(std::move(file));
  }
  std::ranges::stable_sort(record.files, {}, &PipFile::path);
  // clang 14 lacks what std::ranges::unique needs.
  const auto repeated =
      std::unique(record.files.begin(), record.files.end(),
                  [](const PipFile& a, const PipFile& b) { return a.path == b.path; });
  record.files.erase(repeated, record.files.end());
  return record;
}

std::string normalised_project(std::string_view name) {
  std::string out;
  for (const char c : to_lower(name)) {
    const bool is_separator = c == '-' || c == '_' || c == '.';
    if (!is_separator) {
      out += c;
    } else if (!out.ends_with('-')) {
      out += '-';
    }
  }
  return out;
}

DistInfoName parse_dist_metadata(std::string_view text) noexcept {
  constexpr std::size_t max_bytes = 200;
  DistInfoName out;
  const auto set = [](std::string_view& field, std::string_view value) {
    const bool is_text = std::ranges::none_of(
        value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    if (field.empty() && value.size() <= max_bytes && is_text) field = value;
  };
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    if (line.substr(0, colon) == "Name") set(out.name, value);
    if (line.substr(0, colon) == "Version") set(out.version, value);
  }
  return out;
}

std::optional<DistInfoName> parse_dist_info_name(std::string_view folder_name) noexcept {
  constexpr std::string_view dist_info = ".dist-info";
  if (!folder_name.ends_with(dist_info)) return std::nullopt;
  folder_name.remove_suffix(dist_info.size());
  const std::size_t dash = folder_name.find('-');
  if (dash == 0 || dash == std::string_view::npos || dash + 1 == folder_name.size())
    return std::nullopt;
  return DistInfoName{folder_name.substr(0, dash), folder_name.substr(dash + 1)};
}

}  // namespace envlock
