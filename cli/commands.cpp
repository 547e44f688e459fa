#include "cli/command.hpp"

namespace envlock {

std::vector<Command> all_commands() { return {}; }

}  // namespace envlock
