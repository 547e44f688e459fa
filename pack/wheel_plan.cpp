#include "pack/wheel_plan.hpp"

#include <algorithm>
#include <utility>

#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/text.hpp"
#include "model/wheel_files.hpp"
#include "model/wheel_name.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

std::size_t common_folders(std::string_view a, std::string_view b) {
  std::size_t common = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i) {
    if (a[i] == '/') common = i + 1;
  }
  return common;
}

/// "../../../bin/rich" for "bin/rich" and "lib/python3.11/site-packages".
std::string relative_to(std::string_view path, std::string_view folder) {
  const std::string from = std::string(folder) + '/';
  const std::size_t common = common_folders(path, from);
  std::string out;
  for (const char c : std::string_view(from).substr(common)) out += c == '/' ? "../" : "";
  return out + std::string(path.substr(common));
}

/// `#!python -E` and the rest, as a packaged script of conda's would have it.
std::string with_placeholder(const std::string& script, const std::string& python) {
  constexpr std::string_view blanks = " \t\r\n";
  // "#!pythonw" and "#!python3" ask for the same one.
  const std::size_t end = std::min(script.find_first_of(blanks), script.size());
  return "#!" + std::string(generated_placeholder) + "/bin/python" + python + script.substr(end);
}

/// pip's text for an archive (PEP 610).
std::string direct_url_text(const PackageToPlace& source) {
  const std::string hex = source.record.sha256.value().hex();
  JsonWriter json;
  json.begin_object().key("archive_info").begin_object().member("hash", "sha256=" + hex);
  json.key("hashes").begin_object().member("sha256", hex).end_object().end_object();
  return json.member("url", source.direct_url).end_object().take();
}

class WheelPlanner {
 public:
  WheelPlanner(TreePlan& plan, std::size_t index)
      : plan_(plan), index_(index), package_(plan.packages[index]), wheel_(*package_.wheel) {}

  void run() {
    for (const PackagePath& path : package_.info.paths) add_packaged(path);
    for (const EntryPoint& command : wheel_.commands) {
      PlannedFile& file =
          add_made("bin/" + command.command, entry_point_script(command, plan_.python));
      file.role = FileRole::entry_point;
      file.executable = true;
      file.placeholder = generated_placeholder;
    }
    add_made(in_dist_info("INSTALLER"), "envlock\n");
    if (package_.source.requested) add_made(in_dist_info("REQUESTED"), "");
    if (!package_.source.direct_url.empty())
      add_made(in_dist_info("direct_url.json"), direct_url_text(package_.source));
    const std::string record = in_dist_info("RECORD");
    std::vector<WheelRecordLine> lines{{relative_to(record, plan_.site_packages), {}, {}}};
    for (const PlannedFile& file : files_) {
      WheelRecordLine line{relative_to(file.path, plan_.site_packages), {}, {}};
      if (file.placeholder.empty()) {
        line.sha256 = file.sha256;
        line.size_bytes = file.size_bytes;
      }
      lines.push_back(std::move(line));
    }
    add_made(record, write_wheel_record(std::move(lines)));
    for (PlannedFile& file : files_) plan_.files.push_back(std::move(file));
  }

 private:
  [[noreturn]] void fail(const std::string& member, const std::string& what,
                         std::string_view rule) const {
    refuse(package_.source.archive.file_name(), member, what, rule);
  }

  [[nodiscard]] std::string in_dist_info(std::string_view name) const {
    return plan_.site_packages + '/' + wheel_.dist_info + '/' + std::string(name);
  }

  /// Empty: it is not installed.
  [[nodiscard]] std::string place_of(const std::string& path) const {
    const auto below = [&](const std::string& folder) {
      const bool is_below =
          path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
      return is_below ? path.substr(folder.size() + 1) : std::string();
    };
    if (is_dropped_dist_info(below(wheel_.dist_info))) return {};
    const std::string data = below(wheel_.data);
    if (data.empty()) return plan_.site_packages + '/' + path;
    const std::size_t slash = data.find('/');
    const std::string kind = data.substr(0, slash);
    const std::string rest = slash == std::string::npos ? std::string() : data.substr(slash + 1);
    if (rest.empty()) fail(path, "is of no kind of data", "A24");
    if (kind == "purelib" || kind == "platlib") return plan_.site_packages + '/' + rest;
    if (kind == "scripts") return "bin/" + rest;
    if (kind == "headers") return "include/python" + plan_.python + '/' + wheel_.name + '/' + rest;
    if (kind == "data") return rest;
    fail(path, "is data of an unknown kind, expected purelib, platlib, scripts, headers or data",
         "A24");
  }

  void add_packaged(const PackagePath& path) {
    const std::string place = place_of(path.path);
    if (place.empty()) return;
    if (const auto fault = package_path_fault(place))
      fail(path.path, "would be '" + place + "': " + *fault, "A22");
    if (role_of(place) == FileRole::link_script)
      fail(path.path, "would be a link script of conda's, which no wheel has", "A27");
    const auto script = wheel_.python_scripts.find(path.path);
    if (script != wheel_.python_scripts.end()) {
      PlannedFile& made = add_made(place, with_placeholder(script->second, plan_.python));
      made.executable = true;
      made.placeholder = generated_placeholder;
      return;
    }
    PlannedFile file;
    file.path = place;
    file.owners = {index_};
    file.source = path.path;
    file.role = role_of(place);
    file.sha256 = path.sha256;
    file.size_bytes = path.size_bytes;
    files_.push_back(std::move(file));
  }

  PlannedFile& add_made(std::string path, std::string content) {
    PlannedFile file;
    file.path = std::move(path);
    file.owners = {index_};
    file.content = std::move(content);
    file.role = role_of(file.path);
    file.sha256 = sha256_of(file.content);
    file.size_bytes = file.content.size();
    return files_.emplace_back(std::move(file));
  }

  TreePlan& plan_;
  std::size_t index_;
  const PlannedPackage& package_;
  const WheelInfo& wheel_;
  std::vector<PlannedFile> files_;
};

}  // namespace

void require_locked_wheel(const PackageToPlace& source, const WheelInfo& wheel) {
  const PackageRecord& record = source.record;
  const bool same = project_key(wheel.name) == project_key(record.name) &&
                    python_version_key(wheel.version) == python_version_key(record.version);
  // Who looks for the environment's python looks for its name.
  if (record.name == "python") {
    throw TrustError(
        "'" + source.archive.file_name() + "' calls itself 'python', which no wheel is",
        "find out who asks for it: there is no such project on PyPI");
  }
  if (same) return;
  throw TrustError("'" + source.archive.file_name() +
                       "' is not what the lock says: its METADATA "
                       "names '" +
                       printable(wheel.name, 200) + ' ' + printable(wheel.version, 200) +
                       "', expected '" + record.name + ' ' + record.version + "'",
                   "whoever built the wheel can tell why; lock another one until then");
}

void add_wheel(TreePlan& plan, std::size_t index) { WheelPlanner(plan, index).run(); }

}  // namespace envlock
