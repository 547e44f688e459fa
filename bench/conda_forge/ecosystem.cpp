#include "bench/conda_forge/ecosystem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "fixtures/lookalike/record.hpp"

namespace envlock::bench {
namespace {

using fixtures::Day;
using fixtures::Kind;
using fixtures::Line;
using fixtures::Recipe;
using fixtures::Release;

constexpr std::size_t usual_libraries = 1800;  // of those that R and Python packages link with
const Day first_day = fixtures::day_of(2020, 11, 20);

/// The part of a version that a bound names: "2.3.4" -> "2.3" for two parts.
std::string cut(const std::string& version, std::size_t parts) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts && at != std::string::npos; ++i) {
    at = version.find('.', at == 0 ? 0 : at + 1);
  }
  return version.substr(0, at);
}

std::string next_major(const std::string& version) {
  return std::to_string(std::stoull(cut(version, 1)) + 1);
}

/// Builds the made-up recipes one after the other; each may need those before it.
class Ecosystem {
 public:
  Ecosystem(const Size& size, std::uint64_t seed) : size_(size), seed_(seed) {}

  std::vector<Recipe> all() {
    add_lookalike();
    for (std::size_t i = 0; i < size_.libraries; ++i) add_library(i);
    add_r_base();
    for (std::size_t i = 0; i < size_.rs; ++i) add_r(i);
    for (std::size_t i = 0; i < size_.pythons; ++i) add_python(i);
    for (Recipe& recipe : towers()) recipes_.push_back(std::move(recipe));
    return std::move(recipes_);
  }

 private:
  struct Known {
    std::string name;
    std::vector<Release> releases;
  };

  void add_lookalike() {
    for (const char* text :
         {fixtures::base_recipes, fixtures::program_recipes, fixtures::python_recipes,
          fixtures::science_recipes, fixtures::jupyter_recipes, fixtures::noarch_recipes,
          fixtures::gpu_recipes}) {
      for (Recipe& recipe : fixtures::read_recipes(text)) {
        deepen(recipe, 4);
        const bool is_for_all = recipe.platforms == "all" || recipe.platforms == "unix";
        if (is_for_all && names_.insert(recipe.name).second) {
          if (recipe.kind == Kind::native && !recipe.exports.empty()) {
            libraries_.push_back({recipe.name, recipe.releases});
          } else if (recipe.kind == Kind::python || recipe.kind == Kind::noarch_python) {
            if (recipe.platforms == "all") pythons_.push_back({recipe.name, recipe.releases});
          }
        }
        names_.insert(recipe.name);
        recipes_.push_back(std::move(recipe));
      }
    }
  }

  Recipe started(const std::string& name, Kind kind, Dice& dice, double mean_releases) {
    Recipe recipe;
    recipe.name = name;
    recipe.kind = kind;
    recipe.license = std::vector<std::string>{"MIT",
                                              "BSD-3-Clause",
                                              "Apache-2.0",
                                              "GPL-3.0-or-later",
                                              "LGPL-2.1-or-later",
                                              "MPL-2.0"}[dice.popular(6)];
    recipe.size = static_cast<std::uint64_t>(4000.0 * std::exp(dice.share() * 7.0));
    const double where = dice.share();
    recipe.platforms = where < 0.72   ? "all"
                       : where < 0.90 ? "unix"
                       : where < 0.95 ? "linux"
                                      : "linux-64";
    if (kind == Kind::noarch_python || kind == Kind::noarch_generic) recipe.platforms = "all";
    // Many have few releases, few have many: an exponential of an exponential, cut at 160.
    const double draw = -std::log(1.0 - dice.share());
    const auto count = std::min<std::size_t>(
        160, 1 + static_cast<std::size_t>(mean_releases * std::pow(draw, 1.5) / 1.33));
    const Day span = fixtures::last_day - first_day;
    // Four of ten are alive; the others stopped some time ago.
    const Day last =
        dice.chance(0.4)
            ? fixtures::last_day - static_cast<Day>(dice.below(150))
            : first_day + 200 + static_cast<Day>(dice.below(static_cast<std::size_t>(span - 350)));
    const Day first =
        first_day + static_cast<Day>(dice.popular(static_cast<std::size_t>(last - first_day)));
    recipe.releases = history(dice, count, first, last);
    return recipe;
  }

