#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>

#include "solver/index_builder.hpp"
#include "solver/index_hash.hpp"

namespace envlock {
namespace {

using index_layout::Header;
using index_layout::NameEntry;
using index_layout::Row;
using index_layout::Section;
using index_layout::Twin;
using index_layout::Wide;
using index_layout::WideField;

constexpr std::uint32_t not_kept = IdTable::none;

/// What decides between two records of one name before their file names do.
struct Rank {
  std::uint32_t track_features, version;
  std::uint64_t build_number;
  std::int64_t timestamp;
  std::uint32_t record;
  [[nodiscard]] auto key() const {  // ascending, so that the best comes first
    return std::tuple(track_features, ~version, ~build_number, ~timestamp);
  }
};

}  // namespace

struct IndexRecords::Order {
  std::vector<NameEntry> names;       ///< In byte order, and one at the end.
  PageVector<std::uint32_t> records;  ///< Of each record in the index, its row.
  PageVector<std::uint32_t> new_ids;  ///< Of each row, its record in the index, or `not_kept`.
};

/// Sections are appended one after the other, and what they were made of is freed: the memory in
/// use stays that of one index.
class IndexRecords::Output {
 public:
  explicit Output(std::size_t expected_size) {
    bytes_.reserve(expected_size);
    bytes_.resize(sizeof(Header));
  }
  void begin(Section section) { header_.sections[section].offset = bytes_.size(); }
  void append(const void* from, std::size_t size) {
    if (size == 0) return;
    const auto* first = static_cast<const std::byte*>(from);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  template <class T>
  void append(const T& value) {
    append(&value, sizeof value);
  }
  void end(Section section) {
    header_.sections[section].size = bytes_.size() - header_.sections[section].offset;
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
  }
  template <class T>
  void section(Section section, std::span<const T> values) {
    begin(section);
    append(values.data(), values.size_bytes());
    end(section);
  }
  std::vector<std::byte> finish() {
    header_.magic = index_layout::magic;
    header_.byte_order = index_layout::byte_order_mark;
    header_.version = index_layout::version;
    header_.file_size = bytes_.size();
    header_.checksum = 0;
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    header_.checksum = index_layout::checksum_of(bytes_);
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    return std::move(bytes_);
  }

 private:
  Header header_{};
  std::vector<std::byte> bytes_;
};

std::vector<std::byte> IndexRecords::write() {
  settle_late_keys();
  judge_signatures();
  const std::uint32_t signature_rule = texts_.intern(options_.signature_rule);
  const std::uint32_t subdir = texts_.intern(summary_.subdir);
  const std::uint32_t base_url = texts_.intern(summary_.base_url);
  texts_.forget_table();
  list_table_.clear();
  attributes_table_.clear();
  const Order order = make_order();
  version_slots_.clear();

  const std::size_t records = order.records.size();
  Output out(sizeof(Header) + sizeof(index_layout::Summary) + texts_.offsets().size_bytes() +
             texts_.bytes().size_bytes() + order.names.size() * sizeof(NameEntry) +
             records * (sizeof(Row) + 32 + 16 + sizeof(Twin)) +
             indexed_timestamps_.view().size_bytes() + verdicts_.view().size_bytes() +
             lists_.view().size_bytes() + attributes_.view().size_bytes() +
             wide_.view().size_bytes() + index_layout::section_count * 8);
  const unsigned id_width = texts_.size() <= 0x10000 ? 2 : texts_.size() <= 0x1000000 ? 3 : 4;
  write_lists(out, id_width);
  write_records(out, order);
  out.begin(index_layout::summary_section);
  out.append(index_layout::Summary{.records = records,
                                   .removed = summary_.removed,
                                   .bad_version = summary_.bad_version,
                                   .bad_text = summary_.bad_text,
                                   .bad_file_name = summary_.bad_file_name,
                                   .without_sha256 = summary_.without_sha256,
                                   .key_mismatch = summary_.key_mismatch,
                                   .subdir_mismatch = summary_.subdir_mismatch,
                                   .conditional = summary_.conditional,
                                   .invisible_v3 = summary_.invisible_v3,
                                   .orphan_signatures = summary_.orphan_signatures,
                                   .unsigned_records = summary_.unsigned_records,
                                   .badly_signed = summary_.badly_signed,
                                   .subdir = subdir,
                                   .base_url = base_url,
                                   .id_width = id_width,
                                   .signature_rule = signature_rule});
  out.end(index_layout::summary_section);
  out.section(index_layout::names, std::span<const NameEntry>(order.names));
  out.section(index_layout::text_offsets, texts_.offsets());
  out.section(index_layout::text_bytes, texts_.bytes());
  texts_.clear();
  out.section(index_layout::attributes, attributes_.view());
  return out.finish();
}

/// `removed`, `signatures` and `v3` may stand before the records that they speak of.
void IndexRecords::settle_late_keys() {
  for (std::uint32_t i = 0; i < removed_.size(); ++i) {
    const std::uint32_t key = find_file(removed_[i]);
    if (key == IdTable::none || (key & is_dropped) != 0) continue;
    rows_[key].flags = static_cast<std::uint16_t>(rows_[key].flags | index_layout::was_removed);
    ++summary_.removed;
  }
  removed_.clear();
  const auto count_unknown = [this](TextPool& file_names, std::uint64_t& counter) {
    for (std::uint32_t i = 0; i < file_names.size(); ++i) {
      if (find_file(file_names[i]) == IdTable::none) ++counter;
    }
    file_names.clear();
  };
  count_unknown(early_signatures_, summary_.orphan_signatures);
  count_unknown(early_v3_, summary_.invisible_v3);
}

/// Texts, because few are different: most records of a channel have the same signers.
void IndexRecords::judge_signatures() {
  if (!options_.verdict) return;
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    if ((rows_[row].flags & index_layout::was_removed) != 0) {
      verdicts_.push_back(0);
      continue;
    }
    const SignatureVerdict verdict = options_.verdict(file_name(row));
    scratch_.clear();
    if (verdict.state == SignatureVerdict::State::unsigned_record) {
      ++summary_.unsigned_records;
    } else {
      const bool good = verdict.state == SignatureVerdict::State::good;
      if (!good) ++summary_.badly_signed;
      scratch_.append(good ? "+" : "-").append(verdict.text);
    }
    verdicts_.push_back(texts_.intern(scratch_));
  }
}

/// By VersionSlot, a number that is higher for a higher version and equal for an equal one. Takes
/// the versions away: they need more memory than anything else, and nothing else needs them.
std::vector<std::uint32_t> IndexRecords::rank_versions() {
  std::vector<std::uint32_t> sorted(versions_.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::sort(sorted.begin(), sorted.end(),
            [this](std::uint32_t a, std::uint32_t b) { return versions_[a] < versions_[b]; });
  std::vector<std::uint32_t> ranks(versions_.size() + 2);
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && versions_[sorted[i - 1]] != versions_[sorted[i]]) ++rank;
    ranks[sorted[i] + 2] = rank;
  }
  std::vector<Version>().swap(versions_);
  return ranks;
}

