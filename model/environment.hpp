#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/platform.hpp"

namespace envlock {

/// One line of a `dependencies:` or `pip:` list.
struct RequestedSpec {
  std::string text;  ///< As the user wrote it, without selector comment.
  SourcePlace place;
  /// The expression of the selector (`# [linux]`, `sel(win):`) that limits it; nothing: every
  /// platform. `specs_for` evaluates it.
  std::optional<std::string> selector;
};

/// A channel as a file or the command line names it.
struct RequestedChannel {
  std::string text;
  SourcePlace place;
};

/// What one or several environment.yml files ask for (CEP 24, CF 5.1), before any channel is
/// resolved.
struct Environment {
  struct File {
    std::string path;  ///< As given on the command line.
    std::vector<RequestedSpec> specs;
    std::vector<RequestedSpec> pip;
  };
  std::string name;
  std::vector<File> files;
  std::vector<RequestedChannel>
      channels;                     ///< Priority order, duplicates dropped, `nodefaults` gone.
  std::vector<Platform> platforms;  ///< Of the `platforms:` keys; empty: not said.
  std::map<std::string, std::string> variables;
  SourcePlace name_place;
  SourcePlace platforms_place;
  std::map<std::string, SourcePlace> variable_places;  ///< Of every key of `variables`.
  std::vector<std::string> notices;                    ///< "environment.yml:3: 'prefix' is ignored"

  /// All conda specs that hold for `platform`, in file order.
  [[nodiscard]] std::vector<RequestedSpec> specs_for(const Platform& platform) const;
  [[nodiscard]] std::vector<RequestedSpec> pip_for(const Platform& platform) const;
};

/// Reads one environment.yml. `path` only names the file in messages.
/// @throws InputError (exit 3) with line, expected and found for every fault of CF 5.1's traps and
/// TV Y01-Y06
Environment parse_environment(std::string_view yaml, const std::string& path);

/// Several files into one: specs and pip lists append in order; the channels come in an order that
/// agrees with every file (an order that two files contradict is an InputError naming both lines);
/// equal `name`s and `variables` or an InputError; platforms: the common ones, and an InputError
/// where nothing is common.
Environment merge_environments(std::vector<Environment> parts);

}  // namespace envlock
