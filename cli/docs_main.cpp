// Writes the manual pages and shell completions, made from the option tables, below a folder: run
// by the build, installed by `cmake --install`.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/completions.hpp"
#include "cli/man_page.hpp"

namespace {

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: envlock-docs FOLDER\n", stderr);
    return 2;
  }
  try {
    const std::filesystem::path folder(argv[1]);
    const std::vector<envlock::Command> commands = envlock::all_commands();
    write_file(folder / "man1/envlock.1", envlock::program_man_page(commands));
    for (const envlock::Command& command : commands) {
      const std::string name = "envlock-" + std::string(command.table.name) + ".1";
      write_file(folder / "man1" / name, envlock::man_page(command.table));
    }
    write_file(folder / "bash/envlock", envlock::bash_completion(commands));
    write_file(folder / "zsh/_envlock", envlock::zsh_completion(commands));
    write_file(folder / "fish/envlock.fish", envlock::fish_completion(commands));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "envlock-docs: %s\n", error.what());
    return 1;
  }
  return 0;
}
