// Times making an index against its yardstick on the same repodata.json.zst, which is read into
// memory first.
//   index_bench yardstick FILE   decompress into one buffer, then simdjson's DOM over the whole
//   index_bench index FILE       decompress piece by piece into an IndexBuilder
//   index_bench open FILE        open the finished index and read one name
// Processor time. One mode a process, so that the peak of the resident memory is the mode's own.
#include <simdjson.h>
#include <sys/resource.h>
#include <time.h>
#include <zstd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/c_handle.hpp"
#include "model/error.hpp"
#include "solver/index.hpp"

namespace {

using namespace envlock;
/// Of the processor, so that a busy machine changes the ratios little; each mode has one thread.
double milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}
double milliseconds_since(double start) { return milliseconds() - start; }

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

template <class Sink>
void decompress(const std::string& compressed, Sink sink) {
  const std::unique_ptr<ZSTD_DStream, CFree<&ZSTD_freeDStream>> stream(ZSTD_createDStream());
  std::vector<std::byte> piece(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::size_t left = 1;
  while (in.pos < in.size || left != 0) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (out.pos == 0 && in.pos == in.size && left != 0))
      throw std::runtime_error("not a whole zstd file");
    sink(std::span<const std::byte>(piece.data(), out.pos));
  }
}

std::vector<std::byte> make_index(const std::string& compressed) {
  IndexBuilder::Options options;
  options.subdir = "linux-64";
  options.source_name = "repodata.json.zst";
  IndexBuilder builder(std::move(options));
  decompress(compressed, [&](std::span<const std::byte> json) { builder.feed(json); });
  return builder.finish();
}

void yardstick(const std::string& compressed) {
  const double start = milliseconds();
  std::string json;
  decompress(compressed, [&](std::span<const std::byte> piece) {
    json.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  const double decompressed = milliseconds_since(start);
  const double parse_start = milliseconds();
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(json.data(), json.size(), false).get(document) != simdjson::SUCCESS)
    throw std::runtime_error("not JSON");
  std::printf(
      "yardstick: decompress %.1f ms, DOM %.1f ms, together %.1f ms, json %zu, peak %ld KiB\n",
      decompressed, milliseconds_since(parse_start), milliseconds_since(start), json.size(),
      peak_kib());
}

void index(const std::string& compressed) {
  const long before = peak_kib();
  const double start = milliseconds();
  const std::vector<std::byte> bytes = make_index(compressed);
  std::printf("index: %.1f ms, %zu bytes, peak %ld KiB beyond the index and the input\n",
              milliseconds_since(start), bytes.size(),
              peak_kib() - before - static_cast<long>(bytes.size() / 1024));
}

void open(const std::string& compressed) {
  const std::vector<std::byte> bytes = make_index(compressed);
  for (const bool verify : {false, true}) {
    const double start = milliseconds();
    const auto opened = Index::open(bytes, nullptr, verify);
    if (opened == nullptr) throw std::runtime_error("the index does not open");
    (void)opened->find("numpy");
    std::printf("open%s: %.3f ms\n", verify ? " with its checksum" : "", milliseconds_since(start));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string mode = argc == 3 ? argv[1] : "";
    std::ifstream file(argc == 3 ? argv[2] : "", std::ios::binary);
    const std::string compressed{std::istreambuf_iterator<char>(file), {}};
    if (compressed.empty())
      throw std::runtime_error("usage: index_bench yardstick|index|open FILE.zst");
    if (mode == "yardstick") yardstick(compressed);
    if (mode == "index") index(compressed);
    if (mode == "open") open(compressed);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "index_bench: %s\n", error.what());
    return 1;
  }
}
