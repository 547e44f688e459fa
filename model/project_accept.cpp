#include "model/project_accept.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 4> acceptance_keys = {"finding", "reason", "sha256",
                                                             "until"};
constexpr std::array<std::string_view, 4> levels = {"error", "ignore", "note", "warning"};

std::string quoted(std::string_view text) { return '\'' + printable(text, 100) + '\''; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Acceptance read_acceptance(const YamlReader& in, const YamlNode& node) {
  Acceptance out;
  out.place = in.place(node);
  bool has_sha256 = false;
  in.require_mapping(node, "an accepted finding");
  for (const YamlEntry& entry : node.entries) {
    const std::string text = in.text(entry.value, "'" + printable(entry.key, 60) + "'");
    const SourcePlace place = in.place(entry.value);
    if (entry.key == "finding") {
      if (!is_finding_id(text))
        throw InputError(place, quoted(text) + " is no id of a finding",
                         "copy it from the report of 'envlock verify': EL231-0123456789ab");
      out.finding = text;
    } else if (entry.key == "sha256") {
      const auto sha256 = Sha256::parse(text);
      if (!sha256)
        throw InputError(place, quoted(text) + " is no sha256", "write 64 lower-case hex digits");
      out.sha256 = *sha256;
      has_sha256 = true;
    } else if (entry.key == "reason") {
      out.reason = text;
    } else if (entry.key == "until") {
      const auto end = parse_instant(text);
      if (!end)
        throw InputError(place, quoted(text) + " is no date", "write for example 2027-01-31");
      out.until = text;
      out.end = *end;
    } else {
      in.refuse_key(entry, "an accepted finding", acceptance_keys);
    }
  }
  if (out.finding.empty() || !has_sha256 || out.reason.empty() || out.until.empty())
    throw InputError(out.place,
                     "an accepted finding needs 'finding', 'sha256', 'reason' and 'until'",
                     "'envlock accept' writes all four");
  return out;
}

}  // namespace

bool is_finding_id(std::string_view text) noexcept {
  constexpr std::string_view start = "EL";
  constexpr std::size_t hash_digits = 12;
  const std::size_t dash = text.find('-');
  if (!text.starts_with(start) || dash == std::string_view::npos || dash == start.size() ||
      text.size() != dash + 1 + hash_digits)
    return false;
  return std::ranges::all_of(text.substr(start.size(), dash - start.size()), is_digit) &&
         std::ranges::all_of(text.substr(dash + 1),
                             [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool read_verify_policy(const YamlReader& in, const YamlEntry& entry, VerifyPolicy& policy) {
  if (entry.key == "severities") {
    for (const YamlEntry& item : in.mapping(entry.value, "'severities'")) {
      const std::string level = in.text(item.value, "a severity");
      if (std::ranges::find(levels, level) == levels.end())
        throw InputError(in.place(item.value), quoted(level) + " is no severity",
                         "write error, warning, note or ignore");
      policy.severities.push_back({item.key, level, in.place(item)});
    }
  } else if (entry.key == "accept") {
    for (const YamlNode* const node : in.list(entry.value, "'accept'")) {
      Acceptance acceptance = read_acceptance(in, *node);
      if (std::ranges::count(policy.accepted, acceptance.finding, &Acceptance::finding) != 0)
        throw InputError(acceptance.place, quoted(acceptance.finding) + " is accepted twice",
                         "keep one of the two");
      policy.accepted.push_back(std::move(acceptance));
    }
  } else {
    return false;
  }
  return true;
}

std::span<const std::string_view> accept_keys(std::string_view section) noexcept {
  if (section == "acceptance") return acceptance_keys;
  return {};
}

}  // namespace envlock
