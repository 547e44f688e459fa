// check_lock [--channel URL=DIR]... LOCK...: judges lockfiles with tests/support/lock_check; for
// trials on large channels.
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "tests/support/lock_check.hpp"

int main(int argc, char** argv) {
  envlock::test::LockCheck check;
  int wrong = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--channel" && i + 1 < argc) {
      const std::string pair = argv[++i];
      const auto at = pair.rfind('=');
      if (at == std::string::npos) return 2;
      check.channel_at(pair.substr(0, at), pair.substr(at + 1));
      continue;
    }
    try {
      const auto problems = check.problems(std::filesystem::absolute(arg));
      for (const std::string& problem : problems) std::cout << arg << ": " << problem << '\n';
      if (problems.empty()) std::cout << arg << ": ok, " << check.package_count() << " packages\n";
      wrong += problems.empty() ? 0 : 1;
    } catch (const std::exception& e) {
      std::cout << arg << ": cannot be judged: " << e.what() << '\n';
      ++wrong;
    }
  }
  return wrong == 0 ? 0 : 1;
}
