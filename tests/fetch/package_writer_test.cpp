#include "fetch/package_writer.hpp"

#include <catch2/catch.hpp>

#include "fetch/package_store.hpp"
#include "tests/fetch/package_files.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;

namespace {

constexpr std::size_t large = 3U << 20U;  ///< Worth resuming.

struct Fixture {
  TempDir dir;
  PackageStore store{Cache(dir / "cache"), {}};
  std::string bytes = made_up_bytes(large);
  WantedPackage wanted = wanted_of(bytes);
  fs::path file = cached_file(dir / "cache", wanted);
  fs::path partial = file.string() + ".part";

  /// As a process leaves it that was ended.
  void leave(std::size_t size, const std::string& validator = "\"v1\"") {
    PackageWriter writer = writer_of(store, wanted);
    writer.start("https://a.test/x", validator, 0);
    writer.write(bytes_of(bytes).first(size));
  }
};

}  // namespace

TEST_CASE("package writer: an unfinished download is gone on with where it ended", "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  PackageWriter writer = writer_of(f.store, f.wanted);
  CHECK(writer.resume_at() == 2'000'000);
  CHECK(writer.validator() == "\"v1\"");
  CHECK(writer.partial_url() == "https://a.test/x");
  writer.start("https://a.test/x", "\"v1\"", 2'000'000);
  writer.write(bytes_of(f.bytes).subspan(2'000'000));
  CHECK(read_file(writer.commit().file) == f.bytes);
  CHECK(std::distance(fs::directory_iterator(f.dir / "cache/packages"), {}) == 2);
}

TEST_CASE("package writer: the start of a small download is not kept", "[fetch]") {
  Fixture f;
  f.leave(1000);
  CHECK(fs::is_empty(f.dir / "cache/packages"));
}

TEST_CASE("package writer: a partial without a word on its origin is dropped", "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  REQUIRE(fs::remove(f.partial.string() + ".from"));
  CHECK(writer_of(f.store, f.wanted).resume_at() == 0);
}

TEST_CASE("package writer: every byte was there, so nothing is asked for", "[fetch]") {
  Fixture f;
  f.leave(large);
  auto begun = f.store.begin(f.wanted, {});
  REQUIRE(std::holds_alternative<FoundPackage>(begun));
  CHECK(read_file(std::get<FoundPackage>(begun).file) == f.bytes);
}

TEST_CASE("package writer: a whole partial with a damaged byte is started anew", "[fetch]") {
  Fixture f;
  f.leave(large);
  std::string damaged = f.bytes;
  damaged[77] = static_cast<char>(damaged[77] ^ 1);
  f.dir.write("cache/packages/" + f.partial.filename().string(), damaged);
  CHECK(writer_of(f.store, f.wanted).resume_at() == 0);
  CHECK(f.store.take_notices().size() == 1);
  CHECK_FALSE(fs::exists(f.file));
}

TEST_CASE("package writer: a partial longer than the package is dropped", "[fetch]") {
  Fixture f;
  f.leave(large);
  f.dir.write("cache/packages/" + f.partial.filename().string(), f.bytes + "more");
  CHECK(writer_of(f.store, f.wanted).resume_at() == 0);
}

TEST_CASE("package writer: a damaged partial shows at the end, and says that it was resumed",
          "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  f.dir.write("cache/packages/" + f.partial.filename().string(), std::string(2'000'000, 'x'));
  PackageWriter writer = writer_of(f.store, f.wanted);
  writer.start("https://a.test/x", "\"v1\"", 2'000'000);
  writer.write(bytes_of(f.bytes).subspan(2'000'000));
  try {
    writer.commit();
    FAIL("committed other bytes");
  } catch (const PackageMismatch& mismatch) {
    CHECK(mismatch.resumed);
    CHECK(mismatch.found_size == large);
  }
  CHECK_FALSE(fs::exists(f.file));
  // The same writer may begin again.
  writer.start("https://a.test/x", "\"v1\"", 0);
  writer.write(bytes_of(f.bytes));
  CHECK(read_file(writer.commit().file) == f.bytes);
}

