#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "model/lock_keys.hpp"
#include "tests/model/lock_sample.hpp"

namespace envlock::test {
namespace {

using Json = nlohmann::ordered_json;
using Keys = std::set<std::string>;

const Json& schema() {
  static const Json parsed = [] {
    std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/lockfile.schema.json");
    return Json::parse(in);
  }();
  return parsed;
}

/// The key of a lock that each closed object of the schema describes, and the reader's list of its
/// keys.
struct Described {
  std::string pointer;
  std::span<const std::string_view> keys;
};

std::vector<Described> described() {
  return {{"", lock_keys::lock},
          {"/$defs/inputs", lock_keys::inputs},
          {"/$defs/file", lock_keys::file},
          {"/$defs/input_channel", lock_keys::input_channel},
          {"/$defs/inputs/properties/exclude_newer", lock_keys::exclude_newer},
          {"/$defs/pypi_index", lock_keys::pypi_index},
          {"/$defs/channel", lock_keys::channel},
          {"/$defs/platform", lock_keys::platform},
          {"/$defs/virtual_packages/items", lock_keys::virtual_package},
          {"/$defs/package", lock_keys::package},
          {"/$defs/pypi", lock_keys::pypi}};
}

Keys keys_of(const Json& object) {
  Keys keys;
  for (const auto& member : object.items()) keys.insert(member.key());
  return keys;
}

/// Collects what closed objects of `schema_part` the parts of `value` are, and their keys.
void collect(const Json& value, Json part, std::map<std::string, Keys>& seen, std::string pointer) {
  while (part.contains("$ref")) {
    pointer = part["$ref"].get<std::string>().substr(1);
    part = schema().at(Json::json_pointer(pointer));
  }
  if (value.is_array()) {
    for (const Json& item : value) collect(item, part.at("items"), seen, pointer + "/items");
  }
  if (!value.is_object()) return;
  for (const auto& member : value.items()) {
    if (part.contains("properties")) {
      CAPTURE(pointer, member.key());
      REQUIRE(part["properties"].contains(member.key()));
      seen[pointer].insert(member.key());
      collect(member.value(), part["properties"][member.key()], seen,
              pointer + "/properties/" + member.key());
    } else {
      collect(member.value(), part.at("additionalProperties"), seen,
              pointer + "/additionalProperties");
    }
  }
}

}  // namespace

TEST_CASE("the published schema has the reader's keys, in the order in which they are written",
          "[lock_schema]") {
  for (const Described& object : described()) {
    CAPTURE(object.pointer);
    const Json& part = schema().at(Json::json_pointer(object.pointer));
    REQUIRE(part.at("additionalProperties") == false);
    std::vector<std::string> names;
    for (const auto& member : part.at("properties").items()) names.push_back(member.key());
    REQUIRE(names == std::vector<std::string>(object.keys.begin(), object.keys.end()));
    for (const Json& required : part.at("required")) {
      REQUIRE(part.at("properties").contains(required.get<std::string>()));
    }
  }
}

TEST_CASE("the writer writes each key of the schema, and no other", "[lock_schema]") {
  std::map<std::string, Keys> written;
  collect(Json::parse(write_lockfile(full_lock())), schema(), written, "");
  for (const Described& object : described()) {
    CAPTURE(object.pointer);
    REQUIRE(written[object.pointer] == Keys(object.keys.begin(), object.keys.end()));
  }
  REQUIRE(written.size() == described().size());
}

TEST_CASE("the reader demands what the schema requires", "[lock_schema]") {
  const Json lock = Json::parse(write_lockfile(full_lock()));
  const Json::json_pointer package("/platforms/linux-64/packages/0");
  const auto& package_schema = schema()["$defs"]["package"];
  for (const auto& [at, part] :
       {std::pair(Json::json_pointer(""), schema()), std::pair(package, package_schema)}) {
    for (const Json& key : part.at("required")) {
      Json cut = lock;
      cut.at(at).erase(key.get<std::string>());
      CAPTURE(key);
      REQUIRE(lock_refusal(cut.dump()).find("'" + key.get<std::string>() + "' is missing") !=
              std::string::npos);
    }
  }
  for (const std::string& key : keys_of(lock.at(package))) {
    Json wrong = lock;
    wrong.at(package)[key] = nullptr;
    CAPTURE(key);
    REQUIRE_FALSE(lock_refusal(wrong.dump()).empty());
  }
}

}  // namespace envlock::test
