#include "solver/index.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "solver/index_builder.hpp"
#include "solver/index_hash.hpp"
#include "solver/index_layout.hpp"

namespace envlock {

using index_layout::Attributes;
using index_layout::Header;
using index_layout::NameEntry;
using index_layout::Row;
using index_layout::Section;
using index_layout::Twin;
using index_layout::Wide;
using index_layout::WideField;

const std::uint32_t index_format_version = index_layout::version;

std::uint64_t index_layout::checksum_of(std::span<const std::byte> file) noexcept {
  constexpr std::size_t at = offsetof(Header, checksum);
  return xxh64(file.subspan(sizeof(Header)), xxh64(file.first(at), 0));
}

struct Index::Impl {
  std::shared_ptr<const void> owner;
  std::vector<std::uint64_t> aligned_copy;  // only where `bytes` was not aligned
  std::span<const std::byte> bytes;
  Header header{};
  IndexSummary summary;

  std::span<const std::uint32_t> text_offsets;
  std::span<const std::byte> lists;
  unsigned id_width = 4;
  std::span<const char> text_bytes;
  std::span<const NameEntry> names;
  std::span<const Row> rows;
  std::span<const std::array<std::uint8_t, 32>> sha256s;
  std::span<const std::array<std::uint8_t, 16>> md5s;
  std::span<const std::int64_t> indexed_timestamps;
  std::span<const Attributes> attributes;
  std::span<const Twin> twins;
  std::span<const Wide> wide_values;
  std::span<const std::uint32_t> verdicts;

  template <class T>
  [[nodiscard]] bool section(Section which, std::span<const T>& out) const noexcept {
    const auto [offset, size] = header.sections[which];
    if (offset % 8 != 0 || offset > bytes.size() || size > bytes.size() - offset ||
        size % sizeof(T) != 0)
      return false;
    out = {reinterpret_cast<const T*>(bytes.data() + offset), size / sizeof(T)};
    return true;
  }
  [[nodiscard]] bool read_header(bool verify_checksum);
  [[nodiscard]] bool read_sections();

  template <class T>
  const T& at(std::span<const T> values, std::size_t i, const char* what) const {
    if (i >= values.size()) throw DamagedIndex(what);
    return values[i];
  }
  [[nodiscard]] const Row& row(RecordId id) const { return at(rows, id, "no such record"); }
  [[nodiscard]] std::string_view text(TextId id) const {
    if (id >= text_offsets.size() - 1) throw DamagedIndex("no such text");
    const std::uint32_t first = text_offsets[id];
    const std::uint32_t last = text_offsets[id + 1];
    if (first > last || last > text_bytes.size()) throw DamagedIndex("a text is out of bounds");
    return {text_bytes.data() + first, last - first};
  }
  [[nodiscard]] Range range(std::size_t name) const {
    const Range found{names[name].first_record, names[name + 1].first_record};
    if (found.first > found.last || found.last > rows.size())
      throw DamagedIndex("a name's records are out of bounds");
    return found;
  }
  [[nodiscard]] std::uint64_t value(RecordId id, const Row& row, WideField field,
                                    std::uint64_t in_row) const {
    if ((row.flags & index_layout::has_wide) == 0) return in_row;
    const auto before = [](const Wide& a, const std::pair<RecordId, WideField>& b) {
      return std::pair(a.record, a.field) < b;
    };
    const auto found =
        std::lower_bound(wide_values.begin(), wide_values.end(), std::pair(id, field), before);
    const bool is_wide = found != wide_values.end() && found->record == id && found->field == field;
    return is_wide ? found->value : in_row;
  }
  [[nodiscard]] const Attributes& attributes_of(RecordId id) const {
    const Row& found = row(id);
    return at(attributes, value(id, found, WideField::attributes, found.attributes),
              "no such attributes");
  }
  struct Lists {
    TextIds depends, constrains;
  };
  [[nodiscard]] Lists lists_of(RecordId id) const {
    std::size_t from = row(id).list;
    const std::size_t depends = read_count(from);
    const std::size_t constrains = read_count(from);
    if ((depends + constrains) * id_width > lists.size() - from)
      throw DamagedIndex("a list is out of bounds");
    const std::byte* const first = lists.data() + from;
    return {checked({first, depends, id_width}),
            checked({first + depends * id_width, constrains, id_width})};
  }
  /// Moves `from` behind the count.
  [[nodiscard]] std::size_t read_count(std::size_t& from) const {
    const auto byte = [&] {
      return std::to_integer<std::size_t>(at(lists, from++, "a list is out of bounds"));
    };
    const std::size_t count = byte();
    if (count != index_layout::long_count) return count;
    const std::size_t low = byte();
    return low | byte() << 8U;
  }
  [[nodiscard]] TextId checked(TextId id) const {
    if (id >= text_offsets.size() - 1) throw DamagedIndex("no such text");
    return id;
  }
  [[nodiscard]] TextIds checked(TextIds ids) const {
    for (const TextId id : ids) (void)checked(id);
    return ids;
  }
};

bool Index::Impl::read_header(bool verify_checksum) {
  if (bytes.size() < sizeof(Header)) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != index_layout::magic || header.byte_order != index_layout::byte_order_mark ||
      header.version != index_layout::version || header.file_size != bytes.size())
    return false;
  return !verify_checksum || header.checksum == index_layout::checksum_of(bytes);
}

