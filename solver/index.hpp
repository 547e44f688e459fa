#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/package_record.hpp"

namespace envlock {

/// Id of a record inside one Index; records of one name are consecutive, best first (design section
/// 6's order, as far as one record alone decides it: fewer track_features, version, build number,
/// timestamp, file name).
using RecordId = std::uint32_t;
/// Id of a distinct text (dependency, constraint, version, build, ...) inside one Index; dense from
/// 0 to text_count(), so that it can index an array of what was made of the texts.
using TextId = std::uint32_t;

/// The ids of a record's dependencies or constraints: a view into an Index, where each takes two to
/// four bytes.
class TextIds {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = TextId;
    using difference_type = std::ptrdiff_t;
    using pointer = const TextId*;
    using reference = TextId;
    iterator() = default;
    iterator(const std::byte* at, unsigned width) noexcept : at_(at), width_(width) {}
    TextId operator*() const noexcept {
      TextId id = 0;
      for (unsigned i = 0; i < width_; ++i) id |= std::to_integer<TextId>(at_[i]) << (8 * i);
      return id;
    }
    iterator& operator++() noexcept {
      at_ += width_;
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const std::byte* at_ = nullptr;
    unsigned width_ = 0;
  };
  using value_type = TextId;
  using const_iterator = iterator;

  TextIds() = default;
  TextIds(const std::byte* first, std::size_t count, unsigned width) noexcept
      : first_(first), count_(count), width_(width) {}
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] TextId operator[](std::size_t i) const noexcept {
    return *iterator(first_ + i * width_, width_);
  }
  [[nodiscard]] iterator begin() const noexcept { return {first_, width_}; }
  [[nodiscard]] iterator end() const noexcept { return {first_ + count_ * width_, width_}; }

 private:
  const std::byte* first_ = nullptr;
  std::size_t count_ = 0;
  unsigned width_ = 4;
};

/// An index file is damaged although its header is not: found on access, where open() was told not
/// to verify the checksum (7). Whoever opened it deletes it, makes it again from the repodata and
/// repeats.
struct DamagedIndex : Error {
  explicit DamagedIndex(const std::string& what)
      : Error(ExitCode::io, "an index in the cache is damaged: " + what,
              "remove the cache folder (~/.cache/envlock, or --cache-dir) and run the command "
              "again") {}
};

/// What was found of a record's signatures by whoever had the index made.
struct SignatureVerdict {
  enum class State : std::uint8_t { bad, unsigned_record, good };
  State state = State::bad;
  /// Of `good`: the keys whose signature is good, sorted, joined by one space; of `bad`: why.
  std::string text;

  /// The keys of `good`; else none.
  [[nodiscard]] std::vector<std::string> signers() const;
};

/// What the repodata of one subdir said of itself, and what was dropped while reading it (design
/// section 12).
struct IndexSummary {
  std::string subdir;                 ///< The folder's, not the document's.
  std::string base_url;               ///< `info.base_url` as written; empty: none.
  std::uint64_t records = 0;          ///< In the index.
  std::uint64_t removed = 0;          ///< Dropped: named in `removed`.
  std::uint64_t bad_version = 0;      ///< Dropped: version or name cannot be parsed.
  std::uint64_t bad_text = 0;         ///< Dropped: a NUL in a text (J04).
  std::uint64_t bad_file_name = 0;    ///< Dropped: key with a slash, `..` or a wrong extension.
  std::uint64_t without_sha256 = 0;   ///< In the index, never candidates.
  std::uint64_t key_mismatch = 0;     ///< In the index: key unlike name-version-build.
  std::uint64_t subdir_mismatch = 0;  ///< In the index: record's subdir unlike the folder's.
  std::uint64_t conditional =
      0;  ///< In the index, never candidates: when=, extras=, flags= (CEP 43-45).
  std::uint64_t invisible_v3 = 0;       ///< Records that exist only in the `v3` map.
  std::uint64_t orphan_signatures = 0;  ///< `signatures` entries without a record.
  std::string signature_rule;  ///< IndexBuilder::Options::signature_rule; empty: not judged.
  std::uint64_t unsigned_records = 0;  ///< In the index, where it was judged.
  std::uint64_t badly_signed = 0;      ///< In the index, where it was judged.
};

/// The records of one subdir of one channel, made once from its repodata (design section 7,
/// docs/index-format.md). Opens without reading it all: `bytes` is usually an mmap. Every access is
/// bounds-checked against the file and throws DamagedIndex, so that damage is never undefined
/// behaviour. Immutable and safe to read from many threads.
class Index {
 public:
  /// @param bytes  kept alive by `owner`, which the Index holds
  /// @param verify_checksum  also recompute the checksum over the whole body (where no seal vouches
  /// for the file)
  /// @return nothing where the bytes are no index of this format version, are truncated or damaged
  static std::unique_ptr<Index> open(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner, bool verify_checksum);

