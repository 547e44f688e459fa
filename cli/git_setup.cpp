#include "cli/git_setup.hpp"

#include <algorithm>

#include "cli/git_program.hpp"
#include "cli/output_file.hpp"
#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view attributes = " diff=envlock merge=envlock";
constexpr std::string_view attributes_name = ".gitattributes";
constexpr std::size_t max_attributes_bytes = std::size_t{1} << 20U;
constexpr std::size_t max_value_bytes = 65536;

/// A path with '%' would be taken for a placeholder by git, which expands a merge driver's line.
std::string without_placeholders(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '%' ? "%%" : std::string(1, c);
  return out;
}

fs::path attributes_file(const GitSetup& setup) { return setup.top / attributes_name; }

/// Nothing where it is not there. @throws IoError where it is a link: git itself refuses to follow
/// one, and the file behind it is not the repository's
std::string read_attributes(const GitSetup& setup) {
  const fs::path file = attributes_file(setup);
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_regular_file(status)) {
    throw IoError("'" + file.string() + "' is no regular file",
                  "git reads no other; put a file in its place");
  }
  return read_file(file, max_attributes_bytes);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_line(const std::string& line, const std::string& wanted) { return trim(line) == wanted; }

std::string config_value(const GitSetup& setup, const std::string& key) {
  GitAnswer answer = run_git(setup.top, {"config", "--local", "--get", key}, max_value_bytes);
  if (answer.ok() && answer.output.ends_with('\n')) answer.output.pop_back();
  return answer.ok() ? std::move(answer.output) : std::string();
}

/// What git holds of `lock`: the values of diff and merge.
std::string attributes_of(const GitSetup& setup, const std::string& lock) {
  const GitAnswer answer =
      run_git(setup.top, {"check-attr", "-z", "diff", "merge", "--", lock}, max_value_bytes);
  std::string values;
  std::string_view rest = answer.output;
  for (std::size_t field = 0; answer.ok() && !rest.empty(); ++field) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    // Path, attribute and value, each with a NUL behind.
    if (field % 3 == 2) values += (values.empty() ? "" : " ") + std::string(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return values;
}

void require(const GitAnswer& answer, const std::string& what) {
  if (!answer.ok())
    throw IoError("git could not " + what, "look with: git config --local --list --show-origin");
}

}  // namespace

std::string attributes_pattern(const std::string& path) {
  std::string pattern = "/";
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  const auto needs_quotes = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '"' ||
           static_cast<unsigned char>(c) >= 0x7f;
  };
  if (std::ranges::none_of(pattern, needs_quotes)) return pattern;
  // As C would write it, which is how git reads a pattern in quotes.
  std::string quoted = "\"";
  for (const char c : pattern) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += '\\';
      for (const unsigned shift : {6U, 3U, 0U})
        quoted += static_cast<char>('0' + ((byte >> shift) & 7U));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

GitSetup git_setup(fs::path top, const std::string& program, const std::vector<std::string>& locks,
                   bool offline) {
  const std::string driver = without_placeholders(program) + " git-setup merge" +
                             (offline ? " --offline" : "") + " -- %O %A %B %L %P";
  GitSetup setup{std::move(top),
                 {{"diff.envlock.textconv", program + " git-setup textconv --"},
                  {"merge.envlock.name", "solve the environment again"},
                  {"merge.envlock.driver", driver},
                  // Ancestors that git has to merge first get no solve of their own: one of them
                  // will do, since all that it decides is what counts as changed.
                  {"merge.envlock.recursive", "binary"}},
                 {"envlock.lock" + std::string(attributes)},
                 {"envlock.lock"}};
  for (const std::string& lock : locks) {
    setup.lines.push_back(attributes_pattern(lock) + std::string(attributes));
    setup.locks.push_back(lock);
  }
  return setup;
}

std::vector<GitSetupPart> look_at(const GitSetup& setup) {
  std::vector<GitSetupPart> parts;
  for (const auto& [key, value] : setup.config) {
    const std::string found = config_value(setup, key);
    parts.push_back({"git config " + key, value, found, found == value});
  }
  const std::vector<std::string> lines = lines_of(read_attributes(setup));
  for (const std::string& wanted : setup.lines) {
    const bool is_there =
        std::ranges::any_of(lines, [&](const std::string& line) { return is_line(line, wanted); });
    parts.push_back({std::string(attributes_name), wanted, {}, is_there});
  }
  if (!std::ranges::all_of(parts, &GitSetupPart::is_set)) return parts;
  for (const std::string& lock : setup.locks) {
    const std::string held = attributes_of(setup, lock);
    if (held != "envlock envlock")
      parts.push_back({"the attributes of " + lock, "diff and merge: envlock", held, false});
  }
  return parts;
}

std::vector<GitSetupPart> set_up(const GitSetup& setup) {
  std::vector<GitSetupPart> changed;
  std::string text = read_attributes(setup);
  bool has_new_lines = false;
  for (const GitSetupPart& part : look_at(setup)) {
    if (part.is_set) continue;
    changed.push_back(part);
    if (part.what != attributes_name) continue;
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    text += part.wanted + '\n';
    has_new_lines = true;
  }
  for (const auto& [key, value] : setup.config) {
    if (config_value(setup, key) == value) continue;
    require(run_git(setup.top, {"config", "--local", "--replace-all", key, value}, max_value_bytes),
            "set " + key);
  }
  if (has_new_lines) write_output_file(attributes_file(setup), std::string(attributes_name), text);
  return changed;
}

std::vector<GitSetupPart> take_out(const GitSetup& setup) {
  std::vector<GitSetupPart> gone;
  for (const auto& [key, value] : setup.config) {
    const std::string found = config_value(setup, key);
    if (found.empty()) continue;
    require(run_git(setup.top, {"config", "--local", "--unset-all", key}, max_value_bytes),
            "take out " + key);
    gone.push_back({"git config " + key, value, found, false});
  }
  std::string kept;
  bool has_gone_lines = false;
  for (const std::string& line : lines_of(read_attributes(setup))) {
    // Also of locks that envlock.yml does not name any more.
    const std::string_view trimmed = trim(line);
    if (trimmed.ends_with(attributes) && !trimmed.starts_with('#')) {
      gone.push_back(
          {std::string(attributes_name), std::string(trimmed), std::string(trimmed), false});
      has_gone_lines = true;
    } else {
      kept += line + '\n';
    }
  }
  if (!has_gone_lines) return gone;
  if (kept.empty()) {
    fs::remove(attributes_file(setup));
  } else {
    write_output_file(attributes_file(setup), std::string(attributes_name), kept);
  }
  return gone;
}

}  // namespace envlock
