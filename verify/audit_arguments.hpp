#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/audit_jupyter.hpp"

namespace envlock {

/// The words of a command line as systemd and shells split it: white space, both quotes, backslash.
std::vector<std::string> split_words(std::string_view text);

/// True where `text` has `folder` in it as a whole path or the start of one.
bool mentions(std::string_view text, std::string_view folder);

/// True for commands that start Jupyter: `jupyter-lab`, `python -m jupyterlab`, also inside of
/// `sh -c`, `conda run` and `envlock run`.
bool is_jupyter_command(const std::vector<std::string>& words);

/// The options as settings: `--ServerApp.ip=X`, `--ip X`, `--allow-root`.
std::vector<JupyterSetting> jupyter_options(const std::vector<std::string>& words);

/// The configuration files that a Jupyter command names: `--config FILE`, `-f FILE`.
std::vector<std::string> jupyter_config_files(const std::vector<std::string>& words);

/// The words with those of `sh -c TEXT` taken apart.
std::vector<std::string> without_shell(std::vector<std::string> words);

/// What there is to say of a command that starts something of the environment.
/// @param line  where it stands; 0 for a running process
std::vector<AuditHit> audit_command(const std::vector<std::string>& words, std::size_t line,
                                    bool has_password);

}  // namespace envlock
