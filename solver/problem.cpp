#include "solver/problem.hpp"

#include "model/channel.hpp"

namespace envlock {

std::optional<NameId> LoadedProblem::find_name(std::string_view name) const {
  const auto found = name_ids.find(name);
  if (found == name_ids.end()) return std::nullopt;
  return found->second;
}

const Index& LoadedProblem::index_of(const Candidate& candidate) const {
  return *question->channels.at(candidate.channel).subdirs.at(candidate.subdir);
}

const VirtualPackage& LoadedProblem::virtual_package(const Candidate& candidate) const {
  return question->virtual_packages.at(candidate.record);
}

const Version& LoadedProblem::version_of(const Candidate& candidate) const {
  return names[candidate.name].versions[candidate.version].version;
}

std::uint32_t LoadedProblem::version_order(const Candidate& candidate) const {
  return names[candidate.name].versions[candidate.version].order;
}

std::string_view LoadedProblem::version_text(const Candidate& candidate) const {
  return version_of(candidate).text();
}

std::string_view LoadedProblem::build_of(const Candidate& candidate) const {
  if (candidate.channel == no_id) return virtual_package(candidate).build;
  return index_of(candidate).build(candidate.record);
}

PackageRecord LoadedProblem::record_of(const Candidate& candidate) const {
  const SolverChannel& channel = question->channels.at(candidate.channel);
  PackageRecord record = index_of(candidate).record(candidate.record);
  record.channel_url = channel_urls.at(candidate.channel);
  record.url = package_url(channel.subdir_urls.at(candidate.subdir), record.fn).to_string();
  return record;
}

std::span<const DependencyId> LoadedProblem::depends_of(const Candidate& candidate) const {
  return {text_lists.data() + candidate.first_text, candidate.depends};
}

std::span<const DependencyId> LoadedProblem::constrains_of(const Candidate& candidate) const {
  return {text_lists.data() + candidate.first_text + candidate.depends, candidate.constrains};
}

std::span<const SetId> LoadedProblem::required_sets(const Candidate& candidate) const {
  return {set_lists.data() + candidate.first_set, candidate.required};
}

std::span<const SetId> LoadedProblem::allowed_sets(const Candidate& candidate) const {
  return {set_lists.data() + candidate.first_set + candidate.required, candidate.allowed};
}

std::span<const std::uint64_t> LoadedProblem::words_of(SetId set) const {
  return {set_words.data() + sets[set].first_word, sets[set].words};
}

bool LoadedProblem::accepts(SetId set, CandidateId candidate) const {
  const std::size_t bit = candidate - names[sets[set].name].first;
  return ((words_of(set)[bit / 64] >> (bit % 64)) & 1U) != 0;
}

}  // namespace envlock
