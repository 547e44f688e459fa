#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

/// Which rooms the sources of a room may include: docs/architecture.md, "Rooms and arrows".
const std::map<std::string, std::set<std::string>> arrows{
    {"model", {"model"}},
    {"solver", {"solver", "model"}},
    {"verify", {"verify", "model"}},
    {"fetch", {"fetch", "verify", "model"}},
    {"pack", {"pack", "model"}},
    {"pack/runtime", {"pack", "verify", "model"}},  // a second top, like cli
    {"cli", {"cli", "fetch", "solver", "pack", "verify", "model"}},
};

/// Files that may know a C library, or one that is slow to compile.
const std::map<std::string, std::set<std::string>> users_of{
    {"<CLI/", {"cli/parser.cpp"}},
};

struct Include {
  std::string file, line, target;
};

std::vector<Include> includes_of(const std::string& room) {
  std::vector<Include> found;
  const fs::path root(ENVLOCK_SOURCE_DIR);
  for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cpp" && extension != ".hpp") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (line.rfind("#include ", 0) != 0) continue;
      const std::string file = fs::relative(entry.path(), root).string();
      if (room == "pack" && file.starts_with("pack/runtime/")) continue;  // a room of its own
      found.push_back({file, line, line.substr(9)});
    }
  }
  return found;
}

}  // namespace

TEST_CASE("rooms: a room includes only what the arrows allow") {
  for (const auto& [room, allowed] : arrows) {
    const std::vector<Include> includes = includes_of(room);
    CHECK(includes.size() >= 4);  // the folder was found
    for (const Include& include : includes) {
      INFO(include.file << ": " << include.line);
      if (include.target.front() != '"') continue;
      const std::string target = include.target.substr(1, include.target.find('/') - 1);
      CHECK(allowed.count(target) == 1);
    }
  }
}

TEST_CASE("rooms: CLI11 is seen by the parser alone") {
  for (const auto& [prefix, files] : users_of) {
    std::size_t uses = 0;
    for (const auto& [room, allowed] : arrows) {
      for (const Include& include : includes_of(room)) {
        if (include.target.rfind(prefix, 0) != 0) continue;
        INFO(include.file);
        CHECK(files.count(include.file) == 1);
        ++uses;
      }
    }
    CHECK(uses > 0);
  }
}

}  // namespace envlock::test
