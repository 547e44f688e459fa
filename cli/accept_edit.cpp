#include "cli/accept_edit.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "model/project.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

using Lines = std::vector<std::string>;

Lines split_lines(const std::string& text) {
  Lines lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

std::size_t indent_of(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_empty(const std::string& line) {
  const std::string_view text = trim(line);
  return text.empty() || text.front() == '#';
}

/// What stands behind "KEY:" on a line with this indent, comments aside; nothing where the line has
/// another key.
std::optional<std::string> value_of(const std::string& line, std::size_t indent,
                                    std::string_view key) {
  if (indent_of(line) != indent) return std::nullopt;
  std::string_view rest = std::string_view(line).substr(indent);
  if (!rest.starts_with(key)) return std::nullopt;
  rest = trim(rest.substr(key.size()));
  if (!rest.starts_with(':')) return std::nullopt;
  rest = trim(rest.substr(1));
  return rest.starts_with('#') ? std::string() : std::string(rest);
}

/// 'text' as a scalar in single quotes.
std::string quoted_scalar(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

class Editor {
 public:
  Editor(Lines lines, const Acceptance& acceptance, const std::string& path)
      : lines_(std::move(lines)), acceptance_(acceptance), path_(path) {}

  /// @param item_at  the first line of an entry to put it in the place of, counted from 1
  std::string replace(std::size_t item_at) {
    const std::size_t first = item_at - 1;
    const std::size_t indent = indent_of(lines_.at(first));
    const std::size_t end = end_of_block(first, indent, false);
    lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(first),
                 lines_.begin() + static_cast<std::ptrdiff_t>(end));
    insert(first, indent);
    return joined(lines_);
  }

  std::string edit() {
    const std::optional<std::size_t> policy = find_key(0, lines_.size(), 0, "policy");
    if (!policy) {
      lines_.emplace_back("policy:");
      lines_.emplace_back("  accept:");
      insert(lines_.size(), 4);
      return joined(lines_);
    }
    const std::size_t end = end_of_block(*policy, 0, false);
    const auto child = std::find_if(lines_.begin() + static_cast<std::ptrdiff_t>(*policy) + 1,
                                    lines_.begin() + static_cast<std::ptrdiff_t>(end),
                                    [](const std::string& line) { return !is_empty(line); });
    const bool has_child = child != lines_.begin() + static_cast<std::ptrdiff_t>(end);
    const std::size_t indent = has_child ? indent_of(*child) : 2;
    const auto accept = find_key(*policy + 1, end, indent, "accept");
    if (!accept) {
      lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(*policy) + 1,
                    std::string(indent, ' ') + "accept:");
      insert(*policy + 2, indent + 2);
      return joined(lines_);
    }
    const std::size_t last = end_of_block(*accept, indent, true);
    std::size_t item_indent = indent + 2;
    for (std::size_t i = *accept + 1; i < last; ++i) {
      if (is_empty(lines_[i])) continue;
      item_indent = indent_of(lines_[i]);
      break;
    }
    insert(last, item_indent);
    return joined(lines_);
  }

 private:
  std::optional<std::size_t> find_key(std::size_t from, std::size_t to, std::size_t indent,
                                      std::string_view key) const {
    for (std::size_t i = from; i < to; ++i) {
      const auto value = value_of(lines_[i], indent, key);
      if (!value) continue;
      if (!value->empty())
        throw InputError({path_, i + 1, 0},
                         "'" + std::string(key) + "' is not written as lines of its own",
                         "add the entry by hand:\n" + acceptance_lines(acceptance_, 0));
      return i;
    }
    return std::nullopt;
  }

  /// The line behind the last one that belongs to the key on line `at`.
  /// @param may_align  items of a list may stand at the key's own indent
  [[nodiscard]] std::size_t end_of_block(std::size_t at, std::size_t indent, bool may_align) const {
    std::size_t end = at + 1;
    for (std::size_t i = at + 1; i < lines_.size(); ++i) {
      if (is_empty(lines_[i])) continue;
      const std::size_t here = indent_of(lines_[i]);
      const bool is_item = may_align && here == indent && lines_[i][here] == '-';
      if (here <= indent && !is_item) break;
      end = i + 1;
    }
    return end;
  }

  void insert(std::size_t at, std::size_t indent) {
    const Lines entry = split_lines(acceptance_lines(acceptance_, indent));
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), entry.begin(), entry.end());
  }

  Lines lines_;
  const Acceptance& acceptance_;
  const std::string& path_;
};

bool are_equal(const Acceptance& a, const Acceptance& b) {
  return a.finding == b.finding && a.sha256 == b.sha256 && a.reason == b.reason &&
         a.until == b.until;
}

/// What was put together by lines must read as what was meant.
void require_meant(const std::string& text, const std::vector<Acceptance>& meant,
                   const Acceptance& acceptance, const std::string& path) {
  bool is_meant = false;
  try {
    is_meant = std::ranges::equal(parse_project(text, path).verify.accepted, meant, are_equal);
  } catch (const InputError&) {
    // Not what was meant either.
  }
  if (!is_meant)
    throw InputError({path, 0, 0}, "the entry cannot be put into its lines",
                     "write it by hand:\n" + acceptance_lines(acceptance, 0));
}

}  // namespace

std::string acceptance_lines(const Acceptance& acceptance, std::size_t indent) {
  const std::string blanks(indent, ' ');
  return blanks + "- finding: " + acceptance.finding + '\n' + blanks +
         "  sha256: " + acceptance.sha256.hex() + '\n' + blanks +
         "  reason: " + quoted_scalar(acceptance.reason) + '\n' + blanks +
         "  until: " + quoted_scalar(acceptance.until) + '\n';
}

WithAcceptance with_acceptance(const std::string& yaml, const Acceptance& acceptance,
                               const std::string& path) {
  Lines lines = split_lines(yaml);
  const bool is_blank = std::ranges::all_of(lines, is_empty);
  const std::vector<Acceptance> before =
      is_blank ? std::vector<Acceptance>() : parse_project(yaml, path).verify.accepted;
  std::vector<Acceptance> meant = before;
  WithAcceptance out;
  Editor editor(std::move(lines), acceptance, path);
  const auto known = std::ranges::find(meant, acceptance.finding, &Acceptance::finding);
  if (known == meant.end()) {
    meant.push_back(acceptance);
    out.text = editor.edit();
  } else {
    out.replaced = std::exchange(*known, acceptance);
    out.text = editor.replace(out.replaced->place.line);
  }
  require_meant(out.text, meant, acceptance, path);
  return out;
}

}  // namespace envlock
