#include "pack/unpack.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <random>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "pack/relocate.hpp"
#include "pack/seek_table.hpp"
#include "tests/pack/packed.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;
namespace fs = std::filesystem;

/// A pack and a folder with nothing in it for the prefix; what a hostile one leaves there shows.
class Attacked {
 public:
  Attacked() { fs::create_directory(dir_ / "place"); }
  [[nodiscard]] fs::path file(const std::string& name) const { return dir_ / name; }
  [[nodiscard]] fs::path prefix() const { return dir_ / "place/env"; }

  [[nodiscard]] fs::path write(const std::string& bytes) const {
    return dir_.write("hostile", bytes);
  }
  /// Requires exit 6 for these bytes, and that nothing is there afterwards.
  void refuse(const std::string& bytes, const std::string& says = {}) const {
    const fs::path pack = write(bytes);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
      const std::string result = unpack_result(pack, prefix(), threads);
      CHECK_THAT(result, StartsWith("6: ") && Contains(says));
      CHECK(fs::is_empty(dir_ / "place"));
      fs::remove_all(prefix());
    }
  }
  void accept(const std::string& bytes) const {
    const fs::path pack = dir_.write("good", bytes);
    CHECK(unpack_result(pack, prefix()).empty());
    CHECK(fs::exists(prefix() / "bin/app"));
    fs::remove_all(prefix());
  }

 private:
  TempDir dir_;
};

/// The members of a good pack, and how many of them make its head.
struct Members {
  std::vector<TarEntry> all;
  std::size_t head = 3;  ///< Manifest, facts, lock.

  Members() {
    const TempDir dir;
    pack_to(PackedPackages(), dir / "p.tar", {.compression = PackCompression::none});
    all = entries_of(read_file(dir / "p.tar"));
  }
  TarEntry& at(const std::string& name) {
    for (TarEntry& entry : all) {
      if (entry.name == name) return entry;
    }
    throw std::out_of_range(name);
  }
  void erase(const std::string& name) {
    std::erase_if(all, [&](const TarEntry& entry) { return entry.name == name; });
  }
  [[nodiscard]] std::string& manifest() { return at("conda-meta/envlock.manifest").data; }
  /// Changes a text everywhere in the manifest, which must have it.
  void edit_manifest(const std::string& from, const std::string& to) {
    std::string& text = manifest();
    REQUIRE(text.find(from) != std::string::npos);
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
    reseal();
  }
  /// As an attacker would: facts and manifest vouch for each other again.
  void reseal() {
    std::string& text = manifest();
    std::string& facts = at("share/envlock/pack.json").data;
    const std::size_t line = text.rfind('\n', text.find("\"share/envlock/pack.json\"")) + 1;
    const std::size_t end = text.find('\n', line) + 1;
    const auto put = [](std::string& to, std::string_view key, std::size_t from,
                        const std::string& digest) {
      const std::size_t found = to.find(key, from);
      REQUIRE(found != std::string::npos);
      to.replace(found + key.size(), digest.size(), digest);
    };
    put(facts, "\"manifest_sha256\": \"", 0,
        sha256_of(text.substr(0, line) + text.substr(end)).hex());
    put(text, "\"sha256\":\"", line, sha256_of(facts).hex());
  }
};

/// Both ways of reading refuse what was changed.
void require_refused(const std::function<void(Members&)>& change, const std::string& says = {}) {
  const Attacked attacked;
  Members members;
  change(members);
  attacked.refuse(plain_pack(members.all), says);
  attacked.refuse(framed_pack(members.all, members.head), says);
}

}  // namespace

TEST_CASE("unpack: members put together anew are the same pack", "[unpack]") {
  const Attacked attacked;
  const Members members;
  REQUIRE(members.all[0].name == "conda-meta/envlock.manifest");
  REQUIRE(members.all[1].name == "share/envlock/pack.json");
  REQUIRE(members.all[2].name == "conda-meta/envlock.lock");
  attacked.accept(plain_pack(members.all));
  Members changed;  // nothing but a signature helps against who seals it anew
  changed.edit_manifest("\"channel\":\"c\"", "\"channel\":\"d\"");
  attacked.accept(plain_pack(changed.all));
  attacked.accept(framed_pack(members.all, members.head));
}

