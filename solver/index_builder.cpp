#include "solver/index_builder.hpp"

#include <algorithm>

#include "model/url.hpp"
#include "solver/index_hash.hpp"

namespace envlock {
namespace {

using index_layout::Attributes;
using index_layout::Row;
using index_layout::Wide;
using index_layout::WideField;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::uint16_t does_not_fit = 0xffff;
constexpr std::size_t max_list_words = std::size_t{1} << 30U;  // so that a byte offset fits 32 bits

std::string_view bytes_of(const std::vector<std::uint32_t>& words) noexcept {
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(words[0])};
}

/// Takes `part` off the front of `text` where it is there.
bool take(std::string_view& text, std::string_view part) noexcept {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

/// True where `file_name` is NAME-VERSION-BUILD.EXTENSION.
bool is_made_of(std::string_view file_name, std::string_view name, std::string_view version,
                std::string_view build, std::string_view extension) noexcept {
  if (file_name.size() != name.size() + version.size() + build.size() + extension.size() + 2)
    return false;
  return take(file_name, name) && take(file_name, "-") && take(file_name, version) &&
         take(file_name, "-") && take(file_name, build) && file_name == extension;
}

}  // namespace

IndexRecords::IndexRecords(const IndexBuilder::Options& options)
    : options_(options),
      seed_(random_seed()),
      texts_(seed_),
      dropped_(seed_),
      removed_(seed_),
      early_signatures_(seed_),
      early_v3_(seed_) {
  texts_.intern({});  // so that the empty text has id 0
  summary_.subdir = options_.subdir;
}

void IndexRecords::top_level(std::string_view key, element value) {
  const auto check_revision = [](element revision) {
    std::uint64_t number = 0;
    if (revision.get_uint64().get(number) != simdjson::SUCCESS)
      throw BadMember{ExitCode::invalid_input, "is not a whole number", {}};
    if (number > 2)
      throw BadMember{ExitCode::invalid_input,
                      "is " + std::to_string(number) + ", and envlock reads 1 and 2",
                      "use a newer envlock"};
  };
  if (key == "repodata_version") return check_revision(value);
  if (key == "signatures")
    throw BadMember{ExitCode::untrusted, "is not an object",
                    "do not trust this channel's signatures"};
  if (key == "packages" || key == "packages.conda" || key == "v3" || key == "removed")
    throw BadMember{
        ExitCode::invalid_input, key == "removed" ? "is not a list" : "is not an object", {}};
  if (key != "info") return;
  if (value.type() != element_type::OBJECT)
    throw BadMember{ExitCode::invalid_input, "is not an object", {}};
  std::vector<std::string_view> keys;
  for (const auto member : object_of(value)) {
    keys.push_back(member.key);
    if (member.key == "repodata_version") check_revision(member.value);
    if (member.key != "base_url" && member.key != "subdir") continue;
    std::string_view text;
    if (!member.value.is_null() && member.value.get_string().get(text) != simdjson::SUCCESS)
      throw BadMember{ExitCode::invalid_input, "'" + std::string(member.key) + "' is not text", {}};
    // The index lies on the disk; a URL with a secret is refused with or without it.
    if (member.key == "base_url") summary_.base_url = redact_urls(text);
  }
  std::sort(keys.begin(), keys.end());
  const auto same = std::adjacent_find(keys.begin(), keys.end());
  if (same != keys.end())
    throw BadMember{
        ExitCode::invalid_input, "the key '" + std::string(*same) + "' occurs twice", {}};
}

void IndexRecords::announce_record(std::string_view file_name) {
  files_.prefetch(table_hash(file_name, seed_));
}

void IndexRecords::record(std::string_view file_name, element value, std::string_view raw) {
  if (options_.on_record) options_.on_record(file_name, raw);
  if (++records_seen_ > options_.max_records)
    throw BadMember{ExitCode::untrusted,
                    "is one record more than the limit of " + std::to_string(options_.max_records),
                    "do not trust this channel: no real one is that large"};
  const std::uint64_t hash = table_hash(file_name, seed_);
  const auto same = [&](std::uint32_t key) { return has_file_name(key, file_name); };
  if (files_.find(hash, same) != IdTable::none)
    throw BadMember{ExitCode::invalid_input, "the file name occurs twice", {}};
  record_.parse(value);

  const std::string_view extension = package_extension(file_name);
  if (extension.empty()) return drop(hash, file_name, summary_.bad_file_name);
  const std::uint32_t version = texts_.intern(record_.version);
  if (record_.name.empty() || !keep_version(version))
    return drop(hash, file_name, summary_.bad_version);

  const auto id = static_cast<std::uint32_t>(rows_.size());
  Row row{};
  row.version = version;
  row.build = texts_.intern(record_.build);
  unsigned flags = extension.size() == 6 ? 0U : unsigned{index_layout::is_tar_bz2};
  bool conditional = record_.has_v3_fields;
  row.list = keep_lists(record_, conditional);
  if (conditional) flags |= index_layout::conditional;
  if (record_.noarch == NoArch::generic) flags |= index_layout::noarch_generic;
  if (record_.noarch == NoArch::python) flags |= index_layout::noarch_python;
  if (!record_.subdir.empty() && record_.subdir != options_.subdir) ++summary_.subdir_mismatch;

  // In the order of WideField, so that wide_ stays sorted.
  const std::size_t wide_before = wide_.size();
  row.build_number =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(record_.build_number, does_not_fit));
  if (row.build_number == does_not_fit) add_wide(WideField::build_number, record_.build_number);
  if (record_.size) {
    flags |= index_layout::has_size;
    row.size = static_cast<std::uint32_t>(*record_.size);
    if (row.size != *record_.size) add_wide(WideField::size, *record_.size);
  }
  if (record_.timestamp_ms) {
    flags |= index_layout::has_timestamp;
    const auto time = static_cast<std::uint64_t>(*record_.timestamp_ms);
    row.timestamp_low = static_cast<std::uint32_t>(time);
    row.timestamp_high = static_cast<std::uint16_t>(time >> 32U);
    if ((time >> 48U) != 0) add_wide(WideField::timestamp, time);
  }
  const std::uint32_t attributes = keep_attributes(record_);
  row.attributes = static_cast<std::uint16_t>(std::min<std::uint32_t>(attributes, does_not_fit));
  if (row.attributes == does_not_fit) add_wide(WideField::attributes, attributes);
  if (!is_made_of(file_name, record_.name, record_.version, record_.build, extension)) {
    flags |= index_layout::has_odd_file_name;
    add_wide(WideField::file_name, texts_.intern(file_name));
  }
  if (wide_.size() != wide_before) flags |= index_layout::has_wide;

