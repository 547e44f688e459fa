#include "tests/verify/made_prefix.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>

#include "model/prefix_record.hpp"
#include "model/relocation.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;

const std::string placeholder = "/opt/" + std::string(240, 'p');

std::string relocated(const PlaceholderUse& use, const std::string& packaged,
                      const std::string& prefix, PlaceholderUse* found = nullptr) {
  std::string out;
  Relocator relocator(use.placeholder, use.mode, prefix, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  relocator.feed(std::as_bytes(std::span(packaged.data(), packaged.size())));
  PlaceholderUse told = relocator.finish();
  if (found != nullptr) *found = std::move(told);
  return out;
}

void append_number(std::string& out, std::uint32_t number) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out += static_cast<char>((number >> shift) & 255U);
}

}  // namespace

MadePrefix::MadePrefix(const std::string& name)
    : name_(name),
      baseline_{.platform = *Platform::parse("linux-64"),
                .lock_sha256 = sha256_of("lock"),
                .site_packages = "lib/python3.11/site-packages",
                .packages = {},
                .files = {},
                .variables = {}} {
  const mode_t before = ::umask(022);
  add_package("libzed");
  add_file("lib/libzed.so.1.3",
           "\x7f"
           "ELF zed");
  add_link("lib/libzed.so.1", "libzed.so.1.3");
  add_file(
      "share/zed/prefix.bin",
      std::string("a\0", 2) + placeholder + "/lib:" + placeholder + std::string("/share\0z", 8),
      false, PlaceholderMode::binary);
  add_package("python");
  add_file("bin/python3.11",
           "\x7f"
           "ELF python",
           true);
  add_link("bin/python", "python3.11");
  add_file("lib/python3.11/os.py", "name = 'posix'\n");
  add_file("lib/python3.11/site-packages/numpy/__init__.py", "x = 1\n");
  add_file("lib/python3.11/site-packages/numpy-1.0.dist-info/METADATA", "Name: numpy\n");
  add_package("tool");
  add_file("bin/tool", "#!" + placeholder + "/bin/python3.11\nprint(1)\n", true);
  add_file("bin/.tool-post-link.sh", "echo linked\n", true);
  add_file("etc/tool.conf", "root = " + placeholder + "/share\n");
  add_file("etc/conda/activate.d/tool.sh", "export TOOL=1\n");
  std::ranges::sort(baseline_.files, {}, &BaselineFile::path);
  write_records();
  write("conda-meta/history", "==> 2026-01-01 00:00:00 <==\n");
  ::umask(before);
}

void MadePrefix::add_package(const std::string& name) {
  baseline_.packages.push_back({.name = name,
                                .version = "1.0",
                                .build = "0",
                                .subdir = "linux-64",
                                .channel = "main",
                                .fn = name + "-1.0-0.conda",
                                .sha256 = sha256_of(name)});
}

void MadePrefix::add_file(const std::string& file, const std::string& packaged, bool executable,
                          PlaceholderMode mode) {
  BaselineFile entry;
  entry.path = file;
  entry.package = baseline_.packages.size() - 1;
  entry.executable = executable;
  entry.size_bytes = packaged.size();
  entry.sha256 = sha256_of(packaged);
  entry.role = role_of(file);
  std::string content = packaged;
  if (packaged.find(placeholder) != std::string::npos) {
    PlaceholderUse use;
    use.placeholder = placeholder;
    use.mode = mode;
    content = relocated(use, packaged, fs::canonical(dir_.path()).string() + "/" + name_, &use);
    entry.placeholder = use;
  }
  write(file, content, executable);
  baseline_.files.push_back(std::move(entry));
}

void MadePrefix::add_link(const std::string& file, const std::string& target) {
  BaselineFile entry;
  entry.path = file;
  entry.package = baseline_.packages.size() - 1;
  entry.type = PathType::link;
  entry.target = target;
  link(file, target);
  baseline_.files.push_back(std::move(entry));
}

void MadePrefix::write_records() const {
  for (std::size_t i = 0; i < baseline_.packages.size(); ++i) {
    const BaselinePackage& package = baseline_.packages[i];
    PrefixRecord record;
    record.record.name = package.name;
    record.record.version = package.version;
    record.record.build = package.build;
    record.record.subdir = package.subdir;
    record.record.fn = package.fn;
    record.record.channel_url = "https://repo.example/main";
    record.record.url = "https://repo.example/main/linux-64/" + package.fn;
    record.record.sha256 = package.sha256;
    for (const BaselineFile& file : baseline_.files) {
      if (file.package != i) continue;
      PrefixPath& told = record.paths.emplace_back();
      told.path = file.path;
      if (file.type == PathType::link) {
        told.kind = PrefixPath::Kind::link;
      } else {
        told.sha256 = file.sha256;
        told.sha256_in_prefix = sha256_of(read_file(path() / file.path));
        told.size_bytes = file.size_bytes;
        if (file.placeholder) {
          told.placeholder = file.placeholder->placeholder;
          told.placeholder_mode = file.placeholder->mode;
        }
      }
    }
    write("conda-meta/" + prefix_record_file_name(record.record), write_prefix_record(record));
  }
}

fs::path MadePrefix::write(std::string_view file, std::string_view text, bool executable) const {
  const mode_t before = ::umask(022);
  fs::path written = dir_.write(name_ + "/" + std::string(file), text);
  ::umask(before);
  ::chmod(written.c_str(), executable ? 0755 : 0644);
  return written;
}

void MadePrefix::link(std::string_view at, std::string_view target) const {
  const fs::path place = path() / at;
  fs::create_directories(place.parent_path());
  fs::remove(place);
  fs::create_symlink(target, place);
}

std::string MadePrefix::compile(std::string_view source) const {
  struct stat facts {};
  const fs::path file = path() / source;
  if (::stat(file.c_str(), &facts) != 0) throw std::runtime_error("no source " + file.string());
  std::string code("\xa7\r\r\n\0\0\0\0", 8);
  append_number(code, static_cast<std::uint32_t>(facts.st_mtim.tv_sec));
  append_number(code, static_cast<std::uint32_t>(facts.st_size));
  code += "\xe3marshalled";
  std::string to = fs::path(source).parent_path().string() + "/__pycache__/" +
                   file.stem().string() + ".cpython-311.pyc";
  write(to, code);
  return to;
}

VerifyRequest MadePrefix::request(std::size_t threads) const {
  return {.prefix = path().string(),
          .threads = threads,
          .is_private_group = [](uid_t owner, gid_t group) { return owner == group; }};
}

VerifyResult MadePrefix::verify(std::size_t threads) const {
  return verify_prefix(request(threads), baseline_);
}

VerifyResult MadePrefix::verify_itself() const { return verify_prefix_by_itself(request()); }

std::vector<std::string> brief(const VerifyResult& result) {
  std::vector<std::string> lines;
  for (const Finding& finding : result.findings) lines.push_back(finding.rule + ' ' + finding.path);
  return lines;
}

Finding only(const VerifyResult& result) {
  if (result.findings.size() == 1) return result.findings.front();
  std::string all = std::to_string(result.findings.size()) + " findings";
  for (const Finding& f : result.findings)
    all += "\n  " + f.rule + ' ' + f.path + ' ' + f.package + ": " + f.message + ": " + f.expected +
           " / " + f.found;
  throw std::runtime_error(all);
}

}  // namespace envlock::test
