#include "model/pip_report.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <chrono>
#include <string>

#include "model/error.hpp"
#include "model/simple_index.hpp"

using namespace envlock;
using Catch::Contains;

namespace {

const std::string hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string report_with(const std::string& items) {
  return R"({"version": "1", "pip_version": "24.0", "install": [)" + items +
         R"(], "environment": {"os_name": "posix"}})";
}

std::string item(const std::string& name, const std::string& more = "") {
  return R"({"download_info": {"url": "http://127.0.0.1/x.whl", "archive_info": {"hash": "sha256=)" +
         hex + R"("}}, "is_direct": false, "requested": true, "metadata": {"name": ")" + name +
         R"(", "version": "1.0", "requires_dist": ["b>=1"], "description": null})" + more + "}";
}

const Url page = *Url::parse("https://index.example/simple/tool");

}  // namespace

TEST_CASE("read_pip_report: what pip would install", "[pip]") {
  const PipReport report =
      read_pip_report(report_with(item("Tool", R"(, "is_yanked": true)") + "," + item("b")), "r");
  REQUIRE(report.install.size() == 2);
  const PipReportItem& tool = report.install[0];
  CHECK(tool.name == "Tool");
  CHECK(tool.version == "1.0");
  CHECK(tool.sha256 == Sha256::parse(hex));
  CHECK(tool.requires_dist == std::vector<std::string>{"b>=1"});
}

TEST_CASE("read_pip_report: what is no report is refused", "[pip]") {
  const auto refused = [](const std::string& text) {
    try {
      (void)read_pip_report(text, "report");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(refused("{}"), Contains("install"));
  CHECK_THAT(refused("[]"), Contains("report"));
  CHECK_THAT(refused(R"({"version": "2", "install": []})"), Contains("form of reports"));
  CHECK_THAT(refused(report_with(item("a") + "," + item("A"))), Contains("twice"));
  CHECK_THAT(refused(report_with("{}")), Contains("without name"));
  CHECK_THAT(refused(report_with(R"({"metadata": {"name": "a", "version": "1"}})")),
             Contains("download_info.url"));
  CHECK_THAT(refused(report_with(R"({"metadata": {"name": "a", "version": "one"}})")),
             Contains("version"));
  CHECK_THAT(refused(report_with(item("a")) + "x"), Contains("report"));
}

TEST_CASE("read_index_json: files with digests, times and metadata", "[pip]") {
  const ProjectPage read = read_index_json(
      R"({"meta": {"api-version": "1.1"}, "name": "tool", "files": [
        {"filename": "tool-1.0-py3-none-any.whl", "url": "../../f/tool-1.0-py3-none-any.whl",
         "hashes": {"sha256": ")" +
          hex + R"(", "blake2b": "x"}, "requires-python": ">=3.8", "size": 12,
         "upload-time": "2024-01-31T12:00:00.5Z", "yanked": "broken", "core-metadata": {"sha256": ")" +
          hex + R"("}},
        {"filename": "../../etc/passwd", "url": "x", "hashes": {}},
        {"filename": "b.whl", "url": "file:///b.whl", "hashes": {}},
        {"filename": "c.whl", "url": "https://other.example/c.whl", "hashes": {}, "yanked": false,
         "requires-python": null, "core-metadata": true}]})",
      page, "the page");
  CHECK(read.unusable == 2);
  REQUIRE(read.files.size() == 2);
  const IndexFile& tool = read.files[0];
  CHECK(tool.url.to_string() == "https://index.example/f/tool-1.0-py3-none-any.whl");
  CHECK(tool.sha256 == Sha256::parse(hex));
  CHECK(tool.size == 12U);
  CHECK(tool.uploaded->to_string() == "2024-01-31T12:00:00.500Z");
  CHECK(tool.is_yanked);
  CHECK(tool.yanked_why == "broken");
  CHECK(tool.requires_python == ">=3.8");
  CHECK(tool.metadata_sha256 == tool.sha256);
  CHECK_FALSE(read.files[1].is_yanked);
  CHECK(read.files[1].has_metadata);
  CHECK_THROWS_WITH(read_index_json(R"({"meta": {"api-version": "2.0"}, "files": []})", page, "p"),
                    Contains("form of indexes"));
  CHECK_THROWS_WITH(read_index_json("{}", page, "p"), Contains("no list 'files'"));
  CHECK_THROWS_AS(read_index_json("<html>", page, "p"), InputError);
}

