#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/audit_text.hpp"

namespace envlock {

/// One setting of a Jupyter program: a line `c.ServerApp.ip = "..."`, a member of a JSON file or an
/// option of a command.
struct JupyterSetting {
  std::size_t line = 0;  ///< 0: no line of a file.
  std::string text;      ///< As written, secrets and all.
  std::string trait;     ///< "ServerApp.ip", or "ip" alone for an option without a class.
  /// A text, number, True or False as written; nothing for what must be computed.
  std::optional<std::string> value;
};

/// The settings of a configuration file in Python, as far as they are plain assignments. Nothing is
/// executed: conditions, imports and calls are not followed, and a value that is no literal is not
/// known.
std::vector<JupyterSetting> read_jupyter_python(std::string_view text);

/// The settings of a configuration file in JSON.
/// @throws InputError where it is none
std::vector<JupyterSetting> read_jupyter_json(std::string_view text, const std::string& file);

/// What a group of settings that hold together is judged by beside itself.
struct JupyterSurroundings {
  bool has_password = false;       ///< Set elsewhere.
  bool read_by_others = false;     ///< The file can be read by every user.
  bool secrets_are_shown = false;  ///< They are arguments: every user sees them.
};

/// What there is to say of the settings of one file or command.
std::vector<AuditHit> audit_jupyter(const std::vector<JupyterSetting>& settings,
                                    const JupyterSurroundings& around);

/// True where a password is set, or may be.
bool sets_password(const std::vector<JupyterSetting>& settings);
/// The files that the settings name as private keys.
std::vector<std::string> private_keys_of(const std::vector<JupyterSetting>& settings);

}  // namespace envlock
