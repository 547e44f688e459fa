#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "bench/conda_forge/ecosystem.hpp"

namespace envlock::bench {
namespace {

using fixtures::Day;
using fixtures::Recipe;
using fixtures::Release;

const std::array<const char*, 64> firsts = {
    "aero",  "agro",   "alpha",   "array", "astro",  "atlas",   "audio", "auto",  "batch", "bio",
    "block", "brain",  "cache",   "chem",  "cloud",  "cluster", "color", "cyber", "data",  "deep",
    "delta", "dense",  "digi",    "disk",  "dyna",   "earth",   "echo",  "edge",  "event", "fast",
    "field", "flex",   "fluid",   "form",  "geo",    "glyph",   "graph", "grid",  "hydro", "image",
    "ion",   "kernel", "lattice", "light", "linear", "logic",   "macro", "mesh",  "meta",  "micro",
    "mono",  "multi",  "nano",    "net",   "neuro",  "open",    "optic", "para",  "photo", "poly",
    "quant", "rapid",  "signal",  "tensor"};
const std::array<const char*, 48> seconds = {
    "base",  "bridge", "cast",  "chain", "check", "codec", "craft", "dict",  "draw", "drive",
    "dump",  "face",   "feed",  "file",  "fit",   "flow",  "forge", "frame", "gate", "gen",
    "hub",   "index",  "kit",   "lab",   "link",  "list",  "lock",  "log",   "map",  "mark",
    "match", "mind",   "morph", "path",  "pipe",  "plan",  "plot",  "pool",  "port", "scan",
    "scope", "seq",    "shell", "spec",  "stat",  "table", "trace", "vault"};
const std::array<const char*, 24> thirds = {
    "",        "",      "",       "",        "-core",   "-utils", "-client", "-tools",
    "_api",    "-io",   "-cli",   "-sdk",    "-types",  "-base",  "-plugin", "-server",
    "_models", "-lite", "-extra", "-common", "-parser", "x",      "2",       "-viz"};

/// "1.2.3" with one part raised and those behind it zero.
std::string raised(const std::vector<std::uint64_t>& parts) {
  std::string text;
  for (const std::uint64_t part : parts) text += (text.empty() ? "" : ".") + std::to_string(part);
  return text;
}

}  // namespace

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t value = state_;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

std::size_t Dice::below(std::size_t end) { return end == 0 ? 0 : next() % end; }

double Dice::share() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

std::size_t Dice::popular(std::size_t end) {
  const double share_of = share();
  return std::min(end == 0 ? 0 : end - 1,
                  static_cast<std::size_t>(static_cast<double>(end) * share_of * share_of *
                                           share_of * share_of));
}

std::string made_name(const std::string& sort, std::uint64_t place, std::uint64_t seed) {
  // Every place has another combination; where they run out, a number tells them apart.
  const std::size_t all = firsts.size() * seconds.size() * thirds.size();
  const std::size_t round = place / all;
  // A step without a divisor in common with `all` (powers of two and three) visits each once.
  const std::size_t mixed = (place * 40507U + seed * 7919U) % all;
  const std::string stem =
      std::string(firsts[mixed % firsts.size()]) + seconds[mixed / firsts.size() % seconds.size()];
  const std::string tail = thirds[mixed / firsts.size() / seconds.size()];
  // Empty tails stand several times in the list: the place among them keeps names apart.
  const std::size_t which = mixed / firsts.size() / seconds.size();
  const std::string twin = tail.empty() && which > 0 ? std::to_string(which + 2) : "";
  return sort + stem + tail + twin + (round == 0 ? "" : "-" + std::to_string(round + 1));
}

std::vector<Release> history(Dice& dice, std::size_t count, Day from, Day to) {
  const double sort = dice.share();
  const bool by_date = sort < 0.06;
  const std::size_t length = sort < 0.85 ? 3 : sort < 0.96 ? 2 : 4;
  std::vector<std::uint64_t> parts(length, 0);
  parts[0] = dice.chance(0.45) ? 0 : 1 + dice.below(3);
  if (parts[0] == 0) parts[1] = 1 + dice.below(8);
  std::vector<Release> releases;
  for (std::size_t i = 0; i < count; ++i) {
    const Day day =
        count == 1 ? to : from + (to - from) * static_cast<Day>(i) / static_cast<Day>(count - 1);
    if (by_date) {
      const Day months = (day - fixtures::day_of(2020, 1, 1)) * 12 / 365;
      const std::string version = std::to_string(2020 + months / 12) + "." +
                                  std::to_string(months % 12 + 1) + "." + std::to_string(i);
      if (releases.empty() || fixtures::compare_versions(releases.back().version, version) < 0) {
        releases.push_back({version, day});
      }
      continue;
    }
    if (i > 0) {
      const double step = dice.share();
      const std::size_t at = step < 0.06   ? 0
                             : step < 0.42 ? std::min<std::size_t>(1, length - 1)
                                           : length - 1;
      ++parts[at];
      std::fill(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1, parts.end(), 0);
    }
    releases.push_back({raised(parts), day});
  }
  return releases;
}

void deepen(Recipe& recipe, std::size_t more) {
  std::vector<Release> all;
  for (std::size_t i = 0; i < recipe.releases.size(); ++i) {
    const Release& release = recipe.releases[i];
    const bool is_last = i + 1 == recipe.releases.size();
    all.push_back(release);
    const std::size_t dot = release.version.rfind('.');
    const std::string last = dot == std::string::npos ? "" : release.version.substr(dot + 1);
    const bool is_number =
        !last.empty() && last.size() < 5 &&
        std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_last || !is_number) continue;
    const Release& next = recipe.releases[i + 1];
    for (std::size_t k = 1; k <= more; ++k) {
      const std::string version =
          release.version.substr(0, dot + 1) + std::to_string(std::stoull(last) + k);
      if (fixtures::compare_versions(version, next.version) >= 0) break;
      all.push_back({version, release.day + (next.day - release.day) * static_cast<Day>(k) /
                                                static_cast<Day>(more + 1)});
    }
  }
  recipe.releases = std::move(all);
}

}  // namespace envlock::bench