IndexRecords::Order IndexRecords::make_order() {
  const auto is_kept = [this](std::uint32_t row) {
    return (rows_[row].flags & index_layout::was_removed) == 0;
  };
  const auto count = static_cast<std::uint32_t>(rows_.size());
  Order order;

  // Records are put into their name's place by counting, which is linear; only those of one name
  // are sorted.
  PageVector<std::uint32_t>
      next;  // by text id: how many records have this name, then where the next goes
  next.resize_zero(texts_.size());
  for (std::uint32_t row = 0; row < count; ++row) {
    if (is_kept(row) && next[names_[row]]++ == 0) order.names.push_back({names_[row], 0});
  }
  std::sort(order.names.begin(), order.names.end(), [this](const NameEntry& a, const NameEntry& b) {
    return texts_[a.text] < texts_[b.text];
  });
  std::uint32_t first = 0;
  for (NameEntry& name : order.names) {
    name.first_record = first;
    first += std::exchange(next[name.text], first);
  }
  order.records.resize_zero(first);
  for (std::uint32_t row = 0; row < count; ++row) {
    if (is_kept(row)) order.records[next[names_[row]]++] = row;
  }
  order.names.push_back({0, first});
  next.clear();

  const std::vector<std::uint32_t> ranks = rank_versions();
  for (std::size_t i = 0; i + 1 < order.names.size(); ++i) {
    const std::uint32_t from = order.names[i].first_record;
    sort_name(order.records.view(from, order.names[i + 1].first_record - from), ranks);
  }
  order.new_ids.resize_zero(count);
  for (std::uint32_t row = 0; row < count; ++row) order.new_ids[row] = not_kept;
  for (std::uint32_t id = 0; id < first; ++id) order.new_ids[order.records[id]] = id;
  return order;
}

