// The index against a second reading of the same JSON by another parser, on made-up repodata.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "model/error.hpp"
#include "model/version.hpp"
#include "tests/solver/index_support.hpp"

using namespace envlock;
using envlock::test::index_bytes;
using envlock::test::open_index;
using Json = nlohmann::ordered_json;

namespace {

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string repodata() {
    Json packages = Json::object();
    Json conda = Json::object();
    Json removed = Json::array();
    const std::size_t count = below(120);
    for (std::size_t i = 0; i < count; ++i) {
      const Json record = this->record();
      const bool old = chance(3);
      std::string key = record["name"].get<std::string>() + "-" +
                        record["version"].get<std::string>() + "-" +
                        record["build"].get<std::string>() + (old ? ".tar.bz2" : ".conda");
      if (chance(12)) key = "odd" + std::to_string(i) + (old ? ".tar.bz2" : ".conda");
      if (chance(15)) removed.push_back(key);
      (old ? packages : conda)[key] = record;
    }
    std::vector<std::pair<std::string, Json>> parts = {{"info", {{"subdir", "linux-64"}}},
                                                       {"packages", packages},
                                                       {"packages.conda", conda},
                                                       {"removed", removed},
                                                       {"other", {{"x", {1, "}", {}}}}}};
    std::shuffle(parts.begin(), parts.end(), random_);
    Json document = Json::object();
    for (auto& [key, value] : parts) document[key] = std::move(value);
    return chance(2) ? document.dump() : document.dump(2, ' ', chance(2));
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[below(choices.size())];
  }
  Json record() {
    Json record = Json::object();
    record["name"] = pick({"a", "b", "numpy", "zlib", "r-base", "_mutex", "python"});
    record["version"] = pick({"1", "1.0", "1.0.0", "2.1", "2.1rc1", "1!0", "3.10", "3.9", "1_2"});
    record["build"] = "b" + std::to_string(below(40)) + pick({"_0", "_1", ""});
    record["build_number"] = chance(10) ? below(200'000) : below(3);
    for (const char* list : {"depends", "constrains"}) {
      if (chance(5)) continue;
      record[list] = Json::array();
      for (std::size_t i = below(6); i > 0; --i)
        record[list].push_back(
            pick({"a >=1", "numpy", "\xc3\xa9t\xc3\xa9 \"{[", "b\\c", "zlib 1.*"}));
    }
    if (!chance(8)) record["sha256"] = std::string(63, 'a') + pick({"0", "f", "7"});
    if (!chance(8)) record["md5"] = std::string(31, '1') + pick({"0", "f"});
    if (!chance(8)) record["size"] = chance(9) ? std::size_t{1} << 33U : below(1'000'000);
    if (!chance(4)) record["timestamp"] = 1'600'000'000'000 + below(3);
    if (chance(20)) record["indexed_timestamp"] = 1'700'000'000'000 + below(9);
    if (chance(4)) record["track_features"] = pick({"x", "x y", "z,x", ""});
    if (chance(3)) record["license"] = pick({"MIT", "BSD-3-Clause", "\n\t\xf0\x9f\x98\x80"});
    if (chance(3)) record["noarch"] = pick({"python", "generic"});
    if (chance(5)) record["unknown"] = {{"a", {1, 2.5, nullptr, true, {{"b", "}"}}}}};
    return record;
  }
  std::mt19937 random_;
};

template <class T>
std::optional<T> field(const Json& record, const char* key) {
  return record.contains(key) ? std::optional<T>(record.at(key).get<T>()) : std::nullopt;
}

/// Name by name what the index must hold, best first, read in the plainest way.
std::map<std::string, std::vector<PackageRecord>> naive_index(const std::string& text) {
  const Json document = Json::parse(text);
  std::map<std::string, std::vector<PackageRecord>> names;
  for (const char* map : {"packages", "packages.conda"}) {
    for (const auto& [key, json] : document[map].items()) {
      const Json& removed = document["removed"];
      if (std::find(removed.begin(), removed.end(), key) != removed.end()) continue;
      PackageRecord record;
      record.name = json.at("name");
      record.version = json.at("version");
      record.build = json.at("build");
      record.build_number = json.at("build_number");
      record.subdir = "linux-64";
      record.fn = key;
      if (json.contains("sha256")) record.sha256 = Sha256::parse(json["sha256"].get<std::string>());
      if (json.contains("md5")) record.md5 = Md5::parse(json["md5"].get<std::string>());
      record.size = field<std::uint64_t>(json, "size");
      record.timestamp_ms = field<std::int64_t>(json, "timestamp");
      record.indexed_timestamp_ms = field<std::int64_t>(json, "indexed_timestamp");
      record.license = field<std::string>(json, "license").value_or("");
      record.depends = field<std::vector<std::string>>(json, "depends").value_or(record.depends);
      record.constrains =
          field<std::vector<std::string>>(json, "constrains").value_or(record.constrains);
      const std::string features = field<std::string>(json, "track_features").value_or("");
      for (const char* one : {"x", "y", "z"}) {
        if (features.find(one) != std::string::npos) record.track_features.emplace_back(one);
      }
      const std::string noarch = field<std::string>(json, "noarch").value_or("");
      if (noarch == "python") record.noarch = NoArch::python;
      if (noarch == "generic") record.noarch = NoArch::generic;
      names[record.name].push_back(record);
    }
  }
  for (auto& [name, records] : names) {
    std::sort(records.begin(), records.end(), [](const PackageRecord& a, const PackageRecord& b) {
      if (a.track_features.size() != b.track_features.size())
        return a.track_features.size() < b.track_features.size();
      const auto version = *Version::parse(a.version) <=> *Version::parse(b.version);
      if (version != 0) return version > 0;
      if (a.build_number != b.build_number) return a.build_number > b.build_number;
      if (a.timestamp_ms != b.timestamp_ms) return a.timestamp_ms > b.timestamp_ms;
      return a.fn < b.fn;
    });
  }
  return names;
}

}  // namespace

