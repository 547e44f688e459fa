#include "model/prefix_record.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/error.hpp"

namespace envlock::test {
namespace {

PrefixRecord sample() {
  PrefixRecord out;
  PackageRecord& record = out.record;
  record.name = "zlib";
  record.version = "1.3.1";
  record.build = "h1_0";
  record.build_number = 3;
  record.subdir = "linux-64";
  record.channel_url = "https://repo.example/main";
  record.fn = "zlib-1.3.1-h1_0.conda";
  record.url = "https://repo.example/main/linux-64/zlib-1.3.1-h1_0.conda";
  record.sha256 = sha256_of("zlib");
  record.md5 = Md5::parse("161081fc7cec0bfda0d86d7cb595f8d8");
  record.size = 12345;
  record.timestamp_ms = 1'724'035'862'000;
  record.license = "Zlib";
  record.license_family = "Other";
  record.depends = {"libzlib 1.3.1"};
  record.constrains = {"zlib-ng <0a0"};
  record.track_features = {"a", "b"};
  record.noarch = NoArch::python;
  out.requested_specs = {"zlib >=1.3", "zlib"};
  using Kind = PrefixPath::Kind;
  out.paths = {
      {"bin/z", Kind::file, sha256_of("z"), sha256_of("Z"), 7, "/opt/ph", PlaceholderMode::binary},
      {"bin/zz", Kind::entry_point, {}, sha256_of("zz"), {}, "", PlaceholderMode::text},
      {"lib/empty", Kind::directory, {}, {}, {}, "", PlaceholderMode::text},
      {"lib/z.so", Kind::link, {}, {}, {}, "", PlaceholderMode::text},
      {"lib/python3.11/site-packages/__pycache__/z.cpython-311.pyc",
       Kind::pyc,
       {},
       {},
       {},
       "",
       PlaceholderMode::text}};
  return out;
}

std::optional<PrefixRecord> read(const std::string& text) {
  return read_prefix_record(text, "conda-meta/x.json");
}

std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

std::string with(const std::string& members) {
  return "{\"name\": \"x\", \"version\": \"1\", \"build\": \"0\",\n" + members + "}";
}

}  // namespace

TEST_CASE("A prefix record is read as it was written", "[prefix_record]") {
  REQUIRE(read(write_prefix_record(sample())) == sample());
  PrefixRecord small;
  small.record.name = "x";
  small.record.version = "1";
  small.record.build = "0";
  REQUIRE(read(write_prefix_record(small)) == small);
}

TEST_CASE("write_prefix_record has what conda, mamba and rattler ask for (CF 8.9)",
          "[prefix_record]") {
  const auto json = nlohmann::json::parse(write_prefix_record(sample()));
  REQUIRE(json["channel"] == "https://repo.example/main");
  REQUIRE(json["requested_spec"] == "zlib >=1.3");
  REQUIRE(json["requested_specs"] == nlohmann::json({"zlib >=1.3", "zlib"}));
  REQUIRE(json["link"] == nlohmann::json({{"source", ""}, {"type", 3}}));
  REQUIRE(json["files"] ==
          nlohmann::json({"bin/z", "bin/zz", "lib/z.so",
                          "lib/python3.11/site-packages/__pycache__/z.cpython-311.pyc"}));
  REQUIRE(json["paths_data"]["paths_version"] == 1);
  const auto& paths = json["paths_data"]["paths"];
  REQUIRE(paths.size() == 5);
  REQUIRE(paths[0] == nlohmann::json({{"_path", "bin/z"},
                                      {"path_type", "hardlink"},
                                      {"prefix_placeholder", "/opt/ph"},
                                      {"file_mode", "binary"},
                                      {"sha256", sha256_of("z").hex()},
                                      {"sha256_in_prefix", sha256_of("Z").hex()},
                                      {"size_in_bytes", 7}}));
  REQUIRE(paths[1]["path_type"] == "unix_python_entry_point");
  REQUIRE(paths[2]["path_type"] == "directory");
  REQUIRE(paths[3]["path_type"] == "softlink");
  REQUIRE(paths[4]["path_type"] == "pyc_file");
  REQUIRE_FALSE(json.contains("extracted_package_dir"));  // a path of this machine
  REQUIRE_FALSE(json.contains("package_tarball_full_path"));
}

TEST_CASE("write_prefix_record leaves out what is not known", "[prefix_record]") {
  PrefixRecord dependency = sample();
  dependency.requested_specs.clear();
  dependency.record.sha256.reset();
  dependency.record.noarch = NoArch::none;
  const auto json = nlohmann::json::parse(write_prefix_record(dependency));
  REQUIRE(json["requested_spec"].get<std::string>().empty());
  REQUIRE(json["requested_specs"].is_array());
  REQUIRE(json["requested_specs"].empty());
  REQUIRE_FALSE(json.contains("sha256"));
  REQUIRE_FALSE(json.contains("noarch"));
  dependency.paths[0].kind = PrefixPath::Kind::other;
  REQUIRE_THROWS_AS(write_prefix_record(dependency), InternalError);
}

TEST_CASE("A prefix record is named by its package in lower case", "[prefix_record]") {
  PackageRecord record = sample().record;
  REQUIRE(prefix_record_file_name(record) == "zlib-1.3.1-h1_0.json");
  record.name = "ZLib";
  REQUIRE(prefix_record_file_name(record) == "zlib-1.3.1-h1_0.json");
}

TEST_CASE("read_prefix_record finds the channel however a tool wrote it (CF 8.9)",
          "[prefix_record]") {
  const auto channel_of = [](const std::string& channel, const std::string& url) {
    return read(with("\"subdir\": \"noarch\", \"channel\": \"" + channel + "\"" +
                     (url.empty() ? "" : ", \"url\": \"" + url + "\"")))
        ->record.channel_url;
  };
  const std::string url = "https://conda.anaconda.org/conda-forge/noarch/x-1-0.conda";
  REQUIRE(channel_of("conda-forge", url) == "https://conda.anaconda.org/conda-forge");
  REQUIRE(channel_of("https://conda.anaconda.org/conda-forge/noarch", url) ==
          "https://conda.anaconda.org/conda-forge");
  REQUIRE(channel_of("https://repo.example/main/noarch", "") == "https://repo.example/main");
  REQUIRE(channel_of("https://repo.example/main/", "") == "https://repo.example/main");
  REQUIRE(channel_of("conda-forge", "") == "conda-forge");
}

TEST_CASE("read_prefix_record takes the fields as the three tools spell them", "[prefix_record]") {
  const auto record = read(
      with("\"build_number\": \"3\", \"timestamp\": 1700000000, \"track_features\": \"a, b\",\n"
           "\"md5\": \"\", \"sha256\": null, \"noarch\": true, \"requested_spec\": \"None\",\n"
           "\"link\": {\"source\": \"/home/me/pkgs/x\", \"type\": 1}, \"auth\": null, \"arch\": "
           "\"x86_64\""));
  REQUIRE(record);
  REQUIRE(record->record.build_number == 3);
  REQUIRE(record->record.timestamp_ms == 1'700'000'000'000);
  REQUIRE(record->record.track_features == std::vector<std::string>{"a", "b"});
  REQUIRE_FALSE(record->record.md5);
  REQUIRE_FALSE(record->record.sha256);
  REQUIRE(record->record.noarch == NoArch::generic);
  REQUIRE(record->requested_specs.empty());
  REQUIRE(read(with("\"requested_spec\": \"x >=1\""))->requested_specs ==
          std::vector<std::string>{"x >=1"});
  REQUIRE(read(with("\"track_features\": [\"a\"]"))->record.track_features.size() == 1);
}

TEST_CASE("read_prefix_record joins paths_data with what only 'files' names", "[prefix_record]") {
  const auto record =
      read(with("\"files\": [\"a\", \"b\"], \"paths_data\": {\"paths_version\": 1, \"paths\": [\n"
                "{\"_path\": \"b\", \"path_type\": \"softlink\", \"sha256_in_prefix\": \"\"},\n"
                "{\"_path\": \"c.exe\", \"path_type\": \"windows_python_entry_point_exe\"}]}"));
  REQUIRE(record->paths.size() == 3);
  REQUIRE(record->paths[0].path == "b");
  REQUIRE(record->paths[0].kind == PrefixPath::Kind::link);
  REQUIRE(record->paths[1].kind == PrefixPath::Kind::other);
  REQUIRE(record->paths[2].path == "a");
  REQUIRE(record->paths[2].kind == PrefixPath::Kind::file);
}

TEST_CASE("read_prefix_record gives nothing for another JSON object", "[prefix_record]") {
  REQUIRE_FALSE(read("{}"));
  REQUIRE_FALSE(read(R"({"name": "x", "version": "1"})"));
  REQUIRE_FALSE(read(R"({"name": "x", "version": "1", "build": ""})"));
  REQUIRE_FALSE(read(R"({"name": "x", "version": 1, "build": "0"})"));
}

TEST_CASE("read_prefix_record refuses paths that no package may have (A01, A02, A22)",
          "[prefix_record]") {
  for (const char* const path : {"../x", "/etc/passwd", "a/../b", "conda-meta/history", "a//b"}) {
    CAPTURE(path);
    REQUIRE(
        refusal(with("\"files\": [\"" + std::string(path) + "\"]")).find("conda-meta/x.json:2: ") ==
        0);
    REQUIRE(
        refusal(with("\"paths_data\": {\"paths\": [\n{\"_path\": \"" + std::string(path) + "\"}]}"))
            .find("conda-meta/x.json:3: ") == 0);
  }
}

TEST_CASE("read_prefix_record refuses what is malformed, with the line", "[prefix_record]") {
  REQUIRE(refusal("[]") == "conda-meta/x.json:1: expected an object, found a list");
  REQUIRE(refusal("{\"name\": \"x\",\n \"name\": \"y\"}").find("given twice") != std::string::npos);
  REQUIRE(refusal(with("\"sha256\": \"12\"")) ==
          "conda-meta/x.json:2: 'sha256': expected 64 lower-case hex digits, found '12'");
  REQUIRE(refusal(with("\"build_number\": \"3x\"")).find("expected a whole number") !=
          std::string::npos);
  REQUIRE(refusal(with("\"paths_data\": {\"paths\": [{\"_path\": \"a\"}, {\"_path\": \"a\"}]}")) ==
          "conda-meta/x.json:2: 'paths_data.paths[a]': the path is given twice");
  REQUIRE(refusal(with("\"paths_data\": {\"paths\": [{\"sha256\": null}]}")) ==
          "conda-meta/x.json:2: 'paths_data.paths[0]': '_path' is missing");
  REQUIRE(refusal(with("\"depends\": \"a\"")).find("expected a list") != std::string::npos);
}

TEST_CASE("read_prefix_record reads long lists in parts, as strictly, and names the line",
          "[prefix_record]") {
  std::string paths;
  std::string files;
  for (int i = 0; i < 50; ++i) {
    const std::string path = "share/\\\"[{,] " + std::to_string(i);
    paths += (i > 0 ? ",\n" : "\n") + ("{\"_path\": \"" + path + "\", \"more\": [{\"a\": \"]\"}]}");
    files += (i > 0 ? "," : "") + ("\"" + path + "\"");
  }
  const auto read_by = [](const std::string& text, std::size_t batch_bytes) {
    std::vector<PrefixPath> told;
    const auto record = read_prefix_record(
        text, "conda-meta/x.json",
        [&](const PrefixRecord& of, PrefixPath path, bool is_listed_only) {
          REQUIRE(of.record.name == "x");
          if (!is_listed_only) told.push_back(std::move(path));
          return true;
        },
        batch_bytes);
    REQUIRE(record);
    return told;
  };
  const std::string text = with("\"files\": [" + files + "], \"paths_data\": {\"paths\": [" +
                                paths + "], \"paths_version\": 1}");
  const auto whole = read(text)->paths;
  REQUIRE(whole.size() == 50);
  for (const std::size_t batch : {0U, 1U, 100U, 700U}) REQUIRE(read_by(text, batch) == whole);
  const auto fault = [&](const std::string& list) {
    try {
      (void)read_by(with("\"paths_data\": {\"paths\": [" + list + "]}"), 1);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string good = "{\"_path\": \"a\"}";
  REQUIRE(fault(good).empty());
  REQUIRE(fault("").empty());
  for (const std::string& bad :
       {good + ",", "," + good, good + ",," + good, good + " " + good, good + ", {\"_path\": \"b\"",
        good + ", 1", good + "], [" + good, good + ", {\"_path\": \"a/../b\"}"})
    REQUIRE_FALSE(fault(bad).empty());
  REQUIRE(fault(good + ",\n\n{\"_path\": \"../x\"}").find("conda-meta/x.json:4: ") == 0);
}

}  // namespace envlock::test
