#include "tests/support/golden.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"

namespace envlock::test {

std::string golden(const std::string& name, const std::string& actual) {
  const std::filesystem::path file = std::filesystem::path(ENVLOCK_GOLDEN_DIR) / name;
  const char* accept = std::getenv("ENVLOCK_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << actual;
  }
  if (!std::filesystem::exists(file)) {
    return "there is no '" + file.string() + "': run the test with ENVLOCK_ACCEPT=1 to write it";
  }
  return read_file(file);
}

}  // namespace envlock::test