  if (record_.sha256) flags |= index_layout::has_sha256;
  if (record_.md5) flags |= index_layout::has_md5;
  sha256s_.push_back(record_.sha256.value_or(std::array<std::uint8_t, 32>{}));
  md5s_.push_back(record_.md5.value_or(std::array<std::uint8_t, 16>{}));
  if (record_.indexed_timestamp_ms || !indexed_timestamps_.empty()) {
    while (indexed_timestamps_.size() < id) indexed_timestamps_.push_back(-1);
    indexed_timestamps_.push_back(record_.indexed_timestamp_ms.value_or(-1));
  }
  row.flags = static_cast<std::uint16_t>(flags);
  names_.push_back(texts_.intern(record_.name));
  rows_.push_back(row);
  files_.add(hash, id);
}

void IndexRecords::drop(std::uint64_t hash, std::string_view file_name, std::uint64_t& counter) {
  files_.add(hash, dropped_.intern(file_name) | is_dropped);
  ++counter;
}

void IndexRecords::unreadable_record(std::string_view file_name) {
  if (find_file(file_name) != IdTable::none)
    throw BadMember{ExitCode::invalid_input, "the file name occurs twice", {}};
  drop(table_hash(file_name, seed_), file_name, summary_.bad_text);
}

void IndexRecords::removed(element value) {
  std::string_view file_name;
  if (value.get_string().get(file_name) != simdjson::SUCCESS)
    throw BadMember{ExitCode::invalid_input, "an entry of 'removed' is not text", {}};
  removed_.intern(file_name);
}

