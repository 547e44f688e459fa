#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/match_spec.hpp"
#include "model/version.hpp"
#include "solver/index.hpp"
#include "solver/solve.hpp"

namespace envlock {

// The question as the solver sees it: every name that the requests can reach, with all its
// candidates, and for each distinct dependency text the candidates that it accepts. Loaded once;
// never changed after, so that solving and explaining look at the same facts.

using NameId = std::uint32_t;        ///< Of a LoadedProblem.
using CandidateId = std::uint32_t;   ///< Of a LoadedProblem; those of one name are consecutive.
using DependencyId = std::uint32_t;  ///< A distinct dependency or constraint text.
using SetId = std::uint32_t;         ///< A distinct set of candidates of one name.
inline constexpr std::uint32_t no_id = 0xffffffffU;

/// Why a record of a name is no candidate.
enum class LeftOut : std::uint8_t {
  hidden_by_priority,     ///< A higher channel has the name, and priority is strict.
  owned_by_other,         ///< The name belongs to another channel (`owns:`).
  not_the_record,         ///< SolveQuestion::exactly names another record.
  too_new,                ///< After exclude_newer.
  too_young,              ///< By the `minimum_age` of its channel.
  without_time,           ///< No timestamp, under exclude_newer or `minimum_age`.
  not_signed,             ///< Its channel requires signatures.
  badly_signed,           ///< Its signatures do not prove what its channel asks for.
  without_sha256,         ///< Could never be verified.
  conditional,            ///< when=, extras=, flags= (CEP 43-45).
  denied,                 ///< The policy says no.
  constrained,            ///< SolveQuestion::constraints says no.
  unreadable_dependency,  ///< One of its dependencies is no MatchSpec.
};
inline constexpr std::size_t left_out_kinds = 13;

/// One package file that could be chosen, or one virtual package.
struct Candidate {
  NameId name = no_id;
  std::uint32_t version = 0;      ///< Into Name::versions.
  std::uint32_t channel = no_id;  ///< Into SolveQuestion::channels; no_id: a virtual package.
  std::uint32_t subdir = 0;       ///< Into SolverChannel::subdirs.
  RecordId record = 0;            ///< In that index; for a virtual package its position there.
  std::uint32_t first_text = 0;   ///< Into LoadedProblem's texts: `depends`, then `constrains`.
  std::uint32_t depends = 0;      ///< How many.
  std::uint32_t constrains = 0;   ///< How many.
  std::uint32_t first_set = 0;    ///< Into LoadedProblem's sets: required, then allowed.
  std::uint32_t required = 0;     ///< How many.
  std::uint32_t allowed = 0;      ///< How many.
  std::uint32_t track_features = 0;
  std::uint64_t build_number = 0;
  std::int64_t timestamp_ms = 0;  ///< 0: none.
};

/// One package name.
struct Name {
  std::string text;
  CandidateId first = 0;
  CandidateId last = 0;  ///< One past the end.
  /// The candidates' distinct versions, oldest first. `order` is equal for versions that are equal
  /// though spelt differently.
  struct DistinctVersion {
    Version version;
    std::uint32_t order = 0;
  };
  std::vector<DistinctVersion> versions;
  std::array<std::uint32_t, left_out_kinds> left_out{};
  std::vector<std::uint32_t> hidden_channels;  ///< That have it too, but are hidden by priority.
  std::optional<std::uint32_t> owner;          ///< Channel that owns the name by a pattern.
  bool is_virtual = false;

  [[nodiscard]] std::size_t size() const noexcept { return last - first; }
  [[nodiscard]] std::uint32_t count(LeftOut why) const {
    return left_out.at(static_cast<std::size_t>(why));
  }
};

/// One dependency or constraint, as a channel wrote it; equal texts are one.
struct Dependency {
  std::string_view text;          ///< Lives as long as the question's indexes.
  std::optional<MatchSpec> spec;  ///< Nothing where the text is no MatchSpec.
  NameId name = no_id;            ///< no_id: a constraint on a name that nothing reaches.
  SetId accepts = no_id;          ///< Set where `name` is.
};

/// One request, parsed.
struct LoadedRequest {
  const Request* request = nullptr;
  MatchSpec spec;
  NameId name = no_id;
  SetId accepts = no_id;
  std::vector<std::uint32_t>
      channels;  ///< That `channel::` means; may be empty for an unknown one.
  bool names_channel = false;
};

/// A set of candidates of one name: bit i is candidate Name::first + i.
struct CandidateSet {
  NameId name = no_id;
  std::uint32_t first_word = 0;
  std::uint32_t words = 0;
  std::uint32_t count = 0;  ///< How many candidates are in it.
};

/// Looks a std::string up by a view of it.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

struct LoadedProblem {
  const SolveQuestion* question = nullptr;
  std::vector<Name> names;
  std::vector<Candidate> candidates;
  std::vector<Dependency> dependencies;
  std::vector<LoadedRequest> requests;
  std::vector<CandidateSet> sets;

  [[nodiscard]] std::optional<NameId> find_name(std::string_view name) const;
  [[nodiscard]] const Index& index_of(const Candidate& candidate) const;
  [[nodiscard]] const VirtualPackage& virtual_package(const Candidate& candidate) const;
  [[nodiscard]] const Version& version_of(const Candidate& candidate) const;
  /// Equal for equal versions, higher for newer ones; only comparable inside one name.
  [[nodiscard]] std::uint32_t version_order(const Candidate& candidate) const;
  [[nodiscard]] std::string_view version_text(const Candidate& candidate) const;
  [[nodiscard]] std::string_view build_of(const Candidate& candidate) const;
  /// Whole, with channel_url and url. Not for virtual packages.
  [[nodiscard]] PackageRecord record_of(const Candidate& candidate) const;

  /// The dependencies as the record lists them.
  [[nodiscard]] std::span<const DependencyId> depends_of(const Candidate& candidate) const;
  [[nodiscard]] std::span<const DependencyId> constrains_of(const Candidate& candidate) const;
  /// What the candidate needs: one set a name (several dependencies on a name and its constraints
  /// are intersected), each of which must have a chosen member. Sorted by name.
  [[nodiscard]] std::span<const SetId> required_sets(const Candidate& candidate) const;
  /// What it allows where the name is present at all; only names that it does not require.
  [[nodiscard]] std::span<const SetId> allowed_sets(const Candidate& candidate) const;

  [[nodiscard]] std::span<const std::uint64_t> words_of(SetId set) const;
  [[nodiscard]] bool accepts(SetId set, CandidateId candidate) const;

  // What the accessors above read; filled by load_problem.
  std::unordered_map<std::string, NameId, TextHash, std::equal_to<>> name_ids;
  std::vector<std::string> channel_urls;  ///< Canonical base URL of each channel.
  std::vector<DependencyId> text_lists;
  std::vector<SetId> set_lists;
  std::vector<std::uint64_t> set_words;
};

/// Reads the requests, walks the names that they reach, loads all candidates of each and computes
/// what every dependency accepts. `question` must outlive the result.
/// @throws InputError for a request that is no MatchSpec or names no single package
LoadedProblem load_problem(const SolveQuestion& question);

}  // namespace envlock