// Some bits of zstd carry nothing (RFC 8878: the unused one of a header, a window larger than need
// be), so that a few flips may change nothing at all.
TEST_CASE("unpack: a flipped bit is refused and nothing is left, or it changes nothing",
          "[unpack]") {
  const Attacked attacked;
  const auto form = GENERATE(PackCompression::zstd, PackCompression::none);
  pack_to(PackedPackages(), attacked.file("p"), {.compression = form});
  const std::string good = read_file(attacked.file("p"));
  REQUIRE(unpack_result(attacked.file("p"), attacked.prefix()).empty());
  const std::string tree = tree_text(attacked.prefix());
  fs::remove_all(attacked.prefix());
  int accepted = 0;
  std::mt19937 random(5);
  std::uniform_int_distribution<std::size_t> bit(0, good.size() * 8 - 1);
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = bit(random);
    std::string bad = good;
    bad[at / 8] = static_cast<char>(bad[at / 8] ^ (1 << (at % 8)));
    INFO("bit " << at % 8 << " of byte " << at / 8 << " of " << good.size());
    if (unpack_result(attacked.write(bad), attacked.prefix()).empty()) {
      ++accepted;
      CHECK(tree_text(attacked.prefix()) == tree);
      fs::remove_all(attacked.prefix());
    } else {
      attacked.refuse(bad);
    }
  }
  CHECK(accepted <= (form == PackCompression::zstd ? 4 : 0));
}

TEST_CASE("unpack: a pack that was cut anywhere, or has more at its end, is refused", "[unpack]") {
  const Attacked attacked;
  const auto form = GENERATE(PackCompression::zstd, PackCompression::gzip, PackCompression::none);
  pack_to(PackedPackages(), attacked.file("p"), {.compression = form});
  const std::string good = read_file(attacked.file("p"));
  attacked.accept(good);
  for (std::size_t size = 0; size < good.size(); size += 1 + good.size() / 150) {
    INFO(size << " of " << good.size() << " bytes");
    attacked.refuse(good.substr(0, size));
  }
  attacked.refuse(good.substr(0, good.size() - 1));
  attacked.refuse(good + "x");
  attacked.refuse("x" + good);
}

TEST_CASE("unpack: members that the manifest does not have are refused", "[unpack]") {
  const auto add = [](TarEntry entry) {
    return [entry](Members& members) {
      TarEntry added = entry;
      added.gnu_long_names = true;
      members.all.push_back(std::move(added));
    };
  };
  require_refused(add({.name = "bin/more", .data = "more", .mode = 0755}), "'bin/more'");
  require_refused(add({.name = "conda-meta/more-1-0.json", .data = "{}"}), "more-1-0.json");
  require_refused(add({.name = "more", .type = '5'}), "'more'");
  require_refused(add({.name = "../more", .data = "more"}), "../more");
  require_refused(add({.name = "/more", .data = "more"}), "/more");
  require_refused(add({.name = "bin/../more", .data = "more"}), "more");
  require_refused(add({.name = "bin//app", .data = "more"}), "app");
  require_refused(add({.name = "./bin/app", .data = "more"}), "app");
  require_refused(add({.name = "more", .type = '2', .link = "/etc"}), "'more'");
  require_refused(add({.name = "more", .type = '6'}));
  require_refused(add({.name = "more", .type = '3'}));
  require_refused(add({.name = "bin/copy", .type = '1', .link = "bin/app"}), "bin/copy");
}

TEST_CASE("unpack: a member that is there twice is refused", "[unpack]") {
  for (const std::string name :
       {"bin/app", "lib/libzed.so", "conda-meta/lib-1.0-0.json", "conda-meta/envlock.manifest",
        "share/envlock/pack.json", "conda-meta/envlock.lock"}) {
    INFO(name);
    require_refused([&](Members& members) { members.all.push_back(members.at(name)); }, name);
  }
}

TEST_CASE("unpack: a member that is missing is refused", "[unpack]") {
  for (const std::string name :
       {"bin/app", "lib/libzed.so", "conda-meta/lib-1.0-0.json", "conda-meta/history"}) {
    INFO(name);
    require_refused([&](Members& members) { members.erase(name); }, name);
  }
  for (const std::string name :
       {"conda-meta/envlock.manifest", "share/envlock/pack.json", "conda-meta/envlock.lock"}) {
    INFO(name);
    require_refused(
        [&](Members& members) {
          members.erase(name);
          members.head = 2;
        },
        name);
    // Or comes too late.
    require_refused(
        [&](Members& members) {
          const TarEntry late = members.at(name);
          members.erase(name);
          members.all.push_back(late);
          members.head = 2;
        },
        name);
  }
}

