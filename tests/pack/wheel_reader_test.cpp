#include "pack/wheel_reader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "model/error.hpp"
#include "pack/package_archive.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wheel_builder.hpp"

namespace envlock::test {

using Catch::Contains;

namespace {

/// Content by path, as the reader hands it out.
class Taker final : public ArchiveVisitor {
 public:
  void begin(const ArchiveEntry& entry) override {
    path = entry.path;
    if (entry.kind == ArchiveEntry::Kind::file) files[path];
    if (entry.executable) executable.push_back(path);
  }
  void content(std::span<const std::byte> bytes) override {
    files[path].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void end() override {}
  std::string path;
  std::map<std::string, std::string> files;
  std::vector<std::string> executable;
};

struct Read {
  WheelContent content;
  Taker taken;
};

Read read_bytes(const std::string& bytes, const std::string& name = "a-1.0-py3-none-any.whl") {
  const TempDir dir;
  const PackageArchive archive(dir.write(name, bytes), name);
  Read read{archive.read_wheel(), {}};
  archive.read_content(read.content.info, read.taken, {});
  return read;
}

/// "read", or "EXIT: message".
std::string result_of(const std::string& bytes,
                      const std::string& name = "a-1.0-py3-none-any.whl") {
  try {
    (void)read_bytes(bytes, name);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return "read";
}

WheelBuilder usual() { return WheelBuilder("a").file("a/__init__.py", "x = 1\n"); }

/// The usual wheel with a member more, which RECORD knows.
std::string with_file(const std::string& path) { return usual().file(path, "text").build(); }

/// The usual wheel, its first member changed.
template <class Change>
std::string changed(Change change, bool stored = false) {
  WheelBuilder wheel = usual();
  if (stored) wheel.stored();
  std::vector<ZipMember> members = wheel.members();
  change(members.front());
  return zip_of(members);
}

}  // namespace

TEST_CASE("wheel: members come with their content, deflated or stored", "[wheel_reader]") {
  std::string large;
  for (int i = 0; i < 40'000; ++i) large += std::to_string(i) + '\n';
  for (const bool stored : {false, true}) {
    WheelBuilder wheel = usual().file("a/large.txt", large).file("a/empty", "").command("a = a:f");
    wheel.data("scripts", "run", "#!python -E\nx\n").data("scripts", "sh", "#!/bin/sh\n");
    if (stored) wheel.stored();
    const Read read = read_bytes(wheel.build());
    CHECK(read.taken.files.at("a/large.txt") == large);
    CHECK(read.taken.files.at("a/empty").empty());
    CHECK(read.taken.files.size() == 9);
    CHECK(read.taken.executable ==
          std::vector<std::string>{"a-1.0.data/scripts/run", "a-1.0.data/scripts/sh"});
    CHECK(read.content.wheel.name == "a");
    CHECK(read.content.wheel.root_is_purelib);
    CHECK(read.content.wheel.commands == std::vector<EntryPoint>{{"a", "a", "f"}});
    CHECK(read.content.wheel.python_scripts ==
          std::map<std::string, std::string>{{"a-1.0.data/scripts/run", "#!python -E\nx\n"}});
    REQUIRE(read.content.info.paths.size() == 9);
    const auto path = std::ranges::find(read.content.info.paths, "a/large.txt", &PackagePath::path);
    CHECK(path->sha256 == sha256_of(large));
    CHECK(path->size_bytes == large.size());
  }
}

TEST_CASE("wheel: what other tools put into zip files is read", "[wheel_reader]") {
  SECTION("folders as members") {
    CHECK(result_of(usual().raw({.name = "a/b/", .mode = 040755}).build()) == "read");
  }
  SECTION("a data descriptor") {
    CHECK(result_of(changed([](ZipMember& member) { member.data_descriptor = true; }, true)) ==
          "read");
  }
  SECTION("ZIP64 fields and end record") {
    std::vector<ZipMember> members = usual().stored().members();
    for (ZipMember& member : members) member.zip64 = true;
    CHECK(result_of(zip_of(members, {.zip64_end = true})) == "read");
  }
  SECTION("no mode at all, as on Windows") {
    CHECK(result_of(changed([](ZipMember& member) { member.mode = 0; })) == "read");
  }
  SECTION("executables keep their bit") {
    const Read read = read_bytes(usual().file("a/bin", "ELF", 0755).build());
    CHECK(read.taken.executable == std::vector<std::string>{"a/bin"});
  }
  SECTION("signatures of RECORD, which RECORD does not hold") {
    CHECK(result_of(usual()
                        .raw({.name = "a-1.0.dist-info/RECORD.jws", .data = "{}"})
                        .raw({.name = "a-1.0.dist-info/RECORD.p7s", .data = "x"})
                        .build()) == "read");
  }
  SECTION("another spelling of name and version") {
    CHECK(result_of(usual().build(), "A-1-py3-none-any.whl") == "read");
  }
}

TEST_CASE("wheel: paths are judged by the rules for packages", "[wheel_reader]") {
  CHECK_THAT(result_of(with_file("../x")), Refused("A01"));
  CHECK_THAT(result_of(with_file("a/../../x")), Refused("A01"));
  CHECK_THAT(result_of(with_file("/etc/passwd")), Refused("A02"));
  CHECK_THAT(result_of(with_file("C:/x")), Refused("A02"));
  CHECK_THAT(result_of(with_file("a\\..\\x")), Refused("A03"));
  CHECK_THAT(result_of(with_file("a//x")), Refused("A21"));
  CHECK_THAT(result_of(with_file("./x")), Refused("A21"));
  CHECK_THAT(result_of(with_file(std::string("a\0b", 3))), Refused("A20"));
  CHECK_THAT(result_of(with_file("a\x1b[31m")), Refused("A20"));
  CHECK_THAT(result_of(with_file("a\xff")), Refused("A20"));
  CHECK_THAT(result_of(with_file("conda-meta/history")), Refused("A22"));
  CHECK_THAT(result_of(with_file(std::string(300, 'x'))), Refused("A19"));
  CHECK_THAT(result_of(with_file("a/__init__.py/x")), Refused("A11"));
  CHECK_THAT(result_of(with_file("A/__init__.py")), Refused("A13"));
}

TEST_CASE("wheel: names that differ in case alone are fine where it is for one platform",
          "[wheel_reader]") {
  const std::string name = "a-1.0-cp311-cp311-linux_x86_64.whl";
  CHECK(result_of(usual().file("a/__INIT__.py", "").build(), name) == "read");
}

TEST_CASE("wheel: what is no file or folder is refused", "[wheel_reader]") {
  const auto of_mode = [](unsigned mode) {
    return result_of(changed([&](ZipMember& member) { member.mode = mode; }));
  };
  CHECK_THAT(of_mode(0120777), Refused("A06"));
  CHECK_THAT(of_mode(0060644), Refused("A14"));
  CHECK_THAT(of_mode(0010644), Refused("A14"));
  CHECK_THAT(of_mode(0040755), Refused("A14"));
  CHECK_THAT(result_of(usual().raw({.name = "b/", .data = "content", .mode = 040755}).build()),
             Refused("A21"));
}

TEST_CASE("wheel: a zip file that two readers could read in two ways is refused",
          "[wheel_reader]") {
  const auto with_lie = [](auto lie) {
    return result_of(changed([&](ZipMember& member) { lie(member); }));
  };
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.name = "a/__init__.pz"; }), Refused("Z01"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.size = 7; }), Refused("Z01"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.method = 0; }), Refused("Z01"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.crc32 = 7; }), Refused("Z01"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.flags = m.central.flags = 1; }), Refused("Z04"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.flags = m.central.flags = 0x40; }),
             Refused("Z04"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.local.method = m.central.method = 14; }),
             Refused("Z03"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.comment = "x"; }), Refused("Z05"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.offset = 1; }), Refused("Z05"));
  CHECK_THAT(with_lie([](ZipMember& m) { m.is_listed = false; }), Refused("Z05"));
  CHECK_THAT(result_of(usual().build({.prepended = "#!/bin/sh\n"})), Refused("Z05"));
  CHECK_THAT(result_of(usual().build({.appended = "x"})), Refused("Z05"));
  CHECK_THAT(result_of(usual().build({.comment = "x"})), Refused("Z05"));
  CHECK_THAT(result_of(usual().build({.before_directory = "x"})), Refused("Z05"));
  CHECK_THAT(result_of(usual().build({.disk = 1})), Refused("Z04"));
  CHECK_THAT(result_of(usual().raw({.name = "a/__init__.py", .data = "y = 1\n"}).build()),
             Refused("Z02"));
  std::vector<ZipMember> overlapping = usual().members();
  overlapping[1].offset = 0;
  overlapping[1].is_present = false;
  CHECK_THAT(result_of(zip_of(overlapping)), Refused("Z06"));
}

