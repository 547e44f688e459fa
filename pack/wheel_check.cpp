#include "pack/wheel_check.hpp"

#include <map>
#include <string_view>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"
#include "pack/package_archive.hpp"

namespace envlock {
namespace {

/// Holds each file against RECORD.
class RecordVisitor final : public ArchiveVisitor {
 public:
  RecordVisitor(const WheelContent& content, const std::string& file_name) : file_name_(file_name) {
    for (const PackagePath& path : content.info.paths) {
      if (path.sha256) said_.emplace(path.path, *path.sha256);
    }
  }

  void begin(const ArchiveEntry& entry) override {
    path_ = entry.kind == ArchiveEntry::Kind::file ? entry.path : std::string();
    hasher_ = Sha256Hasher();
  }
  void content(std::span<const std::byte> bytes) override { hasher_.update(bytes); }
  void end() override {
    const auto said = said_.find(path_);
    if (path_.empty() || said == said_.end()) return;
    const Sha256 found = hasher_.finish();
    if (found == said->second) return;
    throw TrustError("'" + file_name_ + "': '" + printable(path_, 300) + "' has sha256 " +
                         found.hex() + ", its RECORD says " + said->second.hex(),
                     "the wheel was changed after it was built: build it anew");
  }

 private:
  const std::string& file_name_;
  std::map<std::string, Sha256> said_;
  std::string path_;
  Sha256Hasher hasher_;
};

}  // namespace

void require_sound_wheel(const std::filesystem::path& file, const std::string& file_name,
                         const std::stop_token& stop) {
  const PackageArchive archive(file, file_name);
  const WheelContent content = archive.read_wheel();
  const auto name = parse_wheel_name(file_name);
  if (!name || project_key(name->name) != project_key(content.wheel.name) ||
      python_version_key(name->version) != python_version_key(content.wheel.version))
    throw TrustError("'" + file_name + "' is not what its name says: its METADATA names '" +
                         printable(content.wheel.name, 200) + ' ' +
                         printable(content.wheel.version, 200) + "'",
                     "give the file the name that its builder gave it");
  RecordVisitor visitor(content, file_name);
  archive.read_content(content.info, visitor, stop);
}

}  // namespace envlock
