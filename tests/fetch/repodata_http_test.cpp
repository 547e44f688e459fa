#include <catch2/catch.hpp>

#include "tests/fetch/fetching.hpp"

namespace envlock::test {

using Origin = SubdirAnswer::Origin;
using Answer = LocalServer::Answer;
using Request = LocalServer::Request;
using Paths = std::vector<std::string>;

namespace {

const std::string json = R"({"packages": {}, "packages.conda": {}})";

}  // namespace

TEST_CASE("repodata: .zst is asked for first and arrives decompressed", "[fetch]") {
  const LocalServer server(serve_files(
      {{"/c/noarch/repodata.json.zst", zstd_frame(json)}, {"/c/noarch/repodata.json", "{}"}}));
  Fetching fetching;
  const SubdirAnswer answer = fetching.fetch_one(server.url("/c"));
  CHECK(json_of(answer) == json);
  CHECK(answer.origin == Origin::downloaded);
  CHECK(answer.source == server.url("/c/noarch/repodata.json.zst"));
  CHECK(answer.served_sha256 == sha256_of(zstd_frame(json)));
  CHECK(answer.served_bytes == zstd_frame(json).size());
  CHECK(server.paths() == Paths{"/c/noarch/repodata.json.zst"});
}

}  // namespace envlock::test
