#include "fetch/package_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/fetch/package_files.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;
using Catch::Contains;
using std::chrono::milliseconds;
using Where = FoundPackage::Where;

namespace {

/// Longer than a tick of the file system's clock, so that a change shows in a seal.
void let_the_clock_tick() { std::this_thread::sleep_for(milliseconds(25)); }

/// Changes a file that is write-protected, in place.
void overwrite(const fs::path& file, const std::string& bytes) {
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::FILE* const stream = std::fopen(file.c_str(), "r+b");
  REQUIRE(stream != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size());
  REQUIRE(std::fclose(stream) == 0);
}

}  // namespace

TEST_CASE("package store: what was committed is found, write-protected, with its bytes",
          "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(100'000);
  const WantedPackage wanted = wanted_of(bytes, GENERATE("a-1-0.conda", "a-1-0.tar.bz2"));
  CHECK_FALSE(store.find(wanted));
  const FoundPackage put_there = put(store, wanted, bytes);
  CHECK(put_there.file == cached_file(dir / "cache", wanted));
  CHECK(read_file(put_there.file) == bytes);
  CHECK((fs::status(put_there.file).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read));
  const auto found = store.find(wanted);
  REQUIRE(found);
  CHECK(found->file == put_there.file);
  CHECK(found->where == Where::own);
  CHECK(found->size_bytes == bytes.size());
  CHECK(put_there.size_bytes == bytes.size());
  CHECK(std::holds_alternative<FoundPackage>(store.begin(wanted, {})));
  CHECK(store.take_notices().empty());
  // The package and its seal, and no more.
  CHECK(std::distance(fs::directory_iterator(dir / "cache/packages"), {}) == 2);
}

TEST_CASE("package store: a file name that is no package's is refused", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  CHECK_THROWS_AS(store.find(wanted_of("x", "a-1-0.zip")), TrustError);
}

TEST_CASE("package store: bytes that changed behind the seal are removed with a notice",
          "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = put(store, wanted, bytes).file;
  let_the_clock_tick();
  std::string changed = bytes;
  changed[1234] = static_cast<char>(changed[1234] ^ 1);
  overwrite(file, changed);
  CHECK_FALSE(store.find(wanted));
  CHECK_FALSE(fs::exists(file));
  const auto notices = store.take_notices();
  REQUIRE(notices.size() == 1);
  CHECK_THAT(notices[0], Contains(file.string()) && Contains("zlib-1.3-0.conda") &&
                             Contains(sha256_of(changed).hex()));
  CHECK(store.take_notices().empty());
  CHECK(read_file(put(store, wanted, bytes).file) == bytes);
}

TEST_CASE("package store: without a seal, or with a damaged one, the bytes decide", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = put(store, wanted, bytes).file;
  const fs::path seal = file.string() + ".seal";
  const std::string sealed = read_file(seal);
  const std::string damage = GENERATE("", "envlock package seal 1\n", "cut");
  dir.write("seal", damage == "cut" ? sealed.substr(0, sealed.size() - 3) : damage);
  fs::rename(dir / "seal", seal);
  CHECK(store.find(wanted));
  CHECK(read_file(seal) == sealed);  // sealed again
  fs::remove(seal);
  CHECK(store.find(wanted));
  CHECK(read_file(seal) == sealed);
}

