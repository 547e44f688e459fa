#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/pep440.hpp"

namespace envlock {

/// What the markers of requirements ask for: "python_version" -> "3.12", "sys_platform" -> "linux".
using MarkerVariables = std::map<std::string, std::string, std::less<>>;

/// The condition behind a requirement's ';' (dependency specifiers, formerly PEP 508).
class Marker {
 public:
  /// @throws InputError saying what is wrong, without a place
  static Marker parse(std::string_view text);
  /// @param variables  where one is missing, what asks for it does not hold
  [[nodiscard]] bool holds(const MarkerVariables& variables) const;
  /// The variables that it names, "extra" among them.
  [[nodiscard]] std::set<std::string> names() const;

 private:
  friend class MarkerParser;
  struct Value {
    bool is_variable = false;
    std::string text;
  };
  /// A comparison, or the `and` (else `or`) of parts.
  struct Node {
    std::vector<Node> parts = {};
    bool is_and = false;
    std::string op = {};
    Value left = {}, right = {};
  };
  static bool holds(const Node& node, const MarkerVariables& variables);
  static void collect(const Node& node, std::set<std::string>& names);
  Node root_;
};

/// "requests[socks] >=2,<3 ; python_version < '3.12'" or "name @ URL".
struct Requirement {
  std::string name;     ///< As written.
  std::string project;  ///< The name, normalised.
  std::vector<std::string> extras;
  std::string specifier;  ///< Its clauses as written, without parentheses; empty: any version.
  std::string url;        ///< Of "name @ URL", as written.
  std::optional<Marker> marker;
  std::string marker_text;

  /// @throws InputError saying what is wrong, without a place
  static Requirement parse(std::string_view text);
  /// Whether its clauses do; without clauses any version will.
  [[nodiscard]] bool accepts(std::string_view version) const;
};

}  // namespace envlock
