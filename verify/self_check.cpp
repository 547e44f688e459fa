#include "verify/self_check.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include "model/activation.hpp"
#include "model/entry_point.hpp"
#include "model/error.hpp"
#include "model/lockfile.hpp"
#include "model/relocation.hpp"
#include "verify/conda_meta_check.hpp"
#include "verify/conda_state_check.hpp"
#include "verify/packed_files.hpp"
#include "verify/script_claims.hpp"

namespace envlock {
namespace {

ExpectedFile expected_of(const PrefixPath& path, std::size_t package) {
  ExpectedFile file;
  file.path = path.path;
  file.package = package;
  switch (path.kind) {
    case PrefixPath::Kind::link:
      file.type = PathType::link;  // the link's text is in no record, and its hashes mean nothing
      return file;
    case PrefixPath::Kind::directory:
      file.type = PathType::directory;
      return file;
    case PrefixPath::Kind::pyc:
      file.is_byte_code = true;
      file.may_be_missing = true;
      return file;
    case PrefixPath::Kind::file:
    case PrefixPath::Kind::entry_point:
    case PrefixPath::Kind::other:
      break;
  }
  const bool is_relocated =
      !path.placeholder.empty() || (path.sha256_in_prefix && path.sha256_in_prefix != path.sha256);
  if (path.sha256_in_prefix) {
    file.sha256 = path.sha256_in_prefix;
  } else if (path.placeholder.empty()) {
    file.sha256 = path.sha256;
  }
  // The size is the packaged file's, which is the installed one's only where nothing was replaced;
  // micromamba does not say whether something was, but then the hashes differ.
  if (!is_relocated && path.sha256 && path.sha256_in_prefix) file.size_bytes = path.size_bytes;
  file.is_byte_code = is_byte_code_name(file.path);
  file.may_be_missing = file.is_byte_code && name_of(folder_of(file.path)) == "__pycache__";
  return file;
}

Finding record_finding(std::string_view rule, const RecordFile& file) {
  Finding finding = make_finding(verify_rules(), rule, file.path);
  finding.sha256 = file.sha256;
  return finding;
}

/// A prefix to read from.
struct OpenedPlace {
  int fd;
  const std::string& path;
  BeneathMethod method;
};

constexpr std::size_t max_lock_bytes = std::size_t{256} << 20U;

/// The variables of the lock that lies in the prefix; where it cannot be read, that is a finding.
void read_installed_lock(SelfStatement& out, int prefix_fd, BeneathMethod method) {
  const std::string path(installed_lock_file);
  const SmallFile file = read_small_file(prefix_fd, path, max_lock_bytes, method);
  if (!file.text && file.fault.empty()) return;
  std::string fault = file.fault;
  if (file.text) {
    try {
      out.variables = read_lockfile(*file.text, path, "/").variables;
      return;
    } catch (const InputError& error) {
      fault = error.what();
    }
  }
  Finding bad = make_finding(verify_rules(), "changed-lock", path);
  bad.expected = "the lock that the prefix was made from";
  bad.found = fault;
  bad.message = "the lock in the prefix cannot be read";
  if (file.text) bad.sha256 = sha256_of(*file.text);
  out.findings.push_back(std::move(bad));
}

/// The variables that activation sets: those that packages bring, and over them the lock's.
std::map<std::string, std::string> all_variables(const std::map<std::string, std::string>& of_lock,
                                                 int prefix_fd, BeneathMethod method) {
  const std::string folder = "etc/conda/env_vars.d";
  std::map<std::string, std::string> variables;
  std::vector<std::string> names;
  const UniqueFd fd = open_beneath(prefix_fd, folder, O_RDONLY | O_DIRECTORY, 0, method);
  if (fd && list_folder(fd.get(), names)) {
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (!name.ends_with(".json")) continue;
      const SmallFile file = read_small_file(fd.get(), name, max_lock_bytes, method);
      if (file.text) add_env_vars(*file.text, name, variables);
    }
  }
  for (const auto& [name, value] : of_lock) variables[name] = value;
  return variables;
}

/// What link scripts left, also in the place of a package's own file.
void expect_script_products(SelfStatement& statement, int prefix_fd, BeneathMethod method,
                            const std::map<std::string_view, std::size_t>& places,
                            std::vector<ExpectedFile>& files,
                            const std::vector<ExpectedPackage>& packages) {
  std::string fault;
  statement.products = read_products_of(prefix_fd, method, fault);
  for (const ScriptProduct& product : statement.products) {
    const auto owner = std::ranges::find(packages, product.package, &ExpectedPackage::name);
    if (owner == packages.end()) continue;
    const auto place = places.find(product.path);
    ExpectedFile& file = place == places.end() ? files.emplace_back() : files[place->second];
    file = {};
    file.path = product.path;
    file.package = static_cast<std::size_t>(owner - packages.begin());
    file.type = product.type;
    file.is_script_product = true;
    if (product.type == PathType::link) {
      file.target = product.target;
    } else {
      file.executable = product.executable;
      file.size_bytes = product.size_bytes;
      file.sha256 = product.sha256;
    }
  }
}

/// Where a script of the installer's names the prefix; its text is the same at each.
std::unique_ptr<PlaceholderUse> placeholder_use(const std::string& script) {
  Relocator relocator(std::string(generated_placeholder), PlaceholderMode::text, "/",
                      [](std::span<const std::byte>) {});
  relocator.feed(std::as_bytes(std::span(script)));
  return std::make_unique<PlaceholderUse>(relocator.finish());
}

/// What `install` adds of its own to a prefix, for this version of envlock. Where its variables
/// cannot be read, nothing is expected, and what is there is extra.
void expect_own_files(SelfStatement& statement, const OpenedPlace& place,
                      const std::map<std::string_view, std::size_t>& recorded,
                      std::vector<ExpectedFile>& files, std::vector<ExpectedPackage>& packages) {
  if (!statement.variables) return;
  std::array<std::string, 2> scripts;
  constexpr std::array shells{Shell::posix, Shell::fish};
  try {
    const auto variables = all_variables(*statement.variables, place.fd, place.method);
    for (std::size_t i = 0; i < shells.size(); ++i)
      scripts[i] = activation_script(shells[i], {.variables = variables});
  } catch (const InputError&) {
    return;
  }
  for (std::size_t i = 0; i < shells.size(); ++i) {
    const std::string_view path = activation_path(shells[i]);
    const std::string& text = scripts[i];
    if (recorded.contains(path)) continue;  // a package's own
    ExpectedFile& file = files.emplace_back();
    file.path = path;
    file.package = packages.size();
    file.executable = false;
    file.size_bytes = text.size();
    file.sha256 = sha256_of(text);
    file.placeholder = statement.placeholders.emplace_back(placeholder_use(text)).get();
  }
  packages.push_back({"envlock", "", "", {}, false});
}

}  // namespace

