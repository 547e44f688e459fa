#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "verify/audit_text.hpp"

namespace envlock {

/// One assignment of a systemd unit file, lines that end with a backslash joined.
struct UnitEntry {
  std::string file;      ///< As findings name it.
  std::size_t line = 0;  ///< Where it starts.
  std::string section, key, value;
};

/// The assignments of a unit file or drop-in, in order (systemd.syntax(7)).
std::vector<UnitEntry> read_unit(std::string_view text, const std::string& file);

/// The commands, variables and User= that hold of a unit and its drop-ins, read in the order of
/// systemd: an empty assignment of ExecStart, Environment and the like takes back what came before.
std::vector<UnitEntry> effective_unit(const std::vector<std::vector<UnitEntry>>& files);

/// True where the unit starts something of `prefix`, or has its bin folder in PATH.
bool unit_uses(const std::vector<UnitEntry>& unit, std::string_view prefix);

/// A hit and the file that it is in.
struct UnitHit {
  std::string file;
  AuditHit hit;
};

/// What there is to say of a unit that uses the environment.
std::vector<UnitHit> audit_unit(const std::vector<UnitEntry>& unit, bool has_password);

/// The commands of a unit, each in words.
std::vector<std::vector<std::string>> commands_of(const std::vector<UnitEntry>& unit);

/// The variables that a unit's Environment= sets.
struct UnitVariable {
  const UnitEntry* entry = nullptr;
  std::string name, value;
};
std::vector<UnitVariable> variables_of(const std::vector<UnitEntry>& unit);

/// Why a variable of this name changes what the environment runs: a rule of EL404 to EL407; empty
/// where it does not.
std::string_view rule_of_variable(std::string_view name);
/// The hit for such a variable with a value that is not empty.
AuditHit variable_hit(std::string_view rule, std::size_t line, std::string_view text,
                      const std::string& name);

}  // namespace envlock