TEST_CASE("unpack: another type, size, mode, content or link is refused", "[unpack]") {
  const auto change = [](const std::string& name, const std::function<void(TarEntry&)>& edit,
                         const std::string& says) {
    INFO(name << ": " << says);
    require_refused([&](Members& members) { edit(members.at(name)); }, says);
  };
  change(
      "share/words", [](TarEntry& entry) { entry.data[3] = 'X'; }, "content");
  change(
      "share/words", [](TarEntry& entry) { entry.data += "x"; }, "found 28");
  change(
      "share/words", [](TarEntry& entry) { entry.data.pop_back(); }, "found 26");
  change(
      "share/words", [](TarEntry& entry) { entry.mode = 0755; }, "mode");
  change(
      "bin/app", [](TarEntry& entry) { entry.mode = 0644; }, "mode");
  change(
      "bin/app", [](TarEntry& entry) { entry.data[12] = 'X'; }, "content");
  change(
      "share/app.bin", [](TarEntry& entry) { entry.data[5] = 'X'; }, "content");
  change(
      "conda-meta/history", [](TarEntry& entry) { entry.data += "x"; }, "content");
  change(
      "conda-meta/history", [](TarEntry& entry) { entry.type = '2', entry.link = "x"; }, "file");
  const auto as_link = [](TarEntry& entry) {
    entry.type = '2';
    entry.link = "words";
    entry.data.clear();
  };
  change("share/words", as_link, "it is a link");
  change(
      "lib/libzed.so", [](TarEntry& entry) { entry.link = "/etc/passwd"; }, "/etc/passwd");
  change(
      "lib/libzed.so", [](TarEntry& entry) { entry.link = "../../x"; }, "../../x");
  change(
      "lib/libzed.so", [](TarEntry& entry) { entry.type = '0', entry.data = "x"; }, "type");
  change(
      "share/words", [](TarEntry& entry) { entry.type = '5', entry.data.clear(); }, "folder");
}

TEST_CASE("unpack: a head that does not fit together is refused", "[unpack]") {
  Members other;
  {
    const TempDir dir;
    PackedPackages packages;
    packages.add(ArchiveBuilder("more").file("share/more", "more"));
    pack_to(packages, dir / "p.tar", {.compression = PackCompression::none}, "lock two\n");
    other.all = entries_of(read_file(dir / "p.tar"));
  }
  for (const std::string name :
       {"conda-meta/envlock.manifest", "share/envlock/pack.json", "conda-meta/envlock.lock"}) {
    INFO(name);
    require_refused([&](Members& members) { members.at(name) = other.at(name); });
  }
  // All three, before the content of the first.
  require_refused(
      [&](Members& members) { std::copy_n(other.all.begin(), 3, members.all.begin()); });
  require_refused([](Members& members) { members.manifest() = "{}\n"; });
  require_refused([](Members& members) { members.manifest().clear(); });
  require_refused([](Members& members) {
    members.at("conda-meta/envlock.manifest").type = '2';
    members.at("conda-meta/envlock.manifest").link = "x";
    members.manifest().clear();
  });
}

TEST_CASE("unpack: a manifest that itself attacks is refused, whatever its pack holds",
          "[unpack]") {
  const auto attack = [](const std::string& from, const std::string& to, const std::string& name,
                         const std::string& new_name) {
    INFO(from << " -> " << to);
    require_refused([&](Members& members) {
      members.edit_manifest(from, to);
      TarEntry& entry = members.at(name);
      if (entry.type == '2') {
        entry.link = new_name;
      } else {
        entry.name = new_name;
      }
    });
  };
  attack("\"path\":\"bin/app\"", "\"path\":\"../app\"", "bin/app", "../app");
  attack("\"path\":\"bin/app\"", "\"path\":\"/app\"", "bin/app", "/app");
  attack("\"path\":\"bin/app\"", "\"path\":\"bin/../../app\"", "bin/app", "bin/../../app");
  attack("\"path\":\"bin/app\"", "\"path\":\"./app\"", "bin/app", "./app");
  attack("\"path\":\"bin/app\"", "\"path\":\"bin/a\\u0000\"", "bin/app", "bin/a");
  attack("\"link\":\"libzed.so.1\"", "\"link\":\"/etc\"", "lib/libzed.so", "/etc");
  attack("\"link\":\"libzed.so.1\"", "\"link\":\"../../../x\"", "lib/libzed.so", "../../../x");
  // A file behind a link, which would be written elsewhere.
  attack("\"path\":\"lib/libzed.so.1\"", "\"path\":\"lib/libzed.so/x\"", "lib/libzed.so.1",
         "lib/libzed.so/x");
  // A record of conda-meta that no record may be.
  attack("\"path\":\"etc/app.conf\"", "\"path\":\"conda-meta/x\"", "etc/app.conf", "conda-meta/x");
}

