#include "cli/accept_command.hpp"
#include "cli/baseline_command.hpp"
#include "cli/cache_command.hpp"
#include "cli/command.hpp"
#include "cli/diff_command.hpp"
#include "cli/export_command.hpp"
#include "cli/fetch_command.hpp"
#include "cli/git_setup_command.hpp"
#include "cli/host_command.hpp"
#include "cli/import_command.hpp"
#include "cli/install_command.hpp"
#include "cli/keygen_command.hpp"
#include "cli/list_command.hpp"
#include "cli/pack_command.hpp"
#include "cli/relocate_command.hpp"
#include "cli/run_command.hpp"
#include "cli/search_command.hpp"
#include "cli/sign_command.hpp"
#include "cli/solve_command.hpp"
#include "cli/tree_command.hpp"
#include "cli/trust_command.hpp"
#include "cli/unpack_command.hpp"
#include "cli/verify_command.hpp"
#include "cli/why_command.hpp"

namespace envlock {

std::vector<Command> all_commands() {
  return {solve_command(),    search_command(),   why_command(),    tree_command(),
          fetch_command(),    install_command(),  run_command(),    pack_command(),
          unpack_command(),   relocate_command(), host_command(),   host_script_command(),
          baseline_command(), verify_command(),   diff_command(),   accept_command(),
          list_command(),     export_command(),   import_command(), trust_command(),
          keygen_command(),   sign_command(),     cache_command(),  git_setup_command()};
}

}  // namespace envlock
