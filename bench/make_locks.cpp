// make_locks PACKAGES FOLDER: two locks for four platforms, of that many packages each, shaped like
// conda-forge's (six dependencies each, with constraints); in the second one in ten moved.

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "model/lockfile.hpp"

namespace {

using namespace envlock;

std::string name_of(std::size_t i) { return "package-" + std::to_string(100'000 + i); }

LockedPackage package(std::size_t i, const std::string& subdir, bool moved) {
  LockedPackage out;
  out.channel = "forge";
  out.requested = i % 40 == 0;
  PackageRecord& record = out.record;
  record.name = name_of(i);
  record.version = moved && i % 10 == 3 ? "1.3.0" : "1.2.0";
  record.build = "py312h" + std::to_string(1'000'000 + i) + "_0";
  record.subdir = subdir;
  record.channel_url = "https://conda.example/forge";
  record.fn = record.name + '-' + record.version + '-' + record.build + ".conda";
  record.url = record.channel_url + '/' + subdir + '/' + record.fn;
  record.sha256 = sha256_of(record.url);
  record.size = 100'000 + i;
  record.timestamp_ms = 1'700'000'000'000 + static_cast<std::int64_t>(i) * 1000;
  record.license = "BSD-3-Clause";
  for (std::size_t n = 1; n <= 6 && i >= n * n; ++n)
    record.depends.push_back(name_of(i - n * n) + " >=1.1,<2.0a0");
  record.depends.emplace_back("__glibc >=2.17");
  return out;
}

void write(std::size_t packages, bool moved, const std::string& path) {
  Lockfile lock;
  LockChannel channel;
  channel.name = "forge";
  channel.url = "https://conda.example/forge";
  lock.channels.push_back(channel);
  LockInputs::File file;
  file.path = "environment.yml";
  for (std::size_t i = 0; i < packages; i += 40) file.specs.push_back(name_of(i));
  lock.inputs.files.push_back(std::move(file));
  LockInputs::Channel asked;
  asked.name = channel.name;
  asked.url = channel.url;
  lock.inputs.channels.push_back(std::move(asked));
  for (const char* const subdir : {"linux-64", "linux-aarch64", "linux-ppc64le", "linux-s390x"}) {
    const Platform platform = Platform::parse(subdir).value();
    lock.inputs.platforms.push_back(platform);
    LockPlatform& content = lock.platforms[platform];
    content.virtual_packages.push_back({"__glibc", "2.28", "0"});
    for (std::size_t i = 0; i < packages; ++i)
      content.packages.push_back(package(i, subdir, moved));
  }
  std::ofstream(path) << write_lockfile(lock);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_locks PACKAGES FOLDER\n";
    return 2;
  }
  try {
    const auto packages = static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10));
    const std::string folder = argv[2];
    write(packages, false, folder + "/old.lock");
    write(packages, true, folder + "/new.lock");
  } catch (const std::exception& error) {
    std::cerr << "make_locks: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
