#include "fetch/repodata_entry.hpp"

#include <chrono>
#include <system_error>

#include "fetch/package_seal.hpp"
#include "model/error.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_state_file_bytes = 64 * 1024;
constexpr std::string_view index_suffix = ".index";

}  // namespace

RepodataEntry::RepodataEntry(const Cache& cache, const Url& subdir_url, std::uint32_t index_version,
                             const std::string& judged_by)
    : url_(subdir_url.to_string()),
      stem_(sha256_of(judged_by.empty() ? url_ : url_ + '\n' + judged_by).hex().substr(0, 32) +
            ".v" + std::to_string(index_version)),
      folder_(cache.folder("repodata")) {}

std::optional<RepodataState> RepodataEntry::load() const {
  std::error_code error;
  const fs::path file = folder_ / (stem_ + ".state");
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  try {
    auto state = RepodataState::parse(read_file(file, max_state_file_bytes));
    if (!state || state->url != url_) return std::nullopt;
    return state;
  } catch (const Error&) {
    return std::nullopt;  // removed meanwhile, damaged, too long: as if it were not there
  }
}

fs::path RepodataEntry::index_file(const RepodataState& state) const {
  return folder_ /
         (stem_ + '.' + state.served_sha256.hex().substr(0, 32) + std::string(index_suffix));
}

std::shared_ptr<const MappedFile> RepodataEntry::open_index(const RepodataState& state) const {
  if (state.file.empty()) return nullptr;
  try {
    return MappedFile::open(index_file(state));
  } catch (const IoError&) {
    return nullptr;
  }
}

void RepodataEntry::save(const RepodataState& state, AtomicFile::Durability durability) const {
  write_file(folder_ / (stem_ + ".state"), state.to_string(), 0600, durability);
}

std::shared_ptr<const MappedFile> RepodataEntry::commit(RepodataState& state,
                                                        std::span<const std::byte> index) const {
  const fs::path name = index_file(state);
  AtomicFile file(name);
  file.write(index);
  // After a power failure a seal must not vouch for bytes that never reached the disk. Instead of
  // waiting for them here it holds for this boot alone; in the next one the index proves itself by
  // its checksum, once.
  state.index_boot = this_boot_id();
  file.commit(state.index_boot.empty() ? AtomicFile::Durability::synced
                                       : AtomicFile::Durability::relaxed);
  auto mapped = MappedFile::open(name);
  if (!mapped) throw IoError("'" + name.string() + "' vanished from the cache");
  state.index = mapped->seal();
  save(state);
  remove_others(name);
  return mapped;
}

void RepodataEntry::commit_absent(const RepodataState& state) const {
  save(state);
  remove_others({});
}

CacheLock RepodataEntry::lock(std::chrono::milliseconds patience,
                              const std::stop_token& stop) const {
  return {folder_ / (stem_ + ".lock"), patience, stop};
}

void RepodataEntry::remove_others(const fs::path& kept) const {
  // A process that is being killed leaves at most a temporary file; one at work renames its own
  // within a moment, so an old one belongs to nobody.
  constexpr std::chrono::hours abandoned{1};
  const auto now = fs::file_time_type::clock::now();
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // somebody else may be removing the same
    const bool replaced =
        name.starts_with(stem_ + '.') && name.ends_with(index_suffix) && entry->path() != kept;
    const bool left_behind =
        AtomicFile::is_temporary_name(name) && now - entry->last_write_time(ignored) > abandoned;
    if (replaced || left_behind) fs::remove(entry->path(), ignored);
  }
}

}  // namespace envlock
