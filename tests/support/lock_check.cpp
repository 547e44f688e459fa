#include "tests/support/lock_check.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include "model/match_spec.hpp"
#include "model/version.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

using Json = nlohmann::json;

std::string decompressed(const std::string& frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) throw std::runtime_error("not a zstd frame");
  // A frame that was written as a stream does not say its size: 64 times is ample for JSON.
  std::string text(size == ZSTD_CONTENTSIZE_UNKNOWN ? frame.size() * 64 : size, '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0U) throw std::runtime_error(ZSTD_getErrorName(got));
  text.resize(got);
  return text;
}

std::vector<std::string> texts(const Json& object, const char* key) {
  if (!object.contains(key)) return {};
  return object[key].get<std::vector<std::string>>();
}

/// A record, or a virtual package, as MatchSpec looks at it.
struct Candidate {
  explicit Candidate(const Json& json)
      : name(json.at("name")), build(json.value("build", "0")), channel(json.value("channel", "")) {
    version = Version::parse(json.at("version").get<std::string>());
    fields.name = name;
    fields.version = version ? &*version : nullptr;
    fields.build = build;
    fields.build_number = json.value("build_number", std::uint64_t{0});
    subdir = json.value("subdir", "");
    fn = json.value("fn", "");
    license = json.value("license", "");
    fields.subdir = subdir;
    fields.fn = fn;
    fields.license = license;
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;
  std::string name, build, channel, subdir, fn, license;
  std::optional<Version> version;
  MatchFields fields;
};

/// Fields that a lock copies from the channel, in one spelling.
Json copied_fields(const Json& record) {
  Json out;
  for (const char* key : {"name", "version", "build", "sha256", "md5", "size", "license"}) {
    if (record.contains(key) && !record[key].is_null()) out[key] = record[key];
  }
  out["build_number"] = record.value("build_number", Json(0));
  if (out["build_number"].is_string()) {
    out["build_number"] = std::stoull(out["build_number"].get<std::string>());
  }
  if (out.contains("license") && out["license"] == "") out.erase("license");
  for (const char* key : {"depends", "constrains"}) out[key] = texts(record, key);
  for (const char* key : {"timestamp", "indexed_timestamp"}) {
    if (!record.contains(key)) continue;
    const std::int64_t time = record[key];
    out[key] = time > 253402300799 ? time : time * 1000;  // old records say seconds
  }
  return out;
}

}  // namespace

class LockCheck::Platform {
 public:
  Platform(LockCheck& check, const Json& lock, const std::filesystem::path& lock_dir,
           std::string subdir, std::vector<std::string>& problems)
      : check_(check),
        lock_(lock),
        dir_(lock_dir),
        subdir_(std::move(subdir)),
        platform_(lock.at("platforms").at(subdir_)),
        problems_(problems) {}

  void judge() {
    std::string last;
    for (const Json& package : platform_.at("packages")) {
      const std::string name = package.at("name");
      if (!records_.emplace(name, &package).second) problem(name + " is there twice");
      if (name < last) problem(name + " stands behind " + last);
      last = name;
      candidates_[name] = std::make_unique<Candidate>(package);
      if (!candidates_[name]->version) problem(name + " has no version");
    }
    for (const Json& package : platform_.at("virtual_packages")) {
      const std::string name = package.at("name");
      if (!name.starts_with("__")) problem(name + " is no virtual package");
      if (candidates_.contains(name)) problem("'" + name + "' is both virtual and a package");
      candidates_[name] = std::make_unique<Candidate>(package);
    }
    for (const std::string& text : requests()) {
      const MatchSpec spec = MatchSpec::parse(text);
      if (spec.channel()) asked_of_channel_.insert(spec.name());
    }
    for (const auto& [name, record] : records_) {
      judge_needs(name, *record);
      judge_origin(name, *record);
    }
    judge_requests();
    judge_reachable();
  }

 private:
  void problem(const std::string& text) { problems_.push_back(subdir_ + ": " + text); }

  /// The chosen record that meets the spec, by name; nothing where none does.
  std::optional<std::string> met_by(const MatchSpec& spec) const {
    if (spec.is_conditional()) return std::nullopt;
    for (const auto& [name, candidate] : candidates_) {
      if (!spec.matches_name(name) || candidate->fields.version == nullptr) continue;
      if (spec.matches(candidate->fields)) return name;
    }
    return std::nullopt;
  }

  void judge_needs(const std::string& name, const Json& record) {
    for (const std::string& text : texts(record, "depends")) {
      if (!met_by(MatchSpec::parse(text))) problem(name + " needs '" + text + "': not met");
    }
    for (const std::string& text : texts(record, "constrains")) {
      const MatchSpec spec = MatchSpec::parse(text);
      for (const auto& [other, candidate] : candidates_) {
        if (!spec.matches_name(other) || spec.matches(candidate->fields)) continue;
        problem(name + " constrains '" + text + "', but " + other + " is " +
                candidate->version->text() + " " + candidate->build);
      }
    }
  }

