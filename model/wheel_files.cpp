#include "model/wheel_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::string_view url_safe_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t sha256_digits = 43;

[[noreturn]] void refuse_file(const std::string& wheel, std::string_view file,
                              const std::string& what) {
  throw TrustError("'" + wheel + "': its " + std::string(file) + " " + what,
                   "do not install this wheel: tell those who made it");
}

/// One line, without its end; the text moves behind it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Each "Key: value" of the headers, keys in lower case. Lines that go on (a description's) are
/// passed over: nothing that is read has any.
void for_each_header(std::string_view text, const std::string& wheel, std::string_view file,
                     const std::function<void(const std::string&, std::string_view)>& visit) {
  if (!is_utf8(text)) refuse_file(wheel, file, "is no UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) return;
    if (line.front() == ' ' || line.front() == '\t') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      refuse_file(wheel, file, "has a line that is no header: '" + printable(line, 80) + "'");
    visit(to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
}

void take_once(std::string& to, std::string_view value, const std::string& wheel,
               std::string_view file, std::string_view key) {
  if (!to.empty()) refuse_file(wheel, file, "says '" + std::string(key) + "' twice");
  to = value;
}

std::optional<Sha256> sha256_of_base64(std::string_view text) {
  if (text.size() != sha256_digits) return std::nullopt;
  Sha256::Bytes bytes{};
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const std::size_t digit = url_safe_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = static_cast<std::uint8_t>(bits >> count);
    bits &= (1U << count) - 1U;
  }
  if (bits != 0) return std::nullopt;  // a second spelling of one digest
  return Sha256(bytes);
}

std::string base64_of(const Sha256& digest) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : digest.bytes()) {
    bits = (bits << 8U | byte) & 0xFFFFU;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += url_safe_digits[(bits >> count) & 63U];
    }
  }
  return out + url_safe_digits[(bits << (6U - count)) & 63U];
}

/// The next record of CSV (RFC 4180), which may go over several lines. False where the text is at
/// its end.
bool take_csv(std::string_view& text, std::vector<std::string>& fields, const std::string& wheel) {
  fields.assign(1, {});
  if (text.empty()) return false;
  bool is_quoted = false;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (is_quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (text.starts_with('"')) {
        fields.back() += c;
        text.remove_prefix(1);
      } else {
        is_quoted = false;
        if (!text.empty() && std::string_view(",\r\n").find(text.front()) == std::string_view::npos)
          refuse_file(wheel, "RECORD", "has text behind a quoted field");
      }
    } else if (c == '"' && fields.back().empty()) {
      is_quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      return true;
    } else if (c != '\r' || !text.starts_with('\n')) {
      fields.back() += c;
    }
  }
  if (is_quoted) refuse_file(wheel, "RECORD", "ends within quotes");
  return true;
}

WheelRecordLine record_line(std::vector<std::string>& fields, const std::string& wheel) {
  const auto fail = [&](const std::string& what) {
    refuse_file(wheel, "RECORD", what + " for '" + printable(fields.front(), 200) + "'");
  };
  if (fields.size() != 3)
    fail("has " + counted(fields.size(), "column") + ", expected three (path, hash, size),");
  WheelRecordLine line{std::move(fields[0]), {}, {}};
  if (const std::string_view hash = fields[1]; !hash.empty()) {
    constexpr std::string_view kind = "sha256=";
    if (!hash.starts_with(kind)) fail("has a hash that is no sha256");
    line.sha256 = sha256_of_base64(hash.substr(kind.size()));
    if (!line.sha256) fail("has a sha256 that is none");
  }
  if (const std::string_view size = fields[2]; !size.empty()) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(size.data(), size.data() + size.size(), value);
    if (fault != std::errc() || end != size.data() + size.size()) fail("has a size that is none");
    line.size_bytes = value;
  }
  return line;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

WheelHeader read_wheel_header(std::string_view text, const std::string& wheel) {
  constexpr std::string_view file = "WHEEL";
  WheelHeader header;
  std::string version, purelib;
  for_each_header(text, wheel, file, [&](const std::string& key, std::string_view value) {
    if (key == "wheel-version") take_once(version, value, wheel, file, "Wheel-Version");
    if (key == "root-is-purelib") take_once(purelib, value, wheel, file, "Root-Is-Purelib");
    if (key == "tag") header.tags.emplace_back(value);
  });
  if (!version.starts_with("1."))
    refuse_file(wheel, file,
                "says Wheel-Version '" + printable(version, 80) + "', expected one of 1.x");
  const std::string lower = to_lower(purelib);
  if (lower != "true" && lower != "false")
    refuse_file(wheel, file,
                "says Root-Is-Purelib '" + printable(purelib, 80) + "', expected true or false");
  header.root_is_purelib = lower == "true";
  return header;
}

WheelProject read_wheel_project(std::string_view text, const std::string& wheel) {
  constexpr std::string_view file = "METADATA";
  WheelProject project;
  for_each_header(text, wheel, file, [&](const std::string& key, std::string_view value) {
    if (key == "name") take_once(project.name, value, wheel, file, "Name");
    if (key == "version") take_once(project.version, value, wheel, file, "Version");
  });
  if (project.name.empty()) refuse_file(wheel, file, "has no Name");
  if (project.version.empty()) refuse_file(wheel, file, "has no Version");
  return project;
}

std::vector<WheelRecordLine> read_wheel_record(std::string_view text, const std::string& wheel) {
  std::vector<WheelRecordLine> lines;
  std::vector<std::string> fields;
  while (take_csv(text, fields, wheel)) {
    if (fields.size() == 1 && fields.front().empty()) continue;  // an empty line
    lines.push_back(record_line(fields, wheel));
  }
  std::ranges::stable_sort(lines, {}, &WheelRecordLine::path);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  const auto twin = std::ranges::adjacent_find(lines, {}, &WheelRecordLine::path);
  if (twin != lines.end())
    refuse_file(wheel, "RECORD", "says two things of '" + printable(twin->path, 200) + "'");
  return lines;
}

std::vector<EntryPoint> read_wheel_commands(std::string_view text, const std::string& wheel) {
  constexpr std::string_view file = "entry_points.txt";
  if (!is_utf8(text)) refuse_file(wheel, file, "is no UTF-8");
  std::vector<EntryPoint> commands;
  bool is_wanted = false;
  while (!text.empty()) {
    const std::string_view line = trim(take_line(text));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::string_view section = line.substr(1, line.find(']') - 1);
      is_wanted = line.ends_with(']') && (section == "console_scripts" || section == "gui_scripts");
      continue;
    }
    if (!is_wanted) continue;
    // "name = module:function [extra]"
    const std::string_view without_extras = trim(line.substr(0, line.find('[')));
    auto command = parse_entry_point(without_extras);
    if (!command)
      refuse_file(wheel, file, "has a command that is none: '" + printable(line, 200) + "'");
    const bool is_twin = std::ranges::any_of(
        commands, [&](const EntryPoint& one) { return one.command == command->command; });
    if (is_twin) refuse_file(wheel, file, "names the command '" + command->command + "' twice");
    commands.push_back(std::move(*command));
  }
  return commands;
}

std::string write_wheel_record(std::vector<WheelRecordLine> lines) {
  std::ranges::sort(lines, {}, &WheelRecordLine::path);
  std::string out;
  for (const WheelRecordLine& line : lines) {
    out += csv_field(line.path) + ',';
    if (line.sha256) out += "sha256=" + base64_of(*line.sha256);
    out += ',';
    if (line.size_bytes) out += std::to_string(*line.size_bytes);
    out += '\n';
  }
  return out;
}

}  // namespace envlock
