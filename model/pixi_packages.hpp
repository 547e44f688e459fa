#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/foreign_fields.hpp"
#include "model/foreign_lock.hpp"

// The `packages` of a pixi.lock. Private to model/.

namespace envlock {

/// Reads the list of packages into a ForeignLock, and finds what an environment selects of it.
class PixiPackages {
 public:
  enum class Kind : std::uint8_t { conda, pypi, source };
  /// @param version  4 to 7
  PixiPackages(ForeignLock& lock, const YamlReader& yaml, unsigned version)
      : lock_(lock), yaml_(yaml), version_(version) {}

  void read(const YamlNode& list);

  /// Appends the package that an item of an environment's list names to those of `platform`.
  /// @throws InputError where there is none, more than one, or one for another platform
  void select(const YamlNode& item, ForeignPlatform& platform) const;

 private:
  struct Place {
    Kind kind = Kind::conda;
    std::size_t index = 0;
  };
  /// How an entry, or an item that selects one, names it.
  struct Location {
    Kind kind = Kind::conda;
    std::string text;
    std::string key;  ///< Unique to kind and text.
    const YamlEntry* entry = nullptr;
  };

  [[nodiscard]] Location locate(const YamlNode& node) const;
  void read_entry(const YamlNode& node);
  void read_conda(const YamlNode& node, const Location& location);
  [[nodiscard]] const ForeignPackage* same_location(const Location& location) const;
  bool read_conda_field(const YamlEntry& entry, ForeignPackage& package, bool& noarch) const;
  void read_pypi(const YamlNode& node, const Location& location);
  void read_source(const YamlNode& node, const Location& location);
  void skip(const YamlEntry& entry, bool known);
  void remember(const Location& location, Place place, const YamlNode& node);
  [[nodiscard]] bool fits(const YamlNode& item, const Place& place) const;

  ForeignLock& lock_;
  const YamlReader& yaml_;
  unsigned version_;
  std::set<std::string> unread_;
  std::unordered_map<std::string, std::vector<Place>> places_;
};

}  // namespace envlock