TEST_CASE("package store: a seal of another file does not hold for this one", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = put(store, wanted, bytes).file;
  dir.write("other", made_up_bytes(50'000, 2));
  fs::rename(dir / "other", file);
  CHECK_FALSE(store.find(wanted));
}

TEST_CASE("package store: a seal holds for its boot; after the next one it is durable", "[fetch]") {
  const TempDir dir;
  const std::string boots[] = {"00000000-0000-0000-0000-000000000001",
                               "00000000-0000-0000-0000-000000000002",
                               "00000000-0000-0000-0000-000000000003"};
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const Cache cache(dir / "cache");
  const fs::path file =
      put(*std::make_unique<PackageStore>(cache, std::vector<fs::path>{},
                                          PackageStoreSettings{.boot_id = boots[0]}),
          wanted, bytes)
          .file;
  const fs::path seal = file.string() + ".seal";
  CHECK_THAT(read_file(seal), Contains("\nboot " + boots[0] + "\n"));
  CHECK(PackageStore(cache, {}, {.boot_id = boots[1]}).find(wanted));
  CHECK_THAT(read_file(seal), Contains("\nboot any\n"));
  CHECK(PackageStore(cache, {}, {.boot_id = boots[2]}).find(wanted));
  CHECK_THAT(read_file(seal), Contains("\nboot any\n"));
}

TEST_CASE("package store: bytes that a crash of the machine lost are noticed in the next boot",
          "[fetch]") {
  const TempDir dir;
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const Cache cache(dir / "cache");
  PackageStore before(cache, {}, {.boot_id = "00000000-0000-0000-0000-000000000001"});
  const fs::path file = put(before, wanted, bytes).file;
  overwrite(file, std::string(50'000, '\0'));
  // As if the state of the file, but not its bytes, had reached the disk.
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  const PackageSeal seal{.file = FileSeal::of(status),
                         .boot = "00000000-0000-0000-0000-000000000001"};
  dir.write("cache/packages/" + file.filename().string() + ".seal", seal.to_string());
  PackageStore after(cache, {}, {.boot_id = "00000000-0000-0000-0000-000000000002"});
  CHECK_FALSE(after.find(wanted));
}

TEST_CASE("package store: where the system names no boot, seals are durable at once", "[fetch]") {
  const TempDir dir;
  const std::string bytes = made_up_bytes(50'000);
  PackageStore store(Cache(dir / "cache"), {}, {.boot_id = ""});
  const fs::path file = put(store, wanted_of(bytes), bytes).file;
  CHECK_THAT(read_file(file.string() + ".seal"), Contains("\nboot any\n"));
  CHECK(store.find(wanted_of(bytes)));
}

TEST_CASE("package store: a size in the lock that the right bytes contradict is refused",
          "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  WantedPackage wanted = wanted_of(bytes);
  put(store, wanted, bytes);
  wanted.size_bytes = 49'999;
  CHECK_THROWS_AS(store.find(wanted), PackageMismatch);
  wanted.size_bytes = 0;
  CHECK(store.find(wanted));
}

TEST_CASE("package store: links, pipes and files that others may write are not used", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = cached_file(dir / "cache", wanted);
  const fs::path outside = dir.write("outside", bytes);
  SECTION("a symbolic link to the right bytes") { fs::create_symlink(outside, file); }
  SECTION("a pipe") { REQUIRE(::mkfifo(file.c_str(), 0600) == 0); }
  SECTION("writable by the group") {
    fs::copy_file(outside, file);
    REQUIRE(::chmod(file.c_str(), 0660) == 0);
  }
  SECTION("of another user") {
    if (::geteuid() != 0) {
      WARN("SKIPPED: needs root to make files of another user");
      return;
    }
    fs::copy_file(outside, file);
    REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  }
  CHECK_FALSE(store.find(wanted));
  CHECK_FALSE(fs::exists(fs::symlink_status(file)));
  CHECK(store.take_notices().size() == 1);
  CHECK(read_file(outside) == bytes);
}

TEST_CASE("package store: a file with a second name is hashed each time", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = cached_file(dir / "cache", wanted);
  dir.write("outside", bytes);
  fs::create_hard_link(dir / "outside", file);
  CHECK(store.find(wanted));
  CHECK_FALSE(fs::exists(file.string() + ".seal"));
}

TEST_CASE("package store: a small package has no seal, is hashed each time and marked as used",
          "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {},
                     {.boot_id = GENERATE(as<std::string>{}, "", this_boot_id())});
  const std::string bytes = made_up_bytes(sealed_from_bytes - 1);
  const std::string sealed = made_up_bytes(sealed_from_bytes);
  const WantedPackage wanted = wanted_of(bytes);
  const fs::path file = put(store, wanted, bytes).file;
  put(store, wanted_of(sealed), sealed);
  CHECK(std::distance(fs::directory_iterator(dir / "cache/packages"), {}) == 3);
  // A seal that would vouch for other bytes is not even looked at.
  std::string changed = bytes;
  changed[7] = static_cast<char>(changed[7] ^ 1);
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(48);
  fs::last_write_time(file, old);
  CHECK(store.find(wanted));
  CHECK(fs::last_write_time(file) > old + std::chrono::hours(47));
  overwrite(file, changed);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  dir.write("cache/packages/" + file.filename().string() + ".seal",
            PackageSeal{.file = FileSeal::of(status), .boot = ""}.to_string());
  CHECK_FALSE(store.find(wanted));
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("package store: a read cache is used, never written, and its bytes decide", "[fetch]") {
  const TempDir dir;
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  fs::path shared_file;
  {
    PackageStore shared(Cache(dir / "shared"), {});
    shared_file = put(shared, wanted, bytes).file;
    fs::remove(shared_file.string() + ".seal");
  }
  PackageStore store(Cache(dir / "cache"), {dir / "shared"});
  SECTION("the right bytes") {
    const auto found = store.find(wanted);
    REQUIRE(found);
    CHECK(found->where == Where::read_cache);
    CHECK(found->file == shared_file);
    CHECK_FALSE(fs::exists(shared_file.string() + ".seal"));
  }
  SECTION("other bytes") {
    overwrite(shared_file, made_up_bytes(50'000, 2));
    CHECK_FALSE(store.find(wanted));
    CHECK(fs::exists(shared_file));
    REQUIRE(store.take_notices().size() == 1);
    const FoundPackage found = put(store, wanted, bytes);
    CHECK(found.where == Where::own);
  }
  SECTION("a seal of its own making proves nothing") {
    overwrite(shared_file, made_up_bytes(50'000, 2));
    struct stat status {};
    REQUIRE(::stat(shared_file.c_str(), &status) == 0);
    dir.write("shared/packages/" + shared_file.filename().string() + ".seal",
              PackageSeal{.file = FileSeal::of(status), .boot = ""}.to_string());
    CHECK_FALSE(store.find(wanted));
  }
  SECTION("what was there before is sealed in the own cache") {
    const fs::path seal = cached_file(dir / "cache", wanted).string() + ".shared-seal";
    CHECK(store.find(wanted));
    CHECK_FALSE(fs::exists(seal));  // too young
    std::this_thread::sleep_for(milliseconds(3100));
    CHECK(store.find(wanted));
    CHECK(fs::exists(seal));
    CHECK(store.find(wanted));
  }
}

TEST_CASE("package store: a read cache that others may write is refused", "[fetch]") {
  const TempDir dir;
  fs::create_directories(dir / "shared/packages");
  const std::string guilty = GENERATE("shared", "shared/packages");
  REQUIRE(::chmod((dir / guilty).c_str(), 0777) == 0);
  CHECK_THROWS_AS(PackageStore(Cache(dir / "cache"), {dir / "shared"}), TrustError);
}

TEST_CASE("package store: a read cache without packages is an empty one, a missing one an error",
          "[fetch]") {
  const TempDir dir;
  fs::create_directory(dir / "shared");
  PackageStore store(Cache(dir / "cache"), {dir / "shared"});
  CHECK_FALSE(store.find(wanted_of("x")));
  CHECK(store.take_notices().size() == 1);
  CHECK_THROWS_AS(PackageStore(Cache(dir / "cache"), {dir / "none"}), IoError);
}

TEST_CASE("package store: one of many downloads, the others take what it gets", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const std::string bytes = made_up_bytes(200'000);
  const WantedPackage wanted = wanted_of(bytes);
  std::atomic<int> downloads{0};
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      auto begun = store.begin(wanted, {});
      if (auto* writer = std::get_if<PackageWriter>(&begun)) {
        ++downloads;
        writer->start("u", "", 0);
        std::this_thread::sleep_for(milliseconds(50));
        writer->write(bytes_of(bytes));
        if (read_file(writer->commit().file) == bytes) ++right;
      } else if (read_file(std::get<FoundPackage>(begun).file) == bytes) {
        ++right;
      }
    });
  threads.clear();
  CHECK(downloads == 1);
  CHECK(right == 6);
}

TEST_CASE("package store: a download that makes no headway is not waited for", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {}, {.stall_patience = milliseconds(60)});
  const std::string bytes = made_up_bytes(50'000);
  const WantedPackage wanted = wanted_of(bytes);
  PackageWriter stuck = writer_of(store, wanted);
  stuck.start("u", "", 0);
  stuck.write(bytes_of(bytes).first(100));
  PackageWriter other = writer_of(store, wanted);
  CHECK(other.resume_at() == 0);
  other.start("u", "", 0);
  other.write(bytes_of(bytes));
  other.commit();
  CHECK(store.find(wanted));
  // The stuck one wakes up and puts the same bytes into the same place.
  stuck.write(bytes_of(bytes).subspan(100));
  stuck.commit();
  CHECK(store.find(wanted));
  CHECK(std::distance(fs::directory_iterator(dir / "cache/packages"), {}) == 2);
}

TEST_CASE("package store: waiting ends with a requested stop", "[fetch]") {
  const TempDir dir;
  PackageStore store(Cache(dir / "cache"), {});
  const WantedPackage wanted = wanted_of("abc");
  const PackageWriter held = writer_of(store, wanted);
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(store.begin(wanted, stop.get_token()), Interrupted);
}

TEST_CASE("package store: no descriptor stays open", "[fetch]") {
  const TempDir dir;
  const std::size_t before = open_descriptors();
  {
    PackageStore store(Cache(dir / "cache"), {});
    for (unsigned seed = 0; seed < 20; ++seed) {
      const std::string bytes = made_up_bytes(1000, seed);
      put(store, wanted_of(bytes), bytes);
      CHECK(store.find(wanted_of(bytes)));
      writer_of(store, wanted_of(bytes + "x")).start("u", "", 0);
    }
    CHECK(open_descriptors() == before + 1);  // the folder
  }
  CHECK(open_descriptors() == before);
}

}  // namespace envlock::test