  /// Some of `known`, the popular ones most often, none twice.
  /// @param most  how many of them are drawn from: what a larger size adds must not change what is
  ///   there without it
  static std::vector<const Known*> some(
      Dice& dice, const std::vector<Known>& known, std::size_t count,
      std::size_t most = std::numeric_limits<std::size_t>::max()) {
    std::vector<const Known*> chosen;
    for (std::size_t i = 0; i < count && !known.empty(); ++i) {
      const Known* one = &known[dice.popular(std::min(known.size(), most))];
      if (std::find(chosen.begin(), chosen.end(), one) == chosen.end()) chosen.push_back(one);
    }
    return chosen;
  }

  static Line links_to(Dice& dice, const std::vector<const Known*>& libraries) {
    Line line;
    line.specs.push_back("c");
    if (dice.chance(0.6)) line.specs.push_back("cxx");
    for (const Known* library : libraries) line.specs.push_back(library->name);
    return line;
  }

  void add_library(std::size_t i) {
    Dice dice(seed_, 0x1000000U + i);
    const bool is_program = dice.chance(0.45);
    const std::string name = made_name(is_program ? "" : "lib", i, seed_);
    if (!names_.insert(name).second) return;
    Recipe recipe = started(name, Kind::native, dice, 22.0);
    recipe.links.push_back(links_to(dice, some(dice, libraries_, dice.below(7))));
    if (!is_program) {
      const double pin = dice.share();
      recipe.exports.push_back({{}, {pin < 0.45 ? "major" : pin < 0.85 ? "minor" : "patch"}});
    }
    add_constrains(dice, recipe, libraries_);
    if (!is_program && recipe.platforms == "all") libraries_.push_back({name, recipe.releases});
    recipes_.push_back(std::move(recipe));
  }

  void add_r_base() {
    Recipe recipe;
    recipe.name = "r-base";
    recipe.license = "GPL-2.0-or-later";
    recipe.size = 26000000;
    recipe.platforms = "all";
    Day day = first_day;
    for (const char* version : {"4.0.3", "4.0.5", "4.1.0", "4.1.3", "4.2.0", "4.2.3", "4.3.0",
                                "4.3.1", "4.3.3", "4.4.1", "4.4.2", "4.4.3", "4.5.1", "4.5.2"}) {
      recipe.releases.push_back({version, day});
      day += (fixtures::last_day - first_day) / 15;
    }
    recipe.links.push_back({{}, {"c", "cxx", "libzlib", "libcurl"}});
    recipe.exports.push_back({{}, {"minor"}});
    names_.insert(recipe.name);
    recipes_.push_back(std::move(recipe));
  }

  void add_r(std::size_t i) {
    Dice dice(seed_, 0x2000000U + i);
    const std::string name = made_name("r-", i * 3 + 1, seed_);
    if (!names_.insert(name).second) return;
    Recipe recipe = started(name, Kind::native, dice, 13.0);
    recipe.build_prefix = "r";
    recipe.links.push_back({{}, {"r-base"}});
    if (dice.chance(0.4))
      recipe.links.push_back(
          links_to(dice, some(dice, libraries_, dice.below(3), usual_libraries)));
    Line runs;
    for (const Known* needed : some(dice, rs_, dice.below(8))) {
      runs.specs.push_back(needed->name + needs(dice, *needed, recipe.releases.front().day, false));
    }
    if (!runs.specs.empty()) recipe.runs.push_back(runs);
    if (recipe.platforms == "all") rs_.push_back({name, recipe.releases});
    recipes_.push_back(std::move(recipe));
  }

