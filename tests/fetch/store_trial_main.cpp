// Downloads made-up packages into a cache, for tests that end it, starve it or run it twice.
//   store_trial CACHE COUNT [file-limit=BYTES | disk=BYTES]
// Prints how many packages it wrote itself. Exit status: that of the error; 9 where a descriptor
// stayed open; 77 where the small disk cannot be had.

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "model/error.hpp"
#include "tests/fetch/package_files.hpp"

namespace envlock::test {
namespace {

constexpr int leaked = 9;
constexpr int skipped = 77;

/// Of three, the first is large enough to be gone on with, the second too small for a seal.
std::string package_bytes(unsigned number) {
  const std::size_t base = number % 3 == 0 ? 1'300'000 : number % 3 == 1 ? 2'000 : 20'000;
  const std::size_t size = base + number;
  return made_up_bytes(size, number);
}

std::size_t number_after(const std::string& text, const std::string& key) {
  return std::stoul(text.substr(key.size()));
}

/// No file may grow beyond this: a write then fails as with a full disk.
bool limit_files(std::size_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

/// A disk of this size over `dir`, which ends with this process.
bool mount_small_disk(const std::string& dir, std::size_t bytes) {
  const std::string options = "mode=0700,size=" + std::to_string(bytes);
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", dir.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

unsigned download_all(PackageStore& store, unsigned count) {
  unsigned written = 0;
  for (unsigned number = 0; number < count; ++number) {
    const std::string bytes = package_bytes(number);
    const WantedPackage wanted = wanted_of(bytes);
    auto begun = store.begin(wanted, {});
    auto* const writer = std::get_if<PackageWriter>(&begun);
    if (writer == nullptr) continue;
    ++written;
    writer->start("https://a.test/x", "\"v1\"", writer->resume_at());
    constexpr std::size_t piece = 16384;
    for (std::size_t at = writer->resume_at(); at < bytes.size(); at += piece)
      writer->write(bytes_of(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    writer->commit();
  }
  return written;
}

int run(const std::string& cache, unsigned count, const std::string& fault) {
  const std::size_t before = open_descriptors();
  const std::string disk = "disk=";
  const std::string file_limit = "file-limit=";
  if (fault.starts_with(disk) && !mount_small_disk(cache, number_after(fault, disk)))
    return skipped;
  if (fault.starts_with(file_limit) && !limit_files(number_after(fault, file_limit)))
    return skipped;
  int status = 0;
  try {
    PackageStore store(Cache(cache), {});
    std::cout << download_all(store, count) << '\n';
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    status = static_cast<int>(error.exit_code());
  }
  if (fault.starts_with(disk)) std::cout << check_final_names(cache) << '\n';
  return open_descriptors() == before ? status : leaked;
}

}  // namespace
}  // namespace envlock::test

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return envlock::test::run(argv[1], static_cast<unsigned>(std::stoul(argv[2])),
                              argc > 3 ? argv[3] : "");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