TEST_CASE("wheel: deflated bytes that are not what they say are refused", "[wheel_reader]") {
  const auto both = [](ZipMember& member, auto set) {
    set(member.local);
    set(member.central);
  };
  CHECK_THAT(result_of(changed(
                 [&](ZipMember& member) { both(member, [](ZipLies& lies) { lies.size = 5; }); })),
             Contains("Z04") || Contains("A24"));
  // Of a size that RECORD tells, too: the bytes decide.
  const auto lying = [&](std::uint64_t size) {
    std::vector<ZipMember> members =
        usual()
            .record([&](std::string text) {
              const std::size_t at = text.find(",6\n");
              return text.replace(at, 3, "," + std::to_string(size) + "\n");
            })
            .members();
    both(members.front(), [&](ZipLies& lies) { lies.size = size; });
    return result_of(zip_of(members));
  };
  CHECK_THAT(lying(5), Refused("Z04"));
  CHECK_THAT(lying(7), Refused("Z04"));
  CHECK_THAT(result_of(changed(
                 [&](ZipMember& member) { both(member, [](ZipLies& lies) { lies.crc32 = 1; }); })),
             Refused("Z04"));
  CHECK_THAT(result_of(changed([](ZipMember& member) { member.data[0] = '\x07'; })),
             Refused("C07"));
  CHECK_THAT(result_of(changed([](ZipMember& member) { member.data.pop_back(); })), Refused("C07"));
  CHECK_THAT(result_of(changed([](ZipMember& member) { member.data += "tail"; })), Refused("Z05"));
}

