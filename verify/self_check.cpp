#include "verify/self_check.hpp"

#include <map>

#include "model/entry_point.hpp"
#include "verify/conda_meta_check.hpp"

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
  return file;
}

Finding record_finding(std::string_view rule, const RecordFile& file) {
  Finding finding = make_finding(verify_rules(), rule, file.path);
  finding.sha256 = file.sha256;
  return finding;
}

}  // namespace

SelfStatement read_self_statement(int prefix_fd, BeneathMethod method) {
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
    const std::string& name = file.record->record.name;
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
    packages.push_back({r.name, r.version, r.build, r.sha256.value_or(Sha256()), true});
  }
  out.tree =
      std::make_unique<ExpectedTree>(std::move(files), std::move(packages), out.site_packages);
  return out;
}

}  // namespace envlock