bool Index::Impl::read_sections() {
  std::span<const index_layout::Summary> summaries;
  const bool in_bounds =
      section(index_layout::summary_section, summaries) &&
      section(index_layout::text_offsets, text_offsets) &&
      section(index_layout::text_bytes, text_bytes) && section(index_layout::names, names) &&
      section(index_layout::rows, rows) && section(index_layout::sha256s, sha256s) &&
      section(index_layout::md5s, md5s) &&
      section(index_layout::indexed_timestamps, indexed_timestamps) &&
      section(index_layout::lists, lists) && section(index_layout::attributes, attributes) &&
      section(index_layout::twins, twins) && section(index_layout::wide_values, wide_values) &&
      section(index_layout::verdicts, verdicts);
  if (!in_bounds || summaries.size() != 1 || text_offsets.empty() || names.empty() ||
      sha256s.size() != rows.size() || md5s.size() != rows.size() ||
      (!indexed_timestamps.empty() && indexed_timestamps.size() != rows.size()) ||
      (!verdicts.empty() && verdicts.size() != rows.size()))
    return false;
  const index_layout::Summary& counts = summaries.front();
  if (counts.records != rows.size() || counts.id_width < 2 || counts.id_width > 4) return false;
  id_width = counts.id_width;
  summary = {.subdir = std::string(text(counts.subdir)),
             .base_url = std::string(text(counts.base_url)),
             .records = counts.records,
             .removed = counts.removed,
             .bad_version = counts.bad_version,
             .bad_text = counts.bad_text,
             .bad_file_name = counts.bad_file_name,
             .without_sha256 = counts.without_sha256,
             .key_mismatch = counts.key_mismatch,
             .subdir_mismatch = counts.subdir_mismatch,
             .conditional = counts.conditional,
             .invisible_v3 = counts.invisible_v3,
             .orphan_signatures = counts.orphan_signatures,
             .signature_rule = std::string(text(counts.signature_rule)),
             .unsigned_records = counts.unsigned_records,
             .badly_signed = counts.badly_signed};
  return true;
}

Index::Index() : impl_(std::make_unique<Impl>()) {}
Index::~Index() = default;

std::unique_ptr<Index> Index::open(std::span<const std::byte> bytes,
                                   std::shared_ptr<const void> owner, bool verify_checksum) {
  std::unique_ptr<Index> index(new Index());
  Impl& impl = *index->impl_;
  impl.owner = std::move(owner);
  impl.bytes = bytes;
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) != 0) {
    impl.aligned_copy.resize((bytes.size() + 7) / 8);
    std::memcpy(impl.aligned_copy.data(), bytes.data(), bytes.size());
    impl.bytes = std::as_bytes(std::span(impl.aligned_copy)).first(bytes.size());
  }
  if (!impl.read_header(verify_checksum)) return nullptr;
  try {
    if (!impl.read_sections()) return nullptr;
  } catch (const DamagedIndex&) {
    return nullptr;
  }
  return index;
}

const IndexSummary& Index::summary() const noexcept { return impl_->summary; }
std::size_t Index::name_count() const noexcept { return impl_->names.size() - 1; }
std::size_t Index::text_count() const noexcept { return impl_->text_offsets.size() - 1; }
std::string_view Index::text(TextId id) const { return impl_->text(id); }

Index::Range Index::find(std::string_view name) const {
  std::size_t first = 0;
  std::size_t last = name_count();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    const int order = impl_->text(impl_->names[middle].text).compare(name);
    if (order == 0) return impl_->range(middle);
    (order < 0 ? first : last) = order < 0 ? middle + 1 : middle;
  }
  return {};
}

std::string_view Index::name_at(std::size_t i) const {
  if (i >= name_count()) throw DamagedIndex("no such name");
  return impl_->text(impl_->names[i].text);
}

Index::Range Index::range_at(std::size_t i) const {
  if (i >= name_count()) throw DamagedIndex("no such name");
  return impl_->range(i);
}

std::string_view Index::name(RecordId id) const {
  (void)impl_->row(id);
  const auto all = impl_->names.first(name_count());
  const auto after = std::upper_bound(
      all.begin(), all.end(), id,
      [](RecordId wanted, const NameEntry& entry) { return wanted < entry.first_record; });
  if (after == all.begin()) throw DamagedIndex("a record has no name");
  return impl_->text(std::prev(after)->text);
}

std::string_view Index::version(RecordId id) const { return impl_->text(impl_->row(id).version); }
TextId Index::version_id(RecordId id) const { return impl_->checked(impl_->row(id).version); }
std::string_view Index::build(RecordId id) const { return impl_->text(impl_->row(id).build); }

