#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/lookalike/recipe.hpp"

namespace envlock::bench {

/// How many made-up packages of each sort; with these numbers the channel has about as many names
/// and records as conda-forge.
struct Size {
  std::size_t libraries = 4600;  ///< Compiled libraries and programs.
  std::size_t pythons = 19800;   ///< Python packages, a fifth of them compiled.
  std::size_t rs = 3000;         ///< R packages.
  [[nodiscard]] Size times(double scale) const;
};

/// Numbers that depend on the seed and a place alone.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t place) : state_(seed * 0x9E3779B97F4A7C15U ^ place) {}
  std::uint64_t next();
  /// In [0, end); 0 where `end` is 0.
  std::size_t below(std::size_t end);
  /// In [0, 1).
  double share();
  bool chance(double probability) { return share() < probability; }
  /// In [0, end), small ones far more often: which of many names, the popular first, is needed.
  std::size_t popular(std::size_t end);

 private:
  std::uint64_t state_;
};

/// A name that looks like those of its sort ("lib", "py", "r-"), different for every `place`.
std::string made_name(const std::string& sort, std::uint64_t place, std::uint64_t seed);

/// A history of `count` releases between two days, versions ascending.
std::vector<fixtures::Release> history(Dice& dice, std::size_t count, fixtures::Day from,
                                       fixtures::Day to);

/// Patch releases between those that a recipe has, `more` behind each.
void deepen(fixtures::Recipe& recipe, std::size_t more);

/// The recipes of the look-alike channel, deeper, and around them as many made-up ones as `size`
/// says. A larger size only adds recipes: the first ones stay the same, so that a request has the
/// same answer.
std::vector<fixtures::Recipe> ecosystem(const Size& size, std::uint64_t seed);

/// Towers of packages that meet at libraries far below what is asked for. `strata-app` and
/// `basalt-app` want one library in another series each; `karst-app` and `schist-app` have older
/// and newer releases with other wants, of which no two agree, so that only a search finds that
/// out.
std::vector<fixtures::Recipe> towers();

}  // namespace envlock::bench
