#include "tests/support/temp_dir.hpp"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace envlock::test {

namespace fs = std::filesystem;

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "envlock-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make '" + pattern + "'");
  path_ = fs::canonical(pattern);
}

TempDir::~TempDir() {
  std::error_code ignored;
  // A folder without write permission keeps its entries: give the right back before removing.
  fs::permissions(path_, fs::perms::owner_all, ignored);
  for (fs::recursive_directory_iterator
           it(path_, fs::directory_options::skip_permission_denied, ignored),
       end;
       !ignored && it != end; it.increment(ignored)) {
    if (it->is_symlink(ignored) || !it->is_directory(ignored)) continue;
    fs::permissions(it->path(), fs::perms::owner_all, ignored);
    ignored.clear();
  }
  fs::remove_all(path_, ignored);
}

fs::path TempDir::write(std::string_view name, std::string_view text) const {
  fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write '" + file.string() + "'");
  return file;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open '" + file.string() + "'");
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) throw std::runtime_error("cannot read '" + file.string() + "'");
  return text;
}

}  // namespace envlock::test
