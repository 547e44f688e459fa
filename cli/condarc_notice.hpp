#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace envlock {

/// Says, as a note, which configuration files of conda set channels that a user may expect to
/// count: envlock does not obey them (design section 5). Looked at are $CONDARC,
/// $CONDA_PREFIX/.condarc, $XDG_CONFIG_HOME/conda/.condarc (else ~/.config), ~/.conda/.condarc,
/// ~/.condarc and /etc/conda/.condarc. A file that cannot be read or is no YAML is passed over:
/// it has no effect either way. Never throws for what they hold.
void note_condarc(Context& context);

/// The keys of a .condarc that choose channels, as it sets them at the top level, in its order.
std::vector<std::string> channel_keys_of_condarc(std::string_view text);

}  // namespace envlock
