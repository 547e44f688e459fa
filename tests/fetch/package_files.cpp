#include "tests/fetch/package_files.hpp"

#include <random>
#include <stdexcept>

#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

std::string made_up_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xFFU);
  return bytes;
}

WantedPackage wanted_of(std::string_view bytes, std::string file_name) {
  return {
      .sha256 = sha256_of(bytes), .size_bytes = bytes.size(), .file_name = std::move(file_name)};
}

fs::path cached_file(const fs::path& cache, const WantedPackage& wanted) {
  const std::string extension = wanted.file_name.ends_with(".conda") ? ".conda" : ".tar.bz2";
  return cache / "packages" / (wanted.sha256.hex() + extension);
}

PackageWriter writer_of(PackageStore& store, const WantedPackage& wanted) {
  auto begun = store.begin(wanted, {});
  if (!std::holds_alternative<PackageWriter>(begun))
    throw std::runtime_error("the package is there already");
  return std::get<PackageWriter>(std::move(begun));
}

FoundPackage put(PackageStore& store, const WantedPackage& wanted, std::string_view bytes,
                 std::size_t piece_bytes) {
  auto begun = store.begin(wanted, {});
  if (auto* found = std::get_if<FoundPackage>(&begun)) return *found;
  auto& writer = std::get<PackageWriter>(begun);
  writer.start("https://a.test/x", "\"v1\"", writer.resume_at());
  for (std::size_t at = writer.resume_at(); at < bytes.size(); at += piece_bytes)
    writer.write(bytes_of(bytes.substr(at, piece_bytes)));
  return writer.commit();
}

std::size_t check_final_names(const fs::path& cache) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(cache / "packages")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".conda") && !name.ends_with(".tar.bz2")) continue;
    if (sha256_of(read_file(entry.path())).hex() != name.substr(0, 64))
      throw std::runtime_error("'" + name + "' has other bytes than its name says");
    ++count;
  }
  return count;
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

}  // namespace envlock::test