TEST_CASE("read_index_json: digests in either case, and a bad one costs its file alone", "[pip]") {
  std::string upper = hex;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  upper.replace(0, 2, "AB");
  std::string lower = hex;
  lower.replace(0, 2, "ab");
  const auto file = [](const std::string& name, const std::string& digest,
                       const std::string& metadata) {
    return R"({"filename": ")" + name + R"(", "url": ")" + name + R"(", "hashes": {"sha256": ")" +
           digest + R"("}, "core-metadata": {"sha256": ")" + metadata + R"("}})";
  };
  const ProjectPage read =
      read_index_json(R"({"files": [)" + file("a-1-py3-none-any.whl", upper, upper) + "," +
                          file("b-1-py3-none-any.whl", "12", lower) + "," +
                          file("c-1-py3-none-any.whl", lower, "12") + "]}",
                      page, "p");
  CHECK(read.unusable == 1);
  REQUIRE(read.files.size() == 2);
  CHECK(read.files[0].sha256 == Sha256::parse(lower));
  CHECK(read.files[0].metadata_sha256 == Sha256::parse(lower));
  CHECK_FALSE(read.files[1].has_metadata);
}

TEST_CASE("read_index_html: links and their attributes", "[pip]") {
  const ProjectPage read = read_index_html(
      "<!DOCTYPE html><html><body><!-- <a href='no.whl'> --><abbr href=no.whl></abbr>\n"
      "<a href=\"/f/tool-1.0-py3-none-any.whl#sha256=" +
          hex +
          "\" data-requires-python=\"&gt;=3.8,&lt;4\" data-yanked=\"it&#39;s bad\"\n"
          " data-dist-info-metadata='sha256=" +
          hex +
          "'>tool</a>"
          "<A HREF=tool%2Bx-2-py3-none-any.whl>x</A><a name=x><a href='ftp://x/y.whl'><a href='",
      page, "the page");
  REQUIRE(read.files.size() == 2);
  const IndexFile& tool = read.files[0];
  CHECK(tool.name == "tool-1.0-py3-none-any.whl");
  CHECK(tool.url.to_string() == "https://index.example/f/tool-1.0-py3-none-any.whl");
  CHECK(tool.sha256 == Sha256::parse(hex));
  CHECK(tool.requires_python == ">=3.8,<4");
  CHECK(tool.yanked_why == "it's bad");
  CHECK(tool.is_yanked);
  CHECK(tool.metadata_sha256 == tool.sha256);
  CHECK_FALSE(tool.uploaded);
  CHECK(read.files[1].name == "tool+x-2-py3-none-any.whl");
  CHECK(read.files[1].url.to_string() ==
        "https://index.example/simple/tool/tool%2Bx-2-py3-none-any.whl");
}

TEST_CASE("read_index_html: a digest is read however it is written, or its file is unusable",
          "[pip]") {
  const auto read = [](const std::string& href, const std::string& more = "") {
    return read_index_html("<a href=\"" + href + "\"" + more + ">x</a>", page, "p");
  };
  std::string upper = hex;
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string& fragment :
       {"sha256=" + upper, "sha256=" + hex + "&amp;egg=tool", "egg=tool&sha256=" + hex,
        "sha256=" + hex + "&sha256=" + hex}) {
    INFO(fragment);
    const ProjectPage found = read("/a.whl#" + fragment);
    REQUIRE(found.files.size() == 1);
    CHECK(found.files[0].sha256 == Sha256::parse(hex));
  }
  for (const std::string& fragment :
       {"sha256=" + hex.substr(1), std::string("sha256="), "egg=tool&sha256=x" + hex.substr(1),
        "sha256=" + hex + "&sha256=" + std::string(64, '0'), "SHA256=" + hex + "0"}) {
    INFO(fragment);
    CHECK(read("/a.whl#" + fragment).files.empty());
    CHECK(read("/a.whl#" + fragment).unusable == 1);
  }
  CHECK(read("/a.whl", " data-core-metadata=\"sha256=BAD\"").unusable == 1);
  CHECK(
      read("/a.whl", " data-core-metadata=\"sha256=" + upper + "\"").files.at(0).metadata_sha256 ==
      Sha256::parse(hex));
  CHECK(read("/a.whl", " data-core-metadata=\"true\"").files.at(0).has_metadata);
  CHECK_FALSE(read("/a.whl#md5=x").files.at(0).sha256);
}

TEST_CASE("read_index: a page that came by https leads to no file by plain http", "[pip]") {
  const std::string html = "<a href='http://index.example/a.whl'>a</a>";
  CHECK(read_index_html(html, page, "p").unusable == 1);
  CHECK(read_index_html("<a href='http://127.0.0.1/a.whl'>a</a>", page, "p").files.empty());
  CHECK(read_index_json(R"({"files": [{"filename": "a.whl", "url": "http://index.example/a.whl",
                            "hashes": {}}]})",
                        page, "p")
            .unusable == 1);
  const Url plain = *Url::parse("http://index.example/simple/tool");
  CHECK(read_index_html(html, plain, "p").files.size() == 1);
}

TEST_CASE("read_index_html: a page of nothing but '&' takes no more time than others", "[pip]") {
  const std::string html = "<a href=\"/a.whl\" title=\"" + std::string(4U << 20U, '&') + "\">";
  const auto start = std::chrono::steady_clock::now();
  CHECK(read_index_html(html, page, "p").files.size() == 1);
  // Milliseconds; looking for the end of each entity through all the rest takes minutes.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}