  /// What a package of that day asks of another: "", " >=1.2" or " >=1.2,<2".
  static std::string needs(Dice& dice, const Known& needed, Day day, bool compiled) {
    const Release* used = nullptr;
    for (const Release& release : needed.releases) {
      if (release.day <= day) used = &release;
    }
    const double form = dice.share();
    if (used == nullptr || form < 0.24) return "";
    const std::string& version = used->version;
    const std::string least =
        cut(needed.releases[dice.below(static_cast<std::size_t>(used - needed.releases.data()) + 1)]
                .version,
            1 + dice.below(3));
    if (form < (compiled ? 0.70 : 0.82)) return " >=" + least;
    if (form < 0.955) return " >=" + least + ",<" + next_major(version);
    if (form < 0.965) return " " + cut(version, 2) + ".*";
    if (form < 0.975) return " " + version;
    if (form < 0.990) return " >=" + least + ",!=" + version + ".1";
    return " <" + next_major(version);
  }

  void add_constrains(Dice& dice, Recipe& recipe, const std::vector<Known>& known) {
    if (!dice.chance(0.16)) return;
    Line line;
    for (const Known* other : some(dice, known, dice.chance(0.04) ? 25 : 1 + dice.below(3))) {
      line.specs.push_back(other->name + " >=" + other->releases.front().version);
    }
    recipe.constrains.push_back(line);
  }

  void add_python(std::size_t i) {
    Dice dice(seed_, 0x3000000U + i);
    const std::string name = made_name(dice.chance(0.2) ? "py" : "", i + 20000, seed_);
    if (!names_.insert(name).second) return;
    const bool compiled = dice.chance(0.2);
    Recipe recipe =
        started(name, compiled ? Kind::python : Kind::noarch_python, dice, compiled ? 13.0 : 11.0);
    if (compiled) {
      recipe.links.push_back(
          links_to(dice, some(dice, libraries_, dice.below(4), usual_libraries)));
      if (dice.chance(0.4)) recipe.links.back().specs.push_back("numpy");
    }
    add_runs(dice, recipe, compiled);
    add_constrains(dice, recipe, pythons_);
    const bool has_variants = compiled && i % 40 == 7;
    if (recipe.platforms == "all" && !has_variants) pythons_.push_back({name, recipe.releases});
    if (has_variants) add_cuda_variant(recipe);
    recipes_.push_back(std::move(recipe));
  }

  /// The needs of a package, which it changes two or three times in its life.
  void add_runs(Dice& dice, Recipe& recipe, bool compiled) const {
    const std::vector<const Known*> needed =
        some(dice, pythons_, compiled ? dice.below(6) : 1 + dice.below(dice.chance(0.2) ? 16 : 6));
    const std::size_t count = recipe.releases.size();
    const std::size_t eras = std::min<std::size_t>(count, 1 + dice.below(4));
    for (std::size_t era = 0; era < eras; ++era) {
      const Release& first = recipe.releases[count * era / eras];
      Line line;
      if (era > 0) line.when.push_back(">=" + first.version);
      if (era + 1 < eras)
        line.when.push_back("<" + recipe.releases[count * (era + 1) / eras].version);
      const Day last = era + 1 < eras ? recipe.releases[count * (era + 1) / eras].day
                                      : recipe.releases.back().day;
      for (const Known* other : needed) {
        line.specs.push_back(other->name + needs(dice, *other, last, compiled));
      }
      if (!line.specs.empty()) recipe.runs.push_back(line);
    }
  }

