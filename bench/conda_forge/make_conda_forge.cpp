// make_conda_forge DIR [--scale S] [--seed N] [--subdir NAME]...: writes a channel of the size and
// shape of conda-forge, where every record is made up, to time envlock on. docs/benchmarks.md says
// how close it comes.
#include <zstd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/conda_forge/ecosystem.hpp"
#include "fixtures/lookalike/record.hpp"

namespace envlock::bench {
namespace {

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write '" + file.string() + "'");
}

std::string compressed(const std::string& text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), 6);
  if (ZSTD_isError(size) != 0U) throw std::runtime_error(ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

struct Request {
  std::string dir;
  double scale = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> subdirs;
};

void make(const Request& request) {
  const std::vector<fixtures::Recipe> recipes =
      ecosystem(Size{}.times(request.scale), request.seed);
  for (const std::string& subdir : request.subdirs) {
    // One subdir at a time: all records of one take a gigabyte.
    fixtures::Channel channel;
    fixtures::build_subdir(recipes, request.seed, subdir, channel);
    fixtures::build_families(request.seed, channel);
    const std::vector<fixtures::Record>& records = channel[subdir];
    const std::string json = fixtures::repodata_json(subdir, records, request.seed);
    const std::filesystem::path folder = std::filesystem::path(request.dir) / subdir;
    std::filesystem::create_directories(folder);
    write(folder / "repodata.json.zst", compressed(json));
    std::cout << folder.string() << ": " << records.size() << " records, " << json.size()
              << " bytes of JSON\n"
              << std::flush;
  }
}

Request read_arguments(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const bool has_value = i + 1 < argc;
    if (arg == "--scale" && has_value) {
      request.scale = std::stod(argv[++i]);
    } else if (arg == "--seed" && has_value) {
      request.seed = std::stoull(argv[++i]);
    } else if (arg == "--subdir" && has_value) {
      request.subdirs.emplace_back(argv[++i]);
    } else if (request.dir.empty() && !arg.starts_with("-")) {
      request.dir = arg;
    } else {
      throw std::invalid_argument(arg);
    }
  }
  if (request.dir.empty()) throw std::invalid_argument("no folder");
  if (request.subdirs.empty()) {
    request.subdirs = fixtures::platforms;
    request.subdirs.emplace_back("noarch");
  }
  return request;
}

}  // namespace
}  // namespace envlock::bench

int main(int argc, char** argv) {
  try {
    envlock::bench::make(envlock::bench::read_arguments(argc, argv));
    return 0;
  } catch (const std::invalid_argument& e) {
    std::cerr << "make_conda_forge: " << e.what()
              << "\nusage: make_conda_forge DIR [--scale S] [--seed N] [--subdir NAME]...\n";
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "make_conda_forge: " << e.what() << "\n";
    return 1;
  }
}
