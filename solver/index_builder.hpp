#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/version.hpp"
#include "solver/index.hpp"
#include "solver/index_layout.hpp"
#include "solver/index_pages.hpp"
#include "solver/index_text_pool.hpp"
#include "solver/repodata_record.hpp"
#include "solver/repodata_stream.hpp"

namespace envlock {

/// ".tar.bz2" or ".conda".
inline std::string_view extension_of(const index_layout::Row& row) noexcept {
  return (row.flags & index_layout::is_tar_bz2) != 0 ? ".tar.bz2" : ".conda";
}

/// The records of one repodata.json as they come, each text, list and set of attributes kept once,
/// and at the end their order and the bytes of the index.
class IndexRecords : public RepodataHandler {
 public:
  explicit IndexRecords(const IndexBuilder::Options& options);

  bool wants_raw_records() const override { return static_cast<bool>(options_.on_record); }
  void top_level(std::string_view key, simdjson::dom::element value) override;
  void announce_record(std::string_view file_name) override;
  void record(std::string_view file_name, simdjson::dom::element value,
              std::string_view raw) override;
  void unreadable_record(std::string_view file_name) override;
  void removed(simdjson::dom::element value) override;
  void signature(std::string_view file_name, simdjson::dom::element value,
                 std::string_view raw) override;
  void v3_record(std::string_view extension, std::string_view stem,
                 simdjson::dom::element value) override;

  /// The index's bytes; gives the memory of each part back as it is written. Call once, last.
  [[nodiscard]] std::vector<std::byte> write();

 private:
  /// What is kept of a version's text: 0 not looked at, 1 no version, else its place in versions_
  /// plus 2.
  using VersionSlot = std::uint32_t;
  static constexpr std::uint32_t is_dropped = 0x80000000U;
  struct Order;  // the order of the records in the index
  class Output;  // the bytes of the index as they are written

  bool keep_version(std::uint32_t text);
  std::uint32_t keep_lists(const RepodataRecord& record, bool& conditional);
  std::uint32_t keep_attributes(const RepodataRecord& record);
  void add_wide(index_layout::WideField field, std::uint64_t value);
  /// A field of a record: the wide value where there is one, else what its row has.
  [[nodiscard]] std::uint64_t value(std::uint32_t record, index_layout::WideField field,
                                    std::uint64_t in_row) const;
  [[nodiscard]] std::uint32_t odd_file_name(std::uint32_t record) const;
  [[nodiscard]] std::string file_name(std::uint32_t record) const;
  [[nodiscard]] bool has_file_name(std::uint32_t key, std::string_view file_name) const;
  [[nodiscard]] std::uint32_t find_file(std::string_view file_name) const;
  void drop(std::uint64_t hash, std::string_view file_name, std::uint64_t& counter);
  void settle_late_keys();
  void judge_signatures();
  [[nodiscard]] std::vector<std::uint32_t> rank_versions();
  [[nodiscard]] Order make_order();
  void sort_name(std::span<std::uint32_t> records, const std::vector<std::uint32_t>& ranks) const;
  void write_records(Output& out, const Order& order);
  void write_lists(Output& out, unsigned id_width);

  const IndexBuilder::Options& options_;
  std::uint64_t seed_;
  TextPool texts_;
  IndexSummary summary_;
  std::uint64_t records_seen_ = 0;

  PageVector<index_layout::Row> rows_;
  PageVector<std::uint32_t> names_;  // text id of each row's name
  PageVector<std::array<std::uint8_t, 32>> sha256s_;
  PageVector<std::array<std::uint8_t, 16>> md5s_;
  PageVector<std::int64_t> indexed_timestamps_;  // empty until the first one
  PageVector<std::uint32_t> lists_;
  std::vector<std::uint32_t> conditional_lists_;  // ascending
  PageVector<index_layout::Attributes> attributes_;
  PageVector<index_layout::Wide> wide_;
  PageVector<std::uint32_t> verdicts_;     // text ids by row; empty where nobody judges
  PageVector<VersionSlot> version_slots_;  // by text id
  std::vector<Version> versions_;
  IdTable list_table_;
  IdTable attributes_table_;

  // File names seen: ids of rows, or of dropped_ with the highest bit set (J02).
  IdTable files_;
  TextPool dropped_;
  TextPool removed_;
  TextPool early_signatures_;  // whose record has not come yet
  TextPool early_v3_;

  RepodataRecord record_;
  std::vector<std::uint32_t> list_;
  std::vector<std::uint64_t> hashes_;
  std::string scratch_;
};

}  // namespace envlock
