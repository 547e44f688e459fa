#include "cli/parser.hpp"

namespace envlock {

const CommandTable& program_table() {
  static const CommandTable table{
      .name = "",
      .summary = "Lock conda environments",
      .description =
          "envlock turns an environment.yml into envlock.lock: for each platform the exact "
          "packages "
          "with their SHA-256, byte for byte the same wherever and whenever it is made from the "
          "same channels. It reads conda's channels and formats and needs no conda.\n\n"
          "Results are printed on standard output, everything else on standard error. What depends "
          "on the time takes it from --now, $SOURCE_DATE_EPOCH or the system, in this order.",
      .groups = {{.title = "Options",
                  .options = {{.name = "help",
                               .help = "print the full help; with -h a short one",
                               .more = "'envlock COMMAND --help' is the help of a command."},
                              {.name = "version",
                               .letter = 'V',
                               .help = "print the version; with -v those of the libraries too"}}}},
      .examples = {{"Lock what ./environment.yml asks for", "envlock solve"},
                   {"See why a package is there", "envlock why openssl"}},
  };
  return table;
}

}  // namespace envlock
