#include "model/requirement.hpp"

#include <algorithm>
#include <array>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_bytes = 8192;
constexpr std::size_t deepest = 32;

constexpr std::array<std::string_view, 12> variables_known{
    "python_version",      "python_full_version",    "os_name",
    "sys_platform",        "platform_release",       "platform_system",
    "platform_version",    "platform_machine",       "platform_python_implementation",
    "implementation_name", "implementation_version", "extra"};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}
bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string quoted(std::string_view text) { return '\'' + printable(text, 60) + '\''; }

/// Letters and digits at both ends.
bool is_name(std::string_view text) {
  const auto is_end = [](char c) { return is_name_char(c) && c != '.' && c != '-' && c != '_'; };
  return !text.empty() && is_end(text.front()) && is_end(text.back());
}

}  // namespace

class MarkerParser {
 public:
  explicit MarkerParser(std::string_view text) : text_(text) {}

  Marker parse() {
    Marker marker;
    marker.root_ = any_of(0);
    skip();
    if (at_ != text_.size()) fail("expected 'and' or 'or', found " + quoted(text_.substr(at_)));
    return marker;
  }

 private:
  using Node = Marker::Node;

  [[noreturn]] static void fail(const std::string& message) {
    throw InputError("the marker behind ';': " + message,
                     "a marker is like: python_version < '3.12' and sys_platform == 'linux'");
  }
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::string_view peek_word() {
    skip();
    std::size_t end = at_;
    while (end < text_.size() && is_name_char(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  Node any_of(std::size_t depth) {
    Node node;
    node.parts.push_back(all_of(depth));
    while (take_word("or")) node.parts.push_back(all_of(depth));
    return node;
  }
  Node all_of(std::size_t depth) {
    Node node;
    node.is_and = true;
    node.parts.push_back(one(depth));
    while (take_word("and")) node.parts.push_back(one(depth));
    return node;
  }
  Node one(std::size_t depth) {
    skip();
    if (at_ < text_.size() && text_[at_] == '(') {
      if (depth == deepest)
        fail("more than " + std::to_string(deepest) + " parentheses in another");
      ++at_;
      Node node = any_of(depth + 1);
      skip();
      if (at_ >= text_.size() || text_[at_] != ')') fail("a ')' is missing");
      ++at_;
      return node;
    }
    Node node;
    node.left = value();
    node.op = op();
    node.right = value();
    if (node.left.is_variable == node.right.is_variable)
      fail("a comparison has a variable on one side and a text in quotes on the other");
    return node;
  }
  Marker::Value value() {
    skip();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const std::size_t end = text_.find(text_[at_], at_ + 1);
      if (end == std::string_view::npos) fail("a quotation mark is missing");
      Marker::Value value{false, std::string(text_.substr(at_ + 1, end - at_ - 1))};
      at_ = end + 1;
      return value;
    }
    const std::string_view word = peek_word();
    if (word.empty())
      fail(at_ == text_.size() ? "it ends too early" : "found " + quoted(text_.substr(at_)));
    std::string name(word);
    // As setuptools once wrote them.
    if (name == "os.name" || name == "sys.platform" || name == "platform.version" ||
        name == "platform.machine")
      std::ranges::replace(name, '.', '_');
    if (name == "platform.python_implementation" || name == "python_implementation")
      name = "platform_python_implementation";
    if (std::ranges::count(variables_known, name) == 0) {
      const auto near = nearest_word(name, variables_known);
      fail(quoted(name) + " is no variable of markers" +
           (near ? "; did you mean " + quoted(*near) + "?" : ""));
    }
    at_ += word.size();
    return {true, name};
  }
  std::string op() {
    skip();
    constexpr std::array<std::string_view, 8> ops{"===", "~=", "==", "!=", "<=", ">=", "<", ">"};
    for (const std::string_view one : ops) {
      if (!text_.substr(at_).starts_with(one)) continue;
      at_ += one.size();
      return std::string(one);
    }
    if (take_word("in")) return "in";
    if (take_word("not")) {
      if (take_word("in")) return "not in";
      fail("expected 'in' behind 'not'");
    }
    fail(at_ == text_.size() ? "it ends too early"
                             : "expected a comparison, found " + quoted(text_.substr(at_)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Marker Marker::parse(std::string_view text) {
  if (text.size() > most_bytes) throw InputError("the marker behind ';' is too long");
  return MarkerParser(text).parse();
}

bool Marker::holds(const MarkerVariables& variables) const { return holds(root_, variables); }

bool Marker::holds(const Node& node, const MarkerVariables& variables) {
  if (!node.parts.empty()) {
    const auto part_holds = [&](const Node& part) { return holds(part, variables); };
    return node.is_and ? std::ranges::all_of(node.parts, part_holds)
                       : std::ranges::any_of(node.parts, part_holds);
  }
  const std::string& name = node.left.is_variable ? node.left.text : node.right.text;
  const auto found = variables.find(name);
  if (found == variables.end()) return false;
  const std::string left = node.left.is_variable ? found->second : node.left.text;
  const std::string right = node.right.is_variable ? found->second : node.right.text;
  if (name == "extra") {
    const bool same = project_key(left) == project_key(right);
    return node.op == "!=" ? !same : same;
  }
  if (node.op == "in") return right.find(left) != std::string::npos;
  if (node.op == "not in") return right.find(left) == std::string::npos;
  // Versions are compared as such where both sides are.
  if (const auto clause = PypiSpecifier::parse(node.op + right); clause && PypiVersion::parse(left))
    return clause->accepts(left);
  if (node.op == "==" || node.op == "===") return left == right;
  if (node.op == "!=") return left != right;
  if (node.op == "<") return left < right;
  if (node.op == "<=") return left <= right;
  if (node.op == ">") return left > right;
  if (node.op == ">=") return left >= right;
  return false;
}

std::set<std::string> Marker::names() const {
  std::set<std::string> names;
  collect(root_, names);
  return names;
}

void Marker::collect(const Node& node, std::set<std::string>& names) {
  for (const Node& part : node.parts) collect(part, names);
  if (!node.parts.empty()) return;
  names.insert(node.left.is_variable ? node.left.text : node.right.text);
}

Requirement Requirement::parse(std::string_view text) {
  text = trim(text);
  if (text.size() > most_bytes)
    throw InputError("a requirement of more than " + std::to_string(most_bytes) + " bytes");
  Requirement out;
  std::size_t end = 0;
  while (end < text.size() && is_name_char(text[end])) ++end;
  out.name = text.substr(0, end);
  if (!is_name(out.name)) {
    throw InputError(quoted(text) + " does not begin with the name of a package",
                     "write for example: requests >=2,<3");
  }
  out.project = project_key(out.name);
  std::string_view rest = trim(text.substr(end));
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) throw InputError(quoted(text) + ": a ']' is missing");
    std::string_view list = rest.substr(1, close - 1);
    rest = trim(rest.substr(close + 1));
    while (!trim(list).empty()) {
      const std::size_t comma = list.find(',');
      const std::string_view extra = trim(list.substr(0, comma));
      if (!is_name(extra) || !std::ranges::all_of(extra, is_name_char))
        throw InputError(quoted(text) + ": " + quoted(extra) + " is no name of an extra");
      out.extras.push_back(project_key(extra));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
    std::ranges::sort(out.extras);
    out.extras.erase(std::unique(out.extras.begin(), out.extras.end()), out.extras.end());
  }
  std::string_view marker;
  if (rest.starts_with('@')) {
    rest = trim(rest.substr(1));
    // A ';' may stand in a URL: only behind white space does it begin a marker.
    const std::size_t space = rest.find_first_of(" \t");
    out.url = rest.substr(0, space);
    rest = space == std::string_view::npos ? std::string_view() : trim(rest.substr(space));
    if (out.url.empty()) throw InputError(quoted(text) + ": a URL is missing behind '@'");
    if (!rest.empty() && !rest.starts_with(';'))
      throw InputError(quoted(text) + ": expected ' ;' and a marker behind the URL, found " +
                       quoted(rest));
    if (!rest.empty()) marker = rest.substr(1);
  } else {
    const std::size_t semicolon = rest.find(';');
    if (semicolon != std::string_view::npos) {
      marker = rest.substr(semicolon + 1);
      if (trim(marker).empty()) throw InputError(quoted(text) + ": no marker behind ';'");
      rest = trim(rest.substr(0, semicolon));
    }
    if (rest.starts_with('(') && rest.ends_with(')')) rest = trim(rest.substr(1, rest.size() - 2));
    if (!parse_pypi_specifiers(rest)) {
      throw InputError(quoted(text) + ": " + quoted(rest) + " is no version specifier",
                       rest.starts_with('=') && !rest.starts_with("==")
                           ? "pip's requirements have '==' where conda's have '='"
                           : "write for example: " + out.name + " >=2,<3");
    }
    out.specifier = rest;
  }
  if (!trim(marker).empty()) {
    out.marker_text = trim(marker);
    out.marker = Marker::parse(out.marker_text);
  }
  return out;
}

bool Requirement::accepts(std::string_view version) const {
  const auto clauses = parse_pypi_specifiers(specifier);
  return clauses && std::ranges::all_of(*clauses, [&](const PypiSpecifier& clause) {
           return clause.accepts(version);
         });
}

}  // namespace envlock
