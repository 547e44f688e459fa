#include "fetch/trust_state.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "fetch/atomic_file.hpp"
#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/json_writer.hpp"
#include "model/strict_json.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_state_bytes = std::size_t{64} << 20U;
constexpr std::uint64_t state_schema = 1;
constexpr std::array<std::string_view, 4> keys = {"schema", "url", "roots", "key_mgr"};

}  // namespace

std::string TrustState::to_string() const {
  JsonWriter json;
  json.begin_object().member("schema", state_schema).member("url", url);
  json.key("roots").begin_array();
  for (const std::string& root : roots) json.value(root);
  json.end_array().member("key_mgr", key_mgr).end_object();
  return json.take();
}

TrustState TrustState::parse(std::string_view text, const std::string& file) {
  try {
    JsonLimits limits;
    limits.max_text_bytes = std::size_t{1} << 20U;
    limits.max_items = 1'000;
    const JsonDocument document(text, file, limits);
    const JsonNode root = document.root();
    const JsonObject object(root, keys);
    if (object.at("schema").unsigned_integer() != state_schema)
      object.at("schema").fail_expected("1");
    return {object.at("url").text(), object.at("roots").texts(), object.at("key_mgr").text()};
  } catch (const InputError& error) {
    throw TrustError(
        std::string("what was seen of a channel's roles of trust is damaged: ") + error.what(),
        "restore the file from a backup, or remove it (then the versions that were "
        "seen are forgotten, and an older one would be believed once): rm '" +
            file + "'");
  }
}

fs::path trust_state_dir(const std::optional<std::string>& xdg_state_home,
                         const std::optional<std::string>& home) {
  if (xdg_state_home && xdg_state_home->starts_with('/'))
    return fs::path(*xdg_state_home) / "envlock" / "trust";
  if (home && home->starts_with('/')) return fs::path(*home) / ".local/state/envlock/trust";
  throw IoError("there is no place to keep what was seen of a channel's roles of trust",
                "set XDG_STATE_HOME or HOME to an absolute path");
}

fs::path trust_state_file(const fs::path& dir, const Url& trust_url) {
  return dir / (sha256_of(trust_url.to_string()).hex().substr(0, 32) + ".json");
}

std::optional<TrustState> read_trust_state(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(file, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  return TrustState::parse(read_file(file, max_state_bytes), file.string());
}

void prepare_trust_state(const fs::path& file) {
  const fs::path dir = file.parent_path();
  std::error_code ignored;
  fs::create_directories(dir.parent_path(), ignored);
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
    throw IoError("cannot make '" + dir.string() + "'", errno);
}

void write_trust_state(const fs::path& file, const TrustState& state) {
  write_file(file, state.to_string(), 0600);
}

}  // namespace envlock