std::uint64_t Index::build_number(RecordId id) const {
  const Row& row = impl_->row(id);
  return impl_->value(id, row, WideField::build_number, row.build_number);
}

std::string Index::file_name(RecordId id) const {
  const Row& row = impl_->row(id);
  if ((row.flags & index_layout::has_odd_file_name) != 0) {
    const std::uint64_t text = impl_->value(id, row, WideField::file_name, ~std::uint64_t{0});
    if (text >= text_count()) throw DamagedIndex("a record has no file name");
    return std::string(impl_->text(static_cast<TextId>(text)));
  }
  std::string made(name(id));
  made.append("-").append(impl_->text(row.version)).append("-").append(impl_->text(row.build));
  return made.append(extension_of(row));
}

std::optional<std::int64_t> Index::timestamp_ms(RecordId id) const {
  const Row& row = impl_->row(id);
  if ((row.flags & index_layout::has_timestamp) == 0) return std::nullopt;
  const std::uint64_t in_row = row.timestamp_low | std::uint64_t{row.timestamp_high} << 32U;
  return static_cast<std::int64_t>(impl_->value(id, row, WideField::timestamp, in_row));
}

std::optional<std::int64_t> Index::indexed_timestamp_ms(RecordId id) const {
  (void)impl_->row(id);
  if (impl_->indexed_timestamps.empty() || impl_->indexed_timestamps[id] < 0) return std::nullopt;
  return impl_->indexed_timestamps[id];
}

TextIds Index::depends(RecordId id) const { return impl_->lists_of(id).depends; }
TextIds Index::constrains(RecordId id) const { return impl_->lists_of(id).constrains; }

std::uint32_t Index::track_features_count(RecordId id) const {
  return impl_->attributes_of(id).track_features_count;
}
std::string_view Index::track_features(RecordId id) const {
  return impl_->text(impl_->attributes_of(id).track_features);
}
bool Index::has_sha256(RecordId id) const {
  return (impl_->row(id).flags & index_layout::has_sha256) != 0;
}
std::vector<std::string> SignatureVerdict::signers() const {
  std::vector<std::string> keys;
  if (state != State::good) return keys;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    keys.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return keys;
}

std::optional<SignatureVerdict> Index::signatures(RecordId id) const {
  using State = SignatureVerdict::State;
  if (impl_->summary.signature_rule.empty()) return std::nullopt;
  const std::string_view text = impl_->text(impl_->at(impl_->verdicts, id, "no such verdict"));
  if (text.empty()) return SignatureVerdict{State::unsigned_record, {}};
  return SignatureVerdict{text.front() == '+' ? State::good : State::bad,
                          std::string(text.substr(1))};
}
bool Index::is_conditional(RecordId id) const {
  return (impl_->row(id).flags & index_layout::conditional) != 0;
}

std::optional<RecordId> Index::conda_twin(RecordId id) const {
  if ((impl_->row(id).flags & index_layout::has_twin) == 0) return std::nullopt;
  const auto found =
      std::lower_bound(impl_->twins.begin(), impl_->twins.end(), id,
                       [](const Twin& twin, RecordId wanted) { return twin.hidden < wanted; });
  if (found == impl_->twins.end() || found->hidden != id || found->by >= impl_->rows.size())
    throw DamagedIndex("a record's twin is missing");
  return found->by;
}

PackageRecord Index::record(RecordId id) const {
  const Row& row = impl_->row(id);
  const Attributes& attributes = impl_->attributes_of(id);
  const Impl::Lists lists = impl_->lists_of(id);
  PackageRecord record;
  record.name = name(id);
  record.version = version(id);
  record.build = build(id);
  record.build_number = build_number(id);
  record.subdir = impl_->summary.subdir;
  record.fn = file_name(id);
  if ((row.flags & index_layout::has_sha256) != 0) record.sha256 = Sha256(impl_->sha256s[id]);
  if ((row.flags & index_layout::has_md5) != 0) record.md5 = Md5(impl_->md5s[id]);
  if ((row.flags & index_layout::has_size) != 0)
    record.size = impl_->value(id, row, WideField::size, row.size);
  record.timestamp_ms = timestamp_ms(id);
  record.indexed_timestamp_ms = indexed_timestamp_ms(id);
  record.license = impl_->text(attributes.license);
  record.license_family = impl_->text(attributes.license_family);
  for (const TextId text : lists.depends) record.depends.emplace_back(impl_->text(text));
  for (const TextId text : lists.constrains) record.constrains.emplace_back(impl_->text(text));
  std::string_view features = impl_->text(attributes.track_features);
  while (!features.empty()) {
    const std::size_t end = std::min(features.find(' '), features.size());
    record.track_features.emplace_back(features.substr(0, end));
    features.remove_prefix(std::min(end + 1, features.size()));
  }
  if ((row.flags & index_layout::noarch_generic) != 0) record.noarch = NoArch::generic;
  if ((row.flags & index_layout::noarch_python) != 0) record.noarch = NoArch::python;
  record.python_site_packages_path = impl_->text(attributes.python_site_packages_path);
  return record;
}

}  // namespace envlock