  /// The same package for CUDA on Linux; a mutex package keeps the two apart.
  void add_cuda_variant(Recipe& recipe) {
    Recipe cuda = recipe;
    recipe.build_prefix = "cpu_";
    recipe.runs.push_back({{}, {"array-proc 1.0 cpu_*"}});
    cuda.platforms = "linux-64";
    cuda.build_prefix = "cuda_";
    cuda.first_build_number = 200;
    cuda.runs.push_back({{}, {"array-proc 1.0 cuda_*", "cuda-version >=12.4,<13.0a0", "__cuda"}});
    recipes_.push_back(std::move(cuda));
    if (!names_.insert("array-proc").second) return;
    for (const char* build : {"cpu", "cuda"}) {
      Recipe mutex;
      mutex.name = "array-proc";
      mutex.license = "BSD-3-Clause";
      mutex.size = 4000;
      mutex.platforms = build == std::string("cpu") ? "all" : "linux-64";
      mutex.releases = {{"1.0", first_day}};
      mutex.build_prefix = std::string(build) + "_";
      recipes_.push_back(std::move(mutex));
    }
  }

  Size size_;
  std::uint64_t seed_;
  std::vector<Recipe> recipes_;
  std::vector<Known> libraries_, pythons_, rs_;  ///< The popular first.
  std::unordered_set<std::string> names_;
};

}  // namespace

Size Size::times(double scale) const {
  const auto scaled = [&](std::size_t count) {
    return static_cast<std::size_t>(static_cast<double>(count) * scale);
  };
  return {scaled(libraries), scaled(pythons), scaled(rs)};
}

std::vector<Recipe> ecosystem(const Size& size, std::uint64_t seed) {
  return Ecosystem(size, seed).all();
}

std::vector<Recipe> towers() {
  std::vector<Recipe> recipes;
  Dice dice(7, 7);
  for (const std::string name : {"libbedrock", "libgranite"}) {
    Recipe library;
    library.name = name;
    library.license = "MIT";
    library.size = 900000;
    library.platforms = "all";
    for (int i = 6; i < 30; ++i) {
      library.releases.push_back(
          {std::to_string(i / 6) + "." + std::to_string(i % 6) + ".0", first_day + 80 * i});
    }
    library.links.push_back({{}, {"c"}});
    recipes.push_back(std::move(library));
  }
  // What the lowest layer of each tower needs, its older releases and its newer ones.
  struct Tower {
    std::string name;
    std::vector<std::string> older, newer;
  };
  const std::string low = " >=1.2,<3.0a0", high = " >=3.1";
  const std::vector<Tower> towers = {{"strata", {"libbedrock" + low}, {"libbedrock" + low}},
                                     {"basalt", {"libbedrock" + high}, {"libbedrock" + high}},
                                     {"karst",
                                      {"libbedrock" + low, "libgranite" + high},
                                      {"libbedrock" + high, "libgranite" + low}},
                                     {"schist",
                                      {"libbedrock" + low, "libgranite" + low},
                                      {"libbedrock" + high, "libgranite" + high}}};
  for (const Tower& tower : towers) {
    std::vector<std::string> older = tower.older, newer = tower.newer;
    for (const std::string layer : {"kernel", "types", "memory", "stream", "store", "query",
                                    "model", "session", "service", "app"}) {
      Recipe recipe;
      recipe.name = tower.name + "-" + layer;
      recipe.license = "MIT";
      recipe.size = 90000;
      recipe.platforms = "all";
      recipe.kind = layer.size() % 2 == 0 ? Kind::noarch_python : Kind::python;
      recipe.releases = history(dice, 30, first_day + 500, fixtures::last_day - 100);
      if (recipe.kind == Kind::python) recipe.links.push_back({{}, {"c"}});
      const std::string middle = recipe.releases[recipe.releases.size() / 2].version;
      recipe.runs.push_back({{}, {"packaging", "attrs"}});
      recipe.runs.push_back({{"<" + middle}, older});
      recipe.runs.push_back({{">=" + middle}, newer});
      older = {recipe.name + " >=" + recipe.releases[5].version + ",<" + middle};
      newer = {recipe.name + " >=" + middle};
      recipes.push_back(std::move(recipe));
    }
  }
  return recipes;
}

}  // namespace envlock::bench
