#include "tests/support/look_alike.hpp"

#include <stdexcept>

#include "tests/support/program.hpp"

namespace envlock::test {

void make_look_alike(const std::filesystem::path& dir, unsigned seed) {
  std::filesystem::create_directories(dir);
  const Outcome outcome =
      run_program(make_channel_program(), {dir.string(), "--seed", std::to_string(seed)}, {dir});
  if (outcome.exit != 0) throw std::runtime_error("make_channel: " + outcome.err);
}

std::string make_channel_program() { return ENVLOCK_MAKE_CHANNEL; }

std::filesystem::path fixtures_dir() { return ENVLOCK_FIXTURES_DIR; }

}  // namespace envlock::test
