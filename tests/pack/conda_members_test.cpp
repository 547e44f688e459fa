#include "pack/conda_members.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/package_builder.hpp"

namespace envlock::test {
namespace {

/// "info pkg", their bytes, or "EXIT: message".
std::string result_of(const std::vector<ZipMember>& members) {
  const std::string bytes = zip_of(members);
  const ReadAt read_at = [&](std::uint64_t offset, std::span<std::byte> to) {
    if (offset > bytes.size() || to.size() > bytes.size() - offset) throw IoError("outside");
    if (!to.empty()) std::memcpy(to.data(), bytes.data() + offset, to.size());
  };
  try {
    const CondaMembers found = read_conda_members(read_at, bytes.size(), "a-1-0.conda");
    return bytes.substr(found.info.offset_bytes, found.info.size_bytes) + " " +
           bytes.substr(found.pkg.offset_bytes, found.pkg.size_bytes);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
}

const ZipMember metadata{.name = "metadata.json", .data = R"({"conda_pkg_format_version": 2})"};
const ZipMember info{.name = "info-b-1-0.tar.zst", .data = "INFO"};
const ZipMember pkg{.name = "pkg-b-1-0.tar.zst", .data = "PKG"};

}  // namespace

TEST_CASE("conda_members: the three are found in any order, whatever the file is called",
          "[pack]") {
  CHECK(result_of({metadata, pkg, info}) == "INFO PKG");
  CHECK(result_of({info, pkg, metadata}) == "INFO PKG");
}

TEST_CASE("conda_members: Z02 a missing, a second and an unknown member are refused", "[pack]") {
  CHECK_THAT(result_of({metadata, info}), Refused("Z02"));
  CHECK_THAT(result_of({metadata, pkg}), Refused("Z02"));
  const std::string name = GENERATE("info-c-1-0.tar.zst", "pkg-c-1-0.tar.zst", "README",
                                    "Metadata.json", "info-b-1-0.tar.bz2", "info-.tar.zst");
  CHECK_THAT(result_of({metadata, pkg, info, {.name = name}}), Refused("Z02"));
}

TEST_CASE("conda_members: Z07 members of two packages are refused", "[pack]") {
  ZipMember other = pkg;
  other.name = "pkg-b-1-1.tar.zst";
  CHECK_THAT(result_of({metadata, info, other}), Refused("Z07"));
}

TEST_CASE("conda_members: Z08 metadata.json must be there and say version 2", "[pack]") {
  CHECK_THAT(result_of({pkg, info}), Refused("Z08"));
  const std::string text =
      GENERATE(as<std::string>(), "", "{}", "[]", "2", R"({"conda_pkg_format_version": 1})",
               R"({"conda_pkg_format_version": 3})", R"({"conda_pkg_format_version": "2"})",
               R"({"conda_pkg_format_version": 2, "conda_pkg_format_version": 2})",
               R"({"conda_pkg_format_version": 2} x)", std::string(100'000, ' '));
  CHECK_THAT(result_of({{.name = "metadata.json", .data = text}, pkg, info}), Refused("Z08"));
  CHECK(result_of({{.name = "metadata.json",
                    .data = R"({"by": "conda-build", "conda_pkg_format_version": 2})"},
                   pkg,
                   info}) == "INFO PKG");
}

}  // namespace envlock::test