TEST_CASE("Index: holds what another parser reads, and its bytes depend on the JSON alone",
          "[index][property]") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Maker maker(seed);
    const std::string json = maker.repodata();
    INFO("seed " << seed);
    const std::vector<std::byte> bytes = index_bytes(json);
    REQUIRE(index_bytes(json, 1) == bytes);
    REQUIRE(index_bytes(json, 1 + maker.below(5000)) == bytes);
    IndexBuilder::Options options;
    options.on_record = [](std::string_view, std::string_view) {};  // record by record
    REQUIRE(index_bytes(json, 1 + maker.below(5000), options) == bytes);

    const auto index = open_index(bytes);
    const auto names = naive_index(json);
    REQUIRE(index->name_count() == names.size());
    std::size_t i = 0;
    for (const auto& [name, records] : names) {
      REQUIRE(index->name_at(i) == name);
      const Index::Range range = index->find(name);
      REQUIRE(index->range_at(i++).first == range.first);
      REQUIRE(range.last - range.first == records.size());
      for (RecordId id = range.first; id < range.last; ++id) {
        const PackageRecord& wanted = records[id - range.first];
        REQUIRE(index->record(id) == wanted);
        std::optional<std::string> twin;
        if (wanted.fn.ends_with(".tar.bz2")) {
          twin = wanted.fn.substr(0, wanted.fn.size() - 8) + ".conda";
          const auto has_twin = [&](const PackageRecord& other) { return other.fn == *twin; };
          if (std::none_of(records.begin(), records.end(), has_twin)) twin.reset();
        }
        const auto found = index->conda_twin(id);
        REQUIRE(found.has_value() == twin.has_value());
        if (found) REQUIRE(index->file_name(*found) == *twin);
      }
    }
  }
}

TEST_CASE("repodata: cut short at any place it is refused", "[repodata][property]") {
  for (unsigned seed = 100; seed < 103; ++seed) {
    Maker maker(seed);
    std::string json = maker.repodata();
    json.resize(json.find_last_of('}') + 1);
    const std::size_t step = 1 + json.size() / 3000;
    for (std::size_t size = 1; size < json.size(); size += step) {
      try {
        index_bytes(std::string_view(json).substr(0, size), 4096);
        FAIL("accepted at " << size << " of " << json.size());
      } catch (const InputError&) {
      }
    }
  }
}
