#include "model/selector_comments.hpp"

#include "model/selector.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_lines_named = 10;

/// Where the quoted scalar that starts at or behind `from` ends; `from` where there is none.
std::size_t end_of_quoted(std::string_view line, std::size_t from) noexcept {
  const std::size_t open = line.find_first_of("\"'", from);
  if (open == std::string_view::npos) return from;
  for (std::size_t i = open + 1; i < line.size(); ++i) {
    if (line[i] == '\\' && line[open] == '"') {
      ++i;
    } else if (line[i] == line[open]) {
      if (line[open] == '"' || i + 1 == line.size() || line[i + 1] != '\'') return i + 1;
      ++i;  // '' is one quote
    }
  }
  return line.size();  // goes on in the next line
}

/// What follows the '#' of a line's comment, searched from `from`; nothing where there is none.
std::string_view comment_after(std::string_view line, std::size_t from) noexcept {
  for (std::size_t at = line.find('#', from); at != std::string_view::npos;
       at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(at + 1);
  }
  return {};
}

bool is_block_scalar(std::string_view line, std::size_t from) noexcept {
  return from < line.size() && (line[from] == '|' || line[from] == '>');
}

}  // namespace

SelectorComments::SelectorComments(std::string_view text, std::string file)
    : file_(std::move(file)) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines_.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  followed_.resize(lines_.size());
}

std::optional<std::string> SelectorComments::expression_in(std::string_view comment,
                                                           const SourcePlace& place) const {
  comment = trim(comment);
  const std::size_t close = comment.rfind(']');
  if (close == std::string_view::npos) return std::nullopt;
  if (comment.front() == '[') {
    const std::size_t end = comment.find(']');
    const std::string_view expression = trim(comment.substr(1, end - 1));
    if (const auto fault = selector_fault(expression))
      throw InputError(place, "selector '[" + std::string(expression) + "]': " + fault->message,
                       !fault->hint.empty()
                           ? fault->hint
                           : "a comment that starts with '[' is a selector, such as # [linux and "
                             "x86_64]; start other comments with a word");
    if (end != close && expression_in(comment.substr(end + 1), place))
      throw InputError(place, "two selectors behind one line", "join them with 'and' or 'or'");
    return std::string(expression);
  }
  const std::size_t open = comment.rfind('[', close);
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view expression = trim(comment.substr(open + 1, close - open - 1));
  if (selector_fault(expression)) return std::nullopt;  // brackets in prose
  return std::string(expression);
}

std::optional<std::string> SelectorComments::of(const YamlNode& item) {
  if (item.line == 0 || item.line > lines_.size()) return std::nullopt;
  const std::string_view line = lines_[item.line - 1];
  const std::size_t start = std::min(item.column - 1, line.size());
  const bool quoted = item.quoted && !is_block_scalar(line, start);
  const std::string_view comment = comment_after(line, quoted ? end_of_quoted(line, start) : start);
  const SourcePlace place{file_, item.line, item.column};
  auto expression = expression_in(comment, place);
  if (!expression) return std::nullopt;
  if (line.substr(0, start).find_first_not_of(" \t-") != std::string_view::npos)
    throw InputError(place, "a selector behind several items",
                     "write each dependency in a line of its own");
  followed_[item.line - 1] = true;
  return expression;
}

std::vector<std::string> SelectorComments::notices() const {
  std::vector<std::string> notices;
  std::string named;
  std::size_t count = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (followed_[i]) {
      if (++count == 1) first = i + 1;
      if (count <= max_lines_named) named += (named.empty() ? "" : ", ") + std::to_string(i + 1);
      continue;
    }
    const std::string_view line = trim(lines_[i]);
    if (line.empty() || line.front() == '#') continue;
    const std::string_view comment = trim(comment_after(line, 0));
    if (comment.empty() || comment.front() != '[' || comment.back() != ']') continue;
    const std::string_view expression = trim(comment.substr(1, comment.size() - 2));
    if (!selector_fault(expression))
      notices.push_back(file_ + ':' + std::to_string(i + 1) + ": the selector '[" +
                        std::string(expression) +
                        "]' is ignored: only items of 'dependencies' and 'pip' have selectors");
  }
  if (count == 0) return notices;
  if (count > max_lines_named) named += ", ...";
  notices.insert(notices.begin(),
                 file_ + ':' + std::to_string(first) + ": selectors in comments are followed (" +
                     (count == 1 ? "line " : std::to_string(count) + " lines: ") + named +
                     "); conda and mamba install these lines on every platform");
  return notices;
}

}  // namespace envlock