TEST_CASE("unpack: a table of frames that lies is refused", "[unpack]") {
  const Attacked attacked;
  const Members members;
  const std::string good = framed_pack(members.all, members.head);
  const auto size = seek_table_size(std::as_bytes(std::span(good)).last(seek_table_footer_bytes));
  REQUIRE(size);
  const std::string frames_text = good.substr(0, good.size() - *size);
  const auto frames =
      read_seek_table(std::as_bytes(std::span(good)).last(static_cast<std::size_t>(*size)));
  REQUIRE(frames);
  attacked.accept(good);
  int lies = 0;
  const auto lie = [&](const std::function<void(std::vector<Frame>&)>& change) {
    std::vector<Frame> changed = *frames;
    INFO("lie " << ++lies);
    change(changed);
    attacked.refuse(frames_text + write_seek_table(changed));
  };
  lie([](auto& all) { all.clear(); });
  lie([](auto& all) { all.pop_back(); });
  lie([](auto& all) { all.erase(all.begin()); });
  lie([](auto& all) { all.push_back(all.back()); });
  lie([](auto& all) { all.push_back({0, 0}); });
  lie([](auto& all) { all.insert(all.begin(), Frame{0, 0}); });
  lie([](auto& all) { std::swap(all[0], all[1]); });
  lie([](auto& all) { ++all[3].bytes; });
  lie([](auto& all) { --all[3].bytes; });
  lie([](auto& all) { all[3].bytes = std::size_t{8} << 20U; });
  lie([](auto& all) { ++all[3].written_bytes, --all[4].written_bytes; });
  lie([](auto& all) { all[3].written_bytes = 0xFFFFFFFF; });
  // Two frames told as one are the same bytes.
  std::vector<Frame> joined = *frames;
  joined[3].written_bytes += joined[4].written_bytes;
  joined[3].bytes += joined[4].bytes;
  joined.erase(joined.begin() + 4);
  attacked.accept(frames_text + write_seek_table(joined));
  attacked.refuse(frames_text);
  attacked.refuse(frames_text + write_seek_table(*frames) + write_seek_table(*frames));
  // The head's frame holds more than the head, the next one begins in the middle of a member.
  attacked.refuse(framed_pack(members.all, 1));
}

TEST_CASE("unpack: an empty folder stays as it is where the pack is refused", "[unpack]") {
  const TempDir dir;
  fs::create_directories(dir / "place/env");
  Members members;
  members.at("share/words").data[0] = 'X';
  const fs::path pack = dir.write("p", plain_pack(members.all));
  CHECK_THAT(unpack_result(pack, dir / "place/env"), StartsWith("6: "));
  CHECK(fs::is_empty(dir / "place/env"));
  CHECK(std::distance(fs::directory_iterator(dir / "place"), {}) == 1);
}

TEST_CASE("unpack: what a killed run left is made anew", "[unpack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "p");
  dir.write("place/.env.envlock-partial/bin/app", "half");
  dir.write("place/.env.envlock-partial/junk", "junk");
  CHECK(unpack_result(dir / "p", dir / "place/env").empty());
  CHECK_FALSE(fs::exists(dir / "place/env/junk"));
  CHECK(std::distance(fs::directory_iterator(dir / "place"), {}) == 1);
}

TEST_CASE("unpack: judge is asked before a byte is written", "[unpack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "p");
  fs::create_directory(dir / "place");
  UnpackRequest request{
      .pack = (dir / "p").string(), .prefix = (dir / "place/env").string(), .access = {}};
  request.judge = [&](const PackHead& head, bool) {
    CHECK(head.lock_text == "lock one\n");
    CHECK(fs::is_empty(dir / "place"));
    throw Error(ExitCode::unfit, "no");
  };
  CHECK_THROWS_WITH(unpack(request, {}), "no");
  CHECK(fs::is_empty(dir / "place"));
}

TEST_CASE("unpack: stopped, it leaves nothing", "[unpack]") {
  const TempDir dir;
  pack_to(PackedPackages(), dir / "p");
  fs::create_directory(dir / "place");
  std::stop_source stop;
  UnpackRequest request{
      .pack = (dir / "p").string(), .prefix = (dir / "place/env").string(), .access = {}};
  request.judge = [&](const PackHead&, bool) { stop.request_stop(); };
  CHECK_THROWS_AS(unpack(request, stop.get_token()), Interrupted);
  CHECK(fs::is_empty(dir / "place"));
}

}  // namespace envlock::test