void IndexRecords::signature(std::string_view file_name, element value, std::string_view raw) {
  if (value.type() != element_type::OBJECT)
    throw BadMember{ExitCode::untrusted, "its entry in 'signatures' is not an object",
                    "do not trust this channel's signatures"};
  if (options_.on_signatures) options_.on_signatures(file_name, raw);
  const std::uint32_t key = find_file(file_name);
  bool twice = false;
  if (key != IdTable::none && (key & is_dropped) == 0) {
    twice = (rows_[key].flags & index_layout::was_signed) != 0;
    rows_[key].flags = static_cast<std::uint16_t>(rows_[key].flags | index_layout::was_signed);
  } else {
    const std::size_t before = early_signatures_.size();
    early_signatures_.intern(file_name);
    twice = early_signatures_.size() == before;
  }
  if (twice) throw BadMember{ExitCode::untrusted, "occurs twice in 'signatures'", {}};
}

void IndexRecords::v3_record(std::string_view extension, std::string_view stem, element value) {
  if (value.type() != element_type::OBJECT)
    throw BadMember{ExitCode::invalid_input, "its entry in 'v3' is not an object", {}};
  scratch_.assign(stem).append(".").append(extension);
  if (find_file(scratch_) == IdTable::none) early_v3_.intern(scratch_);
}

bool IndexRecords::keep_version(std::uint32_t text) {
  version_slots_.resize_zero(texts_.size());
  VersionSlot& slot = version_slots_[text];
  if (slot == 0) {
    slot = 1;
    if (std::optional<Version> version = Version::parse(texts_[text])) {
      versions_.push_back(std::move(*version));
      slot = static_cast<VersionSlot>(versions_.size() + 1);
    }
  }
  return slot > 1;
}

std::uint32_t IndexRecords::keep_lists(const RepodataRecord& record, bool& conditional) {
  // The first word is how many depends (low half) and constrains follow; the parser's limit of
  // 10,000 items keeps both in their halves.
  list_.assign(1,
               static_cast<std::uint32_t>(record.depends.size() | record.constrains.size() << 16U));
  hashes_.clear();
  for (const std::string_view spec : record.depends) hashes_.push_back(texts_.prepare(spec));
  for (const std::string_view spec : record.constrains) hashes_.push_back(texts_.prepare(spec));
  auto spec_hash = hashes_.begin();
  for (const std::string_view spec : record.depends)
    list_.push_back(texts_.intern(spec, *spec_hash++));
  for (const std::string_view spec : record.constrains)
    list_.push_back(texts_.intern(spec, *spec_hash++));
  const std::uint64_t hash = table_hash(bytes_of(list_), seed_);
  std::uint32_t at = list_table_.find(hash, [&](std::uint32_t start) {
    return lists_.size() - start >= list_.size() &&
           std::equal(list_.begin(), list_.end(), lists_.begin() + start);
  });
  if (at == IdTable::none) {
    if (lists_.size() + list_.size() >= max_list_words)
      throw BadMember{
          ExitCode::untrusted, "more than a billion distinct dependencies before it", {}};
    at = static_cast<std::uint32_t>(lists_.size());
    lists_.append(list_.data(), list_.size());
    list_table_.add(hash, at);
    const auto has_key = [](std::string_view spec) { return has_conditional_key(spec); };
    if (std::any_of(record.depends.begin(), record.depends.end(), has_key) ||
        std::any_of(record.constrains.begin(), record.constrains.end(), has_key))
      conditional_lists_.push_back(at);
  }
  if (!conditional_lists_.empty())
    conditional =
        conditional || std::binary_search(conditional_lists_.begin(), conditional_lists_.end(), at);
  return at;
}