SelfStatement read_self_statement(int prefix_fd, const std::string& prefix, BeneathMethod method,
                                  const std::optional<Sha256>& program) {
  SelfStatement out;
  std::map<std::string, std::string> names;
  for_each_record(prefix_fd, method, [&](RecordFile& file) {
    if (!file.record) {
      if (file.fault.empty()) return;  // other tools keep JSON there, too
      Finding bad = record_finding("unreadable-record", file);
      bad.expected = "the record of a package";
      bad.found = file.fault;
      bad.message = "the record cannot be read, so its package is not checked";
      out.findings.push_back(std::move(bad));
      return;
    }
    const std::string name = distinct_name(file.record->record);
    const auto [first, is_new] = names.emplace(name, file.path);
    if (!is_new) {
      Finding twice = record_finding("duplicate-record", file);
      twice.expected = "one record of '" + name + "'";
      twice.found = "another one in " + first->second;
      twice.message = "two records of one package name";
      out.findings.push_back(std::move(twice));
      return;
    }
    out.records.push_back(std::move(*file.record));
  });
  std::vector<ExpectedFile> files;
  std::vector<ExpectedPackage> packages;
  std::map<std::string_view, std::size_t> places;
  for (const PrefixRecord& record : out.records) {
    const PackageRecord& r = record.record;
    if (r.name == "python")
      out.site_packages = site_packages_of(r.version, r.python_site_packages_path);
    for (const PrefixPath& path : record.paths) {
      ExpectedFile file = expected_of(path, packages.size());
      if (file.type == PathType::file && !file.is_byte_code && !file.sha256) ++out.without_hash;
      const auto [place, is_new] = places.emplace(path.path, files.size());
      // A path of two packages: it can only be the file of one of them, and the records do not say
      // whose. What they agree on is held against it.
      if (is_new) {
        files.push_back(file);
      } else if (files[place->second].sha256 != file.sha256) {
        files[place->second].sha256.reset();
        files[place->second].size_bytes.reset();
        ++out.without_hash;
      }
    }
    packages.push_back({distinct_name(r), r.version, r.build, r.sha256.value_or(Sha256()), true});
  }
  read_installed_lock(out, prefix_fd, method);
  expect_script_products(out, prefix_fd, method, places, files, packages);
  expect_own_files(out, {prefix_fd, prefix, method}, places, files, packages);
  PackedFiles packed = read_packed_files(prefix_fd, nullptr, program, method);
  out.packed = std::move(packed.files);
  out.choice = std::move(packed.choice);
  std::ranges::move(packed.findings, std::back_inserter(out.findings));
  if (!out.packed.empty()) {
    const std::size_t own = packages.size();
    packages.push_back({"envlock", "", "", {}, false});
    std::set<std::string_view> known;
    for (const ExpectedFile& file : files) known.insert(file.path);
    for (const BaselineFile& file : out.packed) {
      if (!known.contains(file.path)) files.push_back(expected_file(file, own));
    }
  }
  out.tree =
      std::make_unique<ExpectedTree>(std::move(files), std::move(packages), out.site_packages);
  return out;
}

}  // namespace envlock
