#include "tests/model/lock_sample.hpp"

#include <catch2/catch.hpp>

namespace envlock::test {

LockedPackage locked_package(const std::string& name, const std::string& version,
                             const std::string& build, const std::string& subdir,
                             const std::string& channel_url) {
  LockedPackage package;
  PackageRecord& record = package.record;
  record.name = name;
  record.version = version;
  record.build = build;
  record.subdir = subdir;
  record.channel_url = channel_url;
  record.fn = name + "-" + version + "-" + build + ".conda";
  record.url = channel_url + "/" + subdir + "/" + percent_encode_segment(record.fn);
  record.sha256 = sha256_of(record.fn);
  package.channel = "conda-forge";
  return package;
}

Lockfile small_lock() {
  Lockfile lock;
  lock.inputs.files.push_back({"environment.yml", {"numpy", "python=3.12"}, {}, {}, {}, {}});
  lock.inputs.channels.push_back(
      {"conda-forge", "https://conda.anaconda.org/conda-forge", "sha256", "", {}});
  lock.channels.push_back({"conda-forge", "https://conda.anaconda.org/conda-forge", "sha256", {}});
  LockPlatform& linux64 = lock.platforms[*Platform::parse("linux-64")];
  linux64.virtual_packages = {{"__glibc", "2.28", "0"}, {"__linux", "5.10", "0"}};
  LockedPackage numpy = locked_package("numpy", "2.1.0", "py312h1");
  numpy.record.size = 8'000'000;
  numpy.record.timestamp_ms = 1'724'035'862'000;
  numpy.record.license = "BSD-3-Clause";
  numpy.record.depends = {"__glibc >=2.17,<3.0.a0", "python >=3.12,<3.13.0a0"};
  numpy.record.constrains = {"numpy-base <0a0"};
  numpy.requested = true;
  LockedPackage python = locked_package("python", "3.12.5", "h2_0_cpython");
  python.record.build_number = 2;
  python.record.depends = {"tzdata"};
  python.requested = true;
  LockedPackage tzdata = locked_package("tzdata", "2024a", "h0c530f3_0", "noarch");
  tzdata.record.md5 = Md5::parse("161081fc7cec0bfda0d86d7cb595f8d8");
  tzdata.record.noarch = NoArch::generic;
  linux64.packages = {numpy, python, tzdata};
  return lock;
}

Lockfile full_lock() {
  Lockfile lock = small_lock();
  const Platform linux64 = *Platform::parse("linux-64");
  const Platform osx = *Platform::parse("osx-arm64");
  lock.complete = false;
  lock.incomplete = {"the 'pip:' list of environment.yml"};
  lock.variables = {{"MODE", "a \"b\"\n"}};
  LockInputs& inputs = lock.inputs;
  inputs.files[0].platform_specs[linux64] = {"tzdata"};
  inputs.files[0].pip = {"requests>=2"};
  inputs.files[0].platform_pip[osx] = {"./local"};
  inputs.channels.push_back({"mine", "../mine", "signed", "7d", {"linux-64"}});
  inputs.spec_channels = {{"extra", "https://example.org/extra", "sha256", "", {}}};
  inputs.platforms = {linux64, osx};
  inputs.virtual_packages[linux64] = {{"__cuda", "12.4", "0"}};
  inputs.virtual_packages[osx] = {};
  inputs.channel_priority = ChannelPriority::flexible;
  inputs.exclude_newer = ExcludeNewer{"7d", Instant{1'769'860'800'000}};
  inputs.denied = {"evil"};
  inputs.owns["mine"] = {"acme-*"};
  inputs.same_versions_as = "base";
  inputs.keep_records_without_timestamp = true;
  inputs.pypi_indexes = {{"https://pypi.acme.example/simple", {"acme-*", "tool"}},
                         {"https://mirror.example/simple", {}}};
  inputs.pypi_names = {{"mkl", {}}, {"pytorch", {"torch"}}};
  lock.channels.push_back({"extra", "https://example.org/extra", "sha256", {}});
  lock.channels.push_back({"mine", "../mine", "signed", {"../base", "https://example.org/p"}});
  lock.platforms[osx] = lock.platforms[linux64];
  for (LockedPackage& package : lock.platforms[osx].packages) {
    if (package.record.subdir == "noarch") continue;
    package = [&] {
      LockedPackage other = locked_package(package.record.name, package.record.version,
                                           package.record.build, "osx-arm64");
      other.record.depends = package.record.depends;
      other.requested = true;
      return other;
    }();
  }
  LockPlatform& content = lock.platforms[linux64];
  LockedPackage tool =
      locked_package("acme-tool", "1!2.0+x", "0", "linux-64", "file:///home/me/mine");
  tool.channel = "mine";
  tool.record.indexed_timestamp_ms = 1'700'000'000'000;
  tool.record.track_features = {"mkl"};
  tool.signed_by = {"RWQf6LRCGA9i53mlYecO4IzT"};
  LockedPackage library = tool;
  library.record.name = "acme-lib";
  library.record.fn = "acme-lib-1-0.tar.bz2";
  library.record.url = "file:///home/me/base/acme-lib-1-0.tar.bz2";
  library.record.noarch = NoArch::python;
  library.record.python_site_packages_path = "lib/python3.12/site-packages";
  content.packages.insert(content.packages.begin(), {library, tool});
  LockedPypi wheel;
  wheel.name = "requests";
  wheel.version = "2.32.3";
  wheel.url = "https://files.pythonhosted.org/packages/requests-2.32.3-py3-none-any.whl";
  wheel.sha256 = sha256_of("wheel");
  wheel.size = 64'928;
  wheel.requires_dist = {"idna<4,>=2.5"};
  wheel.requested = true;
  LockedPypi project;
  project.name = "local";
  project.version = "0.1";
  project.path = "./local";
  project.metadata_sha256 = sha256_of("metadata").hex();
  content.pypi = {project, wheel};
  return lock;
}

std::string lock_refusal(const std::string& text) {
  try {
    (void)read_lockfile(text, "envlock.lock", lock_dir);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  INFO("replacing " << from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace envlock::test