std::uint32_t IndexRecords::keep_attributes(const RepodataRecord& record) {
  scratch_.clear();
  for (const std::string_view feature : record.track_features) {
    if (!scratch_.empty()) scratch_ += ' ';
    scratch_ += feature;
  }
  const Attributes kept{texts_.intern(record.license), texts_.intern(record.license_family),
                        texts_.intern(record.python_site_packages_path), texts_.intern(scratch_),
                        static_cast<std::uint32_t>(record.track_features.size())};
  const std::uint64_t hash = table_hash({reinterpret_cast<const char*>(&kept), sizeof kept}, seed_);
  std::uint32_t id =
      attributes_table_.find(hash, [&](std::uint32_t known) { return attributes_[known] == kept; });
  if (id == IdTable::none) {
    id = static_cast<std::uint32_t>(attributes_.size());
    attributes_.push_back(kept);
    attributes_table_.add(hash, id);
  }
  return id;
}

/// For the record that is being added.
void IndexRecords::add_wide(WideField field, std::uint64_t value) {
  wide_.push_back({static_cast<std::uint32_t>(rows_.size()), field, value});
}

std::uint64_t IndexRecords::value(std::uint32_t record, WideField field,
                                  std::uint64_t in_row) const {
  if ((rows_[record].flags & index_layout::has_wide) == 0) return in_row;
  const auto before = [](const Wide& a, const std::pair<std::uint32_t, WideField>& b) {
    return std::pair(a.record, a.field) < b;
  };
  const auto found = std::lower_bound(wide_.begin(), wide_.end(), std::pair(record, field), before);
  const bool is_wide = found != wide_.end() && found->record == record && found->field == field;
  return is_wide ? found->value : in_row;
}

std::uint32_t IndexRecords::odd_file_name(std::uint32_t record) const {
  return static_cast<std::uint32_t>(value(record, WideField::file_name, 0));
}

std::string IndexRecords::file_name(std::uint32_t record) const {
  const Row& row = rows_[record];
  if ((row.flags & index_layout::has_odd_file_name) != 0)
    return std::string(texts_[odd_file_name(record)]);
  std::string made(texts_[names_[record]]);
  made.append("-").append(texts_[row.version]).append("-").append(texts_[row.build]);
  return made.append(extension_of(row));
}

bool IndexRecords::has_file_name(std::uint32_t key, std::string_view file_name) const {
  if ((key & is_dropped) != 0) return dropped_[key & ~is_dropped] == file_name;
  const Row& row = rows_[key];
  if ((row.flags & index_layout::has_odd_file_name) != 0)
    return texts_[odd_file_name(key)] == file_name;
  return is_made_of(file_name, texts_[names_[key]], texts_[row.version], texts_[row.build],
                    extension_of(row));
}

std::uint32_t IndexRecords::find_file(std::string_view file_name) const {
  return files_.find(table_hash(file_name, seed_),
                     [&](std::uint32_t key) { return has_file_name(key, file_name); });
}

struct IndexBuilder::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        records(options),
        stream(records, options.source_name, options.max_json_bytes) {}
  Options options;
  IndexRecords records;
  RepodataStream stream;
};

IndexBuilder::IndexBuilder(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
IndexBuilder::~IndexBuilder() = default;

void IndexBuilder::feed(std::span<const std::byte> json) { impl_->stream.feed(json); }

void IndexBuilder::settle() { impl_->stream.settle(); }

std::vector<std::byte> IndexBuilder::finish() {
  impl_->stream.finish();
  return impl_->records.write();
}

}  // namespace envlock
