#include "model/version_spec.hpp"

#include "model/text.hpp"

namespace envlock {

bool VersionSpec::matches(const Version& version) const {
  return nodes_.empty() || matches(nodes_.data(), version);
}

bool VersionSpec::matches(const Node* node, const Version& version) const {
  const auto literal = [&]() -> const Version& { return versions_[node->value]; };
  switch (node->op) {
    case Op::any:
      return true;
    case Op::all_of:
    case Op::one_of: {
      const bool decisive = node->op == Op::one_of;
      const Node* const end = node + node->size;
      for (const Node* child = node + 1; child != end; child += child->size) {
        if (matches(child, version) == decisive) return decisive;
      }
      return !decisive;
    }
    case Op::equal:
      return version == literal();
    case Op::not_equal:
      return version != literal();
    case Op::less:
      return version < literal();
    case Op::less_equal:
      return version <= literal();
    case Op::greater:
      return version > literal();
    case Op::greater_equal:
      return version >= literal();
    case Op::starts_with:
      return version.starts_with(literal());
    case Op::not_starts_with:
      return !version.starts_with(literal());
    case Op::compatible:
      return version >= literal() && version.starts_with(versions_[node->value + 1]);
    case Op::pattern:
      return patterns_[node->value].matches(version.text());
    case Op::not_pattern:
      return !patterns_[node->value].matches(version.text());
  }
  return false;
}

const Version* VersionSpec::exact_version() const noexcept {
  return nodes_.size() == 1 && nodes_[0].op == Op::equal ? &versions_[nodes_[0].value] : nullptr;
}

const Version* VersionSpec::version_prefix() const noexcept {
  return nodes_.size() == 1 && nodes_[0].op == Op::starts_with ? &versions_[nodes_[0].value]
                                                               : nullptr;
}

std::string VersionSpec::to_string() const {
  if (nodes_.empty()) return "*";
  std::string out;
  print(nodes_.data(), Op::any, out);
  return out;
}

void VersionSpec::print(const Node* node, Op around, std::string& out) const {
  const auto clause = [&](std::string_view op, std::string_view suffix = {}) {
    out.append(op).append(to_lower(versions_[node->value].text())).append(suffix);
  };
  switch (node->op) {
    case Op::any:
      out += '*';
      break;
    case Op::all_of:
    case Op::one_of: {
      const bool nested = around != Op::any;
      const Node* const end = node + node->size;
      if (nested) out += '(';
      for (const Node* child = node + 1; child != end; child += child->size) {
        if (child != node + 1) out += node->op == Op::all_of ? ',' : '|';
        print(child, node->op, out);
      }
      if (nested) out += ')';
      break;
    }
    case Op::equal:
      clause("==");
      break;
    case Op::not_equal:
      clause("!=");
      break;
    case Op::less:
      clause("<");
      break;
    case Op::less_equal:
      clause("<=");
      break;
    case Op::greater:
      clause(">");
      break;
    case Op::greater_equal:
      clause(">=");
      break;
    case Op::starts_with:
      clause("", ".*");
      break;
    case Op::not_starts_with:
      clause("!=", ".*");
      break;
    case Op::compatible:
      clause("~=");
      break;
    case Op::pattern:
      out += patterns_[node->value].text();
      break;
    case Op::not_pattern:
      out += "!=" + patterns_[node->value].text();
      break;
  }
}

}  // namespace envlock
