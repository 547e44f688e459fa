#include "model/pip_report.hpp"

#include <set>

#include "model/pep440.hpp"
#include "model/strict_json.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_packages = 10'000;

void read_download(const JsonNode& node, PipReportItem& item) {
  node.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "url") {
      item.url = value.non_empty_text();
    } else if (key == "archive_info") {
      value.for_each_member([&](std::string_view what, const JsonNode& part) {
        if (what == "hashes") {
          part.for_each_member([&](std::string_view kind, const JsonNode& digest) {
            if (kind == "sha256") item.sha256 = digest.sha256();
          });
        } else if (what == "hash" && !item.sha256) {
          // Before 'hashes' there was "sha256=HEX" (PEP 610).
          const std::string_view text = part.view();
          if (text.starts_with("sha256=")) item.sha256 = Sha256::parse(text.substr(7));
        }
      });
    }
  });
}

void read_metadata(const JsonNode& node, PipReportItem& item) {
  node.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "name") {
      item.name = value.non_empty_text();
    } else if (key == "version") {
      item.version = value.non_empty_text();
      if (!PypiVersion::parse(item.version)) value.fail_expected("a version of Python's packages");
    } else if (key == "requires_dist") {
      item.requires_dist = value.texts();
    }
  });
}

PipReportItem read_item(const JsonNode& node) {
  PipReportItem item;
  node.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "download_info") {
      read_download(value, item);
    } else if (key == "metadata") {
      read_metadata(value, item);
    }
  });
  if (item.name.empty() || item.version.empty()) node.fail("a package without name or version");
  if (item.url.empty()) node.fail("a package without 'download_info.url'");
  return item;
}

}  // namespace

PipReport read_pip_report(std::string_view json, const std::string& path) {
  const JsonDocument document(json, path, {.max_text_bytes = std::size_t{4} << 20U});
  PipReport report;
  bool has_list = false;
  std::set<std::string> names;
  const JsonNode root = document.root();
  root.for_each_member([&](std::string_view key, const JsonNode& value) {
    if (key == "version") {
      if (value.text() != "1")
        value.fail_expected("\"1\", the form of reports that envlock knows",
                            "use another version of pip in the environment");
    } else if (key == "install") {
      has_list = true;
      if (value.item_count() > most_packages)
        value.fail("more than " + std::to_string(most_packages) + " packages");
      value.for_each_item([&](const JsonNode& item) {
        report.install.push_back(read_item(item));
        if (!names.insert(project_key(report.install.back().name)).second)
          item.fail("the package '" + report.install.back().name + "' is there twice");
      });
    }
  });
  if (!has_list) root.fail("there is no list 'install'");
  return report;
}

}  // namespace envlock