  void judge_origin(const std::string& name, const Json& record) {
    const std::string channel = record.at("channel");
    const std::string own_subdir = record.at("subdir");
    const std::string fn = record.at("fn");
    if (own_subdir != subdir_ && own_subdir != "noarch") problem(name + " is of " + own_subdir);
    if (!lock_.at("channels").contains(channel)) {
      problem(name + " is of an unknown channel '" + channel + "'");
      return;
    }
    const std::string url = lock_["channels"][channel].at("url");
    if (record.at("url").get<std::string>().find(own_subdir + "/") == std::string::npos) {
      problem(name + " has the URL " + record["url"].get<std::string>());
    }
    const Json& document = check_.subdir(check_.dir_of(url, dir_), own_subdir).document;
    const Json removed = document.value("removed", Json::array());
    if (std::find(removed.begin(), removed.end(), fn) != removed.end()) {
      problem(name + ": " + fn + " is removed");
    }
    const char* const map = fn.ends_with(".conda") ? "packages.conda" : "packages";
    if (!document.contains(map) || !document[map].contains(fn)) {
      problem(name + ": the channel has no " + fn);
    } else if (const Json& original = document[map][fn];
               copied_fields(original) != copied_fields(record)) {
      problem(name + " is not the channel's record: " + copied_fields(record).dump() + " / " +
              copied_fields(original).dump());
    }
    if (lock_["inputs"].at("channel_priority") != "strict") return;
    for (const Json& other : lock_["inputs"].at("channels")) {
      if (other.at("name") == channel) break;
      for (const std::string& part : {subdir_, std::string("noarch")}) {
        const auto other_dir = check_.dir_of(other.at("url"), dir_);
        if (asked_of_channel_.contains(name) ||
            !check_.subdir(other_dir, part).names.contains(name)) {
          continue;
        }
        problem(name + " comes from " + channel + ", but " + other["name"].get<std::string>() +
                " has it too and comes first");
      }
    }
  }

  std::vector<std::string> requests() const {
    std::vector<std::string> all;
    for (const Json& file : lock_.at("inputs").at("files")) {
      for (const std::string& spec : texts(file, "specs")) all.push_back(spec);
      if (!file.contains("platform_specs")) continue;
      for (const std::string& spec : texts(file["platform_specs"], subdir_.c_str())) {
        all.push_back(spec);
      }
    }
    return all;
  }

  void judge_requests() {
    std::set<std::string> asked;
    for (const std::string& text : requests()) {
      const std::optional<std::string> name = met_by(MatchSpec::parse(text));
      if (!name) {
        problem("asked for '" + text + "': not met");
        continue;
      }
      asked.insert(*name);
      if (const auto record = records_.find(*name);
          record != records_.end() && !record->second->value("requested", false)) {
        problem(*name + " was asked for and is not flagged");
      }
    }
    for (const auto& [name, record] : records_) {
      if (record->value("requested", false) && !asked.contains(name)) {
        problem(name + " is flagged though nobody asked for it");
      }
    }
  }

  void judge_reachable() {
    std::set<std::string> seen;
    std::vector<std::string> open;
    for (const std::string& text : requests()) {
      if (const auto name = met_by(MatchSpec::parse(text))) open.push_back(*name);
    }
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      if (!records_.contains(name) || !seen.insert(name).second) continue;
      for (const std::string& text : texts(*records_[name], "depends")) {
        if (const auto next = met_by(MatchSpec::parse(text))) open.push_back(*next);
      }
    }
    for (const auto& [name, record] : records_) {
      if (!seen.contains(name)) problem(name + " is there though nothing needs it");
    }
  }

  LockCheck& check_;
  const Json& lock_;
  std::filesystem::path dir_;
  std::string subdir_;
  const Json& platform_;
  std::vector<std::string>& problems_;
  std::map<std::string, const Json*> records_;
  std::map<std::string, std::unique_ptr<Candidate>> candidates_;
  std::set<std::string> asked_of_channel_;  ///< By `channel::name`: priority does not bind them.
};

std::vector<std::string> LockCheck::problems(const std::filesystem::path& lock_file) {
  std::vector<std::string> found;
  const Json lock = Json::parse(read_file(lock_file));
  package_count_ = 0;
  if (lock.at("lockfile_version") != 1) found.push_back("not of version 1");
  for (const auto& [subdir, platform] : lock.at("platforms").items()) {
    package_count_ += platform.at("packages").size();
    Platform(*this, lock, lock_file.parent_path(), subdir, found).judge();
  }
  return found;
}

const LockCheck::Subdir& LockCheck::subdir(const std::filesystem::path& channel_dir,
                                           const std::string& name) {
  const std::filesystem::path dir = channel_dir / name;
  const auto known = subdirs_.find(dir);
  if (known != subdirs_.end()) return known->second;
  Subdir& result = subdirs_[dir];
  if (std::filesystem::exists(dir / "repodata.json")) {
    result.document = Json::parse(read_file(dir / "repodata.json"));
  } else if (std::filesystem::exists(dir / "repodata.json.zst")) {
    result.document = Json::parse(decompressed(read_file(dir / "repodata.json.zst")));
  } else {
    result.document = Json::object();
  }
  for (const char* map : {"packages", "packages.conda"}) {
    if (!result.document.contains(map)) continue;
    for (const Json& record : result.document[map]) result.names[record.at("name")] = true;
  }
  return result;
}

std::filesystem::path LockCheck::dir_of(const std::string& url,
                                        const std::filesystem::path& lock_dir) const {
  if (const auto known = dirs_.find(url); known != dirs_.end()) return known->second;
  if (url.starts_with("file://")) return url.substr(7);
  if (url.find("://") != std::string::npos) {
    throw std::runtime_error("where does " + url + " lie? Say it with channel_at");
  }
  return lock_dir / url;
}

}  // namespace envlock::test