  struct Range {
    RecordId first = 0;
    RecordId last = 0;  ///< One past the end.
    [[nodiscard]] bool empty() const noexcept { return first == last; }
  };

  [[nodiscard]] const IndexSummary& summary() const noexcept;
  [[nodiscard]] Range find(
      std::string_view name) const;  ///< Empty where there is no such name. Binary search.
  [[nodiscard]] std::size_t name_count() const noexcept;
  [[nodiscard]] std::string_view name_at(
      std::size_t i) const;  ///< Names in byte order, for search and typo hints.
  [[nodiscard]] Range range_at(std::size_t i) const;

  // Fields of one record. Views live as long as the Index.
  [[nodiscard]] std::string_view name(RecordId id) const;  ///< Lower-case. Binary search.
  [[nodiscard]] std::string_view version(RecordId id) const;
  [[nodiscard]] TextId version_id(RecordId id) const;  ///< Equal for equal spellings.
  [[nodiscard]] std::string_view build(RecordId id) const;
  [[nodiscard]] std::uint64_t build_number(RecordId id) const;
  /// Made of name, version and build where the channel's key is made of them, as it mostly is.
  [[nodiscard]] std::string file_name(RecordId id) const;
  [[nodiscard]] std::optional<std::int64_t> timestamp_ms(RecordId id) const;
  [[nodiscard]] std::optional<std::int64_t> indexed_timestamp_ms(RecordId id) const;
  /// Each id is below text_count(), also in a damaged index.
  [[nodiscard]] TextIds depends(RecordId id) const;
  [[nodiscard]] TextIds constrains(RecordId id) const;
  [[nodiscard]] std::uint32_t track_features_count(RecordId id) const;
  /// Sorted, joined by one space; empty: none.
  [[nodiscard]] std::string_view track_features(RecordId id) const;
  [[nodiscard]] bool has_sha256(RecordId id) const;
  [[nodiscard]] bool is_conditional(RecordId id) const;
  /// Nothing where the index was made without judging signatures.
  [[nodiscard]] std::optional<SignatureVerdict> signatures(RecordId id) const;
  /// The `.conda` twin of this `.tar.bz2` record in the same subdir, if any: it hides it, after
  /// exclude_newer.
  [[nodiscard]] std::optional<RecordId> conda_twin(RecordId id) const;
  [[nodiscard]] std::string_view text(TextId id) const;
  [[nodiscard]] std::size_t text_count() const noexcept;
  /// All fields; `channel_url` and `url` stay empty: the caller knows them.
  [[nodiscard]] PackageRecord record(RecordId id) const;

  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

 private:
  Index();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Turns the bytes of a repodata.json, given piece by piece as they are decompressed, into the
/// bytes of an Index, with memory bounded by the index (design section 7). Deterministic: the same
/// JSON gives the same index bytes.
class IndexBuilder {
 public:
  struct Options {
    std::string subdir;       ///< The folder's name.
    std::string source_name;  ///< For messages: a redacted URL or a path.
    std::uint64_t max_json_bytes = std::uint64_t{2} << 30U;  ///< Design section 12, J08.
    std::uint64_t max_records = 5'000'000;
    /// Offered each record's raw bytes under its file name, before it is judged (for signatures);
    /// may be empty.
    std::function<void(std::string_view fn, std::string_view raw_json)> on_record;
    /// Likewise each member of `signatures`; only where `on_record` is given.
    std::function<void(std::string_view fn, std::string_view raw_json)> on_signatures;
    /// Asked for each record when all of the document has been read, where it is given.
    std::function<SignatureVerdict(std::string_view fn)> verdict;
    /// Names the keys that `verdict` judges by; kept in the index.
    std::string signature_rule;
  };
  explicit IndexBuilder(Options options);
  ~IndexBuilder();
  IndexBuilder(const IndexBuilder&) = delete;
  IndexBuilder& operator=(const IndexBuilder&) = delete;

  /// @throws InputError (3) for malformed JSON or types (with the byte offset and the record),
  /// TrustError (6) for limits
  void feed(std::span<const std::byte> json);
  /// Waits until all records that are complete were looked at. @throws as feed
  void settle();
  /// The finished index. Call once, last.
  /// @throws as feed, and InputError where the document ends early
  [[nodiscard]] std::vector<std::byte> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Changes whenever the layout does; part of an index's file name in the cache.
extern const std::uint32_t index_format_version;

}  // namespace envlock