TEST_CASE("package writer: other bytes are refused with both digests, and leave nothing",
          "[fetch]") {
  Fixture f;
  const std::string lie = made_up_bytes(large, 2);
  {
    PackageWriter writer = writer_of(f.store, f.wanted);
    writer.start("u", "", 0);
    writer.write(bytes_of(lie));
    try {
      writer.commit();
      FAIL("committed other bytes");
    } catch (const PackageMismatch& mismatch) {
      CHECK(mismatch.exit_code() == ExitCode::untrusted);
      CHECK(mismatch.found_sha256 == sha256_of(lie));
      CHECK_FALSE(mismatch.resumed);
      CHECK_THAT(mismatch.what(), Contains(f.wanted.sha256.hex()) &&
                                      Contains(sha256_of(lie).hex()) &&
                                      Contains("zlib-1.3-0.conda"));
    }
  }
  CHECK(fs::is_empty(f.dir / "cache/packages"));
}

TEST_CASE("package writer: too few bytes are refused", "[fetch]") {
  Fixture f;
  PackageWriter writer = writer_of(f.store, f.wanted);
  writer.start("u", "", 0);
  writer.write(bytes_of(f.bytes).first(large - 1));
  CHECK_THROWS_AS(writer.commit(), PackageMismatch);
}

TEST_CASE("package writer: one byte too many is refused before it is written", "[fetch]") {
  Fixture f;
  PackageWriter writer = writer_of(f.store, f.wanted);
  writer.start("u", "", 0);
  writer.write(bytes_of(f.bytes));
  CHECK_THROWS_AS(writer.write(bytes_of("x")), TrustError);
  CHECK(fs::file_size(f.partial) == 0);
  CHECK(writer.resume_at() == 0);
}

TEST_CASE("package writer: going on anywhere but at the end of what is there is a defect",
          "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  PackageWriter writer = writer_of(f.store, f.wanted);
  CHECK_THROWS_AS(writer.start("u", "", 1'999'999), InternalError);
}

TEST_CASE("package writer: a new start tells a new origin", "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  {
    PackageWriter writer = writer_of(f.store, f.wanted);
    writer.start("https://b.test/x", "\"v2\"", 2'000'000);
  }
  const PackageWriter writer = writer_of(f.store, f.wanted);
  CHECK(writer.resume_at() == 2'000'000);
  CHECK(writer.validator() == "\"v2\"");
  CHECK(writer.partial_url() == "https://b.test/x");
}

TEST_CASE("package writer: what cannot be a header is not kept as validator", "[fetch]") {
  Fixture f;
  f.leave(2'000'000, "\"v\"\r\nX: y");
  CHECK(writer_of(f.store, f.wanted).validator().empty());
}

TEST_CASE("package writer: an interrupted look at a partial leaves it", "[fetch]") {
  Fixture f;
  f.leave(2'000'000);
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(f.store.begin(f.wanted, stop.get_token()), Interrupted);
  CHECK(writer_of(f.store, f.wanted).resume_at() == 2'000'000);
}

TEST_CASE("package writer: a link in the place of the partial is not followed", "[fetch]") {
  Fixture f;
  const fs::path outside = f.dir.write("outside", "precious");
  SECTION("symbolic") { fs::create_symlink(outside, f.partial); }
  SECTION("hard") { fs::create_hard_link(outside, f.partial); }
  put(f.store, f.wanted, f.bytes);
  CHECK(read_file(outside) == "precious");
  CHECK(read_file(f.file) == f.bytes);
}

TEST_CASE("package writer: moving one over another lets that one go", "[fetch]") {
  Fixture f;
  const std::string small = made_up_bytes(10, 3);
  PackageWriter writer = writer_of(f.store, wanted_of(small));
  writer = writer_of(f.store, f.wanted);
  CHECK_FALSE(fs::exists(cached_file(f.dir / "cache", wanted_of(small)).string() + ".part"));
  writer.start("u", "", 0);
  writer.write(bytes_of(f.bytes));
  CHECK(read_file(writer.commit().file) == f.bytes);
}

}  // namespace envlock::test