TEST_CASE("wheel: a bomb is refused before it is unpacked", "[wheel_reader]") {
  std::vector<ZipMember> members = usual().members();
  for (ZipLies* const header : {&members.front().local, &members.front().central})
    header->size = std::uint64_t{3} << 30U;
  CHECK_THAT(result_of(zip_of(members)), Refused("C01"));
}

TEST_CASE("wheel: every truncation is refused", "[wheel_reader]") {
  const std::string whole = usual().command("a = a:f").build();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THAT(result_of(whole.substr(0, size)), Catch::StartsWith("6: "));
  }
}

TEST_CASE("wheel: every member is held against RECORD", "[wheel_reader]") {
  const auto without = [](const std::string& path) {
    return [path](const std::string& text) {
      const std::size_t at = text.find(path);
      return text.substr(0, at) + text.substr(text.find('\n', at) + 1);
    };
  };
  SECTION("one that it does not have") {
    CHECK_THAT(result_of(usual().record(without("a/__init__.py")).build()), Refused("A24"));
    CHECK_THAT(result_of(usual().raw({.name = "b.py", .data = "x"}).build()), Refused("A24"));
  }
  SECTION("one that is not there") {
    CHECK_THAT(result_of(usual()
                             .record([](std::string text) {
                               return text + "gone.py," + record_hash("x") + ",1\n";
                             })
                             .build()),
               Refused("A24"));
  }
  SECTION("one without hash") {
    CHECK_THAT(result_of(usual()
                             .record([](std::string text) {
                               return text.replace(text.find("sha256="), record_hash("").size(),
                                                   "");
                             })
                             .build()),
               Refused("A24"));
  }
  SECTION("one with another size") {
    CHECK_THAT(result_of(usual()
                             .record([](std::string text) {
                               return text.replace(text.find(",6\n"), 3, ",7\n");
                             })
                             .build()),
               Refused("A24"));
  }
  SECTION("METADATA that is another") {
    std::vector<ZipMember> members = usual().stored().members();
    const std::size_t at = members[1].data.find("About");
    REQUIRE(members[1].name.ends_with("METADATA"));
    members[1].data.replace(at, 5, "ABOUT");
    CHECK_THAT(result_of(zip_of(members)), Refused("A24"));
  }
  SECTION("a script that is rewritten, and an INSTALLER that is not installed") {
    for (const std::string path : {"a-1.0.data/scripts/run", "a-1.0.dist-info/INSTALLER"}) {
      const WheelBuilder wheel =
          usual().file("a-1.0.data/scripts/run", "#!python\n").info("INSTALLER", "pip\n").stored();
      std::vector<ZipMember> members = wheel.members();
      std::ranges::find(members, path, &ZipMember::name)->data.back() = ' ';
      CHECK_THAT(result_of(zip_of(members)), Refused("A24"));
    }
  }
}

TEST_CASE("wheel: what it says of itself must be there, once, and of its name", "[wheel_reader]") {
  CHECK_THAT(result_of(usual().without_info("RECORD").build()), Refused("A24"));
  CHECK_THAT(result_of(usual().without_info("WHEEL").build()), Refused("A24"));
  CHECK_THAT(result_of(usual().without_info("METADATA").build()), Refused("A24"));
  CHECK_THAT(result_of(with_file("b-1.0.dist-info/METADATA")), Refused("A28"));
  CHECK_THAT(result_of(zip_of({{.name = "a.py", .data = ""}})), Refused("A28"));
  CHECK_THAT(result_of(usual().build(), "b-1.0-py3-none-any.whl"), Refused("A28"));
  CHECK_THAT(result_of(usual().build(), "a-1.1-py3-none-any.whl"), Refused("A28"));
  CHECK_THAT(result_of(with_file("a-2.0.data/data/x")), Refused("A28"));
  CHECK_THAT(result_of(usual().info("WHEEL", "Wheel-Version: 2.0\n").build()),
             Contains("Wheel-Version"));
  CHECK_THAT(result_of(usual().command("a = a:f; import os").build()),
             Contains("entry_points.txt"));
}

}  // namespace envlock::test
