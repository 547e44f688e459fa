#include "cli/command.hpp"
#include "cli/search_command.hpp"
#include "cli/solve_command.hpp"

namespace envlock {

std::vector<Command> all_commands() { return {solve_command(), search_command()}; }

}  // namespace envlock