/// Best first (design section 6).
void IndexRecords::sort_name(std::span<std::uint32_t> records,
                             const std::vector<std::uint32_t>& ranks) const {
  if (records.size() < 2) return;
  std::vector<Rank> sorted;
  sorted.reserve(records.size());
  for (const std::uint32_t record : records) {
    const Row& row = rows_[record];
    const auto attributes = value(record, WideField::attributes, row.attributes);
    const std::uint64_t time = row.timestamp_low | std::uint64_t{row.timestamp_high} << 32U;
    const bool has_time = (row.flags & index_layout::has_timestamp) != 0;
    sorted.push_back(
        {attributes_[attributes].track_features_count, ranks[version_slots_[row.version]],
         value(record, WideField::build_number, row.build_number),
         has_time ? static_cast<std::int64_t>(value(record, WideField::timestamp, time)) : -1,
         record});
  }
  std::sort(sorted.begin(), sorted.end(), [this](const Rank& a, const Rank& b) {
    if (a.key() != b.key()) return a.key() < b.key();
    return a.record != b.record && file_name(a.record) < file_name(b.record);
  });
  for (std::size_t i = 0; i < sorted.size(); ++i) records[i] = sorted[i].record;
}

/// Text ids take as few bytes as they need, and the rows learn where their lists have gone.
void IndexRecords::write_lists(Output& out, unsigned id_width) {
  out.begin(index_layout::lists);
  std::vector<std::uint8_t> bytes;
  std::uint32_t written = 0;
  const auto add_count = [&bytes](std::uint32_t count) {
    if (count < index_layout::long_count) return bytes.push_back(static_cast<std::uint8_t>(count));
    for (const std::uint32_t byte : {std::uint32_t{index_layout::long_count}, count, count >> 8U})
      bytes.push_back(static_cast<std::uint8_t>(byte));
  };
  for (std::size_t at = 0; at < lists_.size();) {
    const std::uint32_t depends = lists_[at] & 0xffffU;
    const std::uint32_t constrains = lists_[at] >> 16U;
    const std::size_t next = at + 1 + depends + constrains;
    bytes.clear();
    add_count(depends);
    add_count(constrains);
    for (std::size_t item = at + 1; item < next; ++item) {
      for (unsigned i = 0; i < id_width; ++i)
        bytes.push_back(static_cast<std::uint8_t>(lists_[item] >> (8 * i)));
    }
    lists_[at] = written;
    out.append(bytes.data(), bytes.size());
    written += static_cast<std::uint32_t>(bytes.size());
    at = next;
  }
  out.end(index_layout::lists);
  for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].list = lists_[rows_[row].list];
  lists_.clear();
}

void IndexRecords::write_records(Output& out, const Order& order) {
  std::vector<Twin> twins;
  std::vector<Wide> wide;
  for (std::uint32_t id = 0; id < order.records.size(); ++id) {
    const std::uint32_t record = order.records[id];
    Row& row = rows_[record];
    if ((row.flags & index_layout::has_sha256) == 0) ++summary_.without_sha256;
    if ((row.flags & index_layout::conditional) != 0) ++summary_.conditional;
    if ((row.flags & index_layout::has_odd_file_name) != 0) ++summary_.key_mismatch;
    if ((row.flags & index_layout::is_tar_bz2) == 0) continue;
    std::string twin = file_name(record);
    twin.replace(twin.size() - extension_of(row).size(), std::string::npos, ".conda");
    const std::uint32_t key = find_file(twin);
    if (key == IdTable::none || (key & is_dropped) != 0 || order.new_ids[key] == not_kept) continue;
    row.flags = static_cast<std::uint16_t>(row.flags | index_layout::has_twin);
    twins.push_back({id, order.new_ids[key]});
  }
  files_.clear();
  dropped_.clear();
  names_.clear();

  for (const Wide& value : wide_) {
    if (order.new_ids[value.record] != not_kept)
      wide.push_back({order.new_ids[value.record], value.field, value.value});
  }
  std::sort(wide.begin(), wide.end(), [](const Wide& a, const Wide& b) {
    return std::tuple(a.record, a.field) < std::tuple(b.record, b.field);
  });
  out.section(index_layout::twins, std::span<const Twin>(twins));
  out.section(index_layout::wide_values, std::span<const Wide>(wide));

  const auto column = [&](Section section, auto& values) {
    out.begin(section);
    for (const std::uint32_t record : order.records) out.append(values[record]);
    out.end(section);
    values.clear();
  };
  constexpr unsigned while_building = index_layout::was_removed | index_layout::was_signed;
  for (const std::uint32_t record : order.records)
    rows_[record].flags = static_cast<std::uint16_t>(rows_[record].flags & ~while_building);
  column(index_layout::sha256s, sha256s_);
  column(index_layout::rows, rows_);
  column(index_layout::md5s, md5s_);
  if (!verdicts_.empty()) {
    column(index_layout::verdicts, verdicts_);
  } else {
    out.begin(index_layout::verdicts);
    out.end(index_layout::verdicts);
  }
  if (indexed_timestamps_.empty()) {
    out.begin(index_layout::indexed_timestamps);
    out.end(index_layout::indexed_timestamps);
  } else {
    column(index_layout::indexed_timestamps, indexed_timestamps_);
  }
}

}  // namespace envlock
