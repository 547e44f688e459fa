#include "tests/support/wheel_index.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "model/digest.hpp"
#include "tests/support/wheel_builder.hpp"

namespace envlock::test {

std::string TestWheel::file_name() const {
  std::string stem = name;
  std::ranges::replace(stem, '-', '_');
  return stem + '-' + version + '-' + tag + ".whl";
}

std::string TestWheel::metadata() const {
  std::string text = "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n";
  if (!requires_python.empty()) text += "Requires-Python: " + requires_python + "\n";
  for (const std::string& extra : extras) text += "Provides-Extra: " + extra + "\n";
  for (const std::string& need : needs) text += "Requires-Dist: " + need + "\n";
  return text;
}

std::string TestWheel::bytes() const {
  std::string stem = name;
  std::ranges::replace(stem, '-', '_');
  return WheelBuilder(stem, version, tag)
      .file(stem + "/__init__.py", "version = '" + version + "'\n")
      .info("METADATA", metadata())
      .build();
}

WheelIndex::WheelIndex(Form form) : form_(form) {
  server_ = std::make_unique<LocalServer>(
      [this](const LocalServer::Request& request) { return answer(request); });
}

WheelIndex& WheelIndex::add(const TestWheel& wheel) {
  const std::lock_guard lock(mutex_);
  std::string project = wheel.name;
  for (char& c : project) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  files_.push_back({project, wheel.file_name(), wheel.bytes(), wheel.metadata(), wheel});
  return *this;
}

WheelIndex& WheelIndex::add_file(const std::string& project, const std::string& name,
                                 const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  files_.push_back({project, name, bytes, {}, {}});
  return *this;
}

LocalServer::Answer WheelIndex::answer(const LocalServer::Request& request) const {
  const std::lock_guard lock(mutex_);
  if (!authorization_.empty() && request.header("authorization") != authorization_)
    return {.status = 401};
  if (request.path.starts_with("/simple/") && request.path.ends_with("/")) {
    const std::string project = request.path.substr(8, request.path.size() - 9);
    if (std::ranges::count(files_, project, &File::project) == 0) return {.status = 404};
    if (form_ == Form::html)
      return {.body = html_page(project), .headers = {{"Content-Type", "text/html"}}};
    return {.body = json_page(project),
            .headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}}};
  }
  for (const File& file : files_) {
    if (request.path == "/files/" + file.name)
      return {.body = file.bytes + (spoilt_ == file.name ? "x" : ""),
              .delay = delayed_ == file.name ? delay_ : std::chrono::milliseconds(0)};
    if (has_metadata_ && !file.metadata.empty() &&
        request.path == "/files/" + file.name + ".metadata")
      return {.body = file.metadata};
  }
  return {.status = 404};
}

std::string WheelIndex::json_page(const std::string& project) const {
  nlohmann::json files = nlohmann::json::array();
  for (const File& file : files_) {
    if (file.project != project) continue;
    nlohmann::json one{{"filename", file.name},
                       {"url", "../../files/" + file.name},
                       {"hashes", nlohmann::json::object()},
                       {"size", file.bytes.size()}};
    if (has_digests_) one["hashes"]["sha256"] = sha256_of(file.bytes).hex();
    if (!file.wheel.requires_python.empty()) one["requires-python"] = file.wheel.requires_python;
    if (!file.wheel.uploaded.empty()) one["upload-time"] = file.wheel.uploaded;
    if (file.wheel.yanked) one["yanked"] = *file.wheel.yanked;
    if (has_metadata_ && !file.metadata.empty())
      one["core-metadata"] = {{"sha256", sha256_of(file.metadata).hex()}};
    files.push_back(one);
  }
  return nlohmann::json{{"meta", {{"api-version", "1.1"}}}, {"name", project}, {"files", files}}
      .dump();
}

std::string WheelIndex::html_page(const std::string& project) const {
  std::string page = "<!DOCTYPE html>\n<html><body>\n";
  for (const File& file : files_) {
    if (file.project != project) continue;
    page += "<a href=\"/files/" + file.name;
    if (has_digests_) page += "#sha256=" + sha256_of(file.bytes).hex();
    page += '"';
    if (!file.wheel.requires_python.empty()) {
      std::string text;
      for (const char c : file.wheel.requires_python)
        text += c == '>' ? "&gt;" : c == '<' ? "&lt;" : std::string(1, c);
      page += " data-requires-python=\"" + text + '"';
    }
    if (file.wheel.yanked) page += " data-yanked=\"" + *file.wheel.yanked + '"';
    if (has_metadata_ && !file.metadata.empty())
      page += " data-dist-info-metadata=\"sha256=" + sha256_of(file.metadata).hex() + '"';
    page += ">" + file.name + "</a>\n";
  }
  return page + "</body></html>\n";
}

}  // namespace envlock::test
