#include "pack/unpack_tree.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "pack/assemble.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_document_bytes = std::uint64_t{256} << 20U;

/// One file: its bytes as they come, as packaged, and as they will stand in the prefix. A pack that
/// was made for one place holds them as they stand there.
class FileOnItsWay {
 public:
  FileOnItsWay(const BaselineFile& expected, const std::string& packed_for,
               const std::string& prefix, std::unique_ptr<TreeSink::File> out)
      : out_(std::move(out)) {
    if (!expected.placeholder) return;
    const PlaceholderUse& use = *expected.placeholder;
    if (packed_for.empty() || packed_for != prefix) {
      relocator_.emplace(use.placeholder, use.mode, prefix,
                         [this](std::span<const std::byte> bytes) { put(bytes); });
    }
    if (!packed_for.empty()) {
      restorer_.emplace(use, packed_for, [this](std::span<const std::byte> bytes) {
        packaged_.update(bytes);
        if (relocator_) relocator_->feed(bytes);
      });
    }
  }
  FileOnItsWay(const FileOnItsWay&) = delete;
  FileOnItsWay& operator=(const FileOnItsWay&) = delete;

  void write(std::span<const std::byte> bytes) {
    if (restorer_) {
      restorer_->feed(bytes);
      if (!relocator_) put(bytes);
      return;
    }
    packaged_.update(bytes);
    if (relocator_) return relocator_->feed(bytes);
    out_->write(bytes);
  }

  /// @param in_prefix  gets the digest of what was written, where that is not the packaged bytes
  /// @return false where it is not the expected file
  bool finish(const BaselineFile& expected, Sha256& in_prefix) {
    if (restorer_ && !restorer_->finish()) return false;
    const Sha256 packaged = packaged_.finish();
    if (packaged != expected.sha256) return false;
    if (relocator_ && relocator_->finish().offsets != expected.placeholder->offsets) return false;
    if (relocator_ || restorer_) in_prefix = installed_.finish();
    out_->close();
    return true;
  }

 private:
  void put(std::span<const std::byte> bytes) {
    installed_.update(bytes);
    out_->write(bytes);
  }

  std::unique_ptr<TreeSink::File> out_;
  Sha256Hasher packaged_, installed_;
  std::optional<Relocator> relocator_;
  std::optional<Restorer> restorer_;
};

}  // namespace

class UnpackTree::Visitor final : public TarVisitor {
 public:
  explicit Visitor(UnpackTree& tree) : tree_(tree) {}

  void member(TarMember member) override {
    if (member.type == '5') {
      while (member.path.ends_with('/')) member.path.pop_back();
      if (!tree_.is_folder(member.path)) tree_.refuse(member.path, "no such folder is in it");
      return;
    }
    const auto document = tree_.head_.facts.documents.find(member.path);
    if (document != tree_.head_.facts.documents.end()) return begin_document(member);
    begin_file(member);
  }

  void data(std::span<const std::byte> bytes) override {
    if (file_) return file_->write(bytes);
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  void member_end() override {
    if (is_document_) return end_document();
    if (!file_) return;
    const BaselineFile& expected = tree_.head_.manifest.files[index_];
    if (!file_->finish(expected, tree_.sha256_in_prefix_[index_]))
      tree_.refuse(expected.path, "its content is another than the manifest's");
    file_.reset();
  }

 private:
  void begin_document(const TarMember& member) {
    if (tree_.document_bytes_.fetch_add(member.size_bytes) > max_document_bytes)
      tree_.refuse(member.path, "the documents of the pack are too large");
    if (member.type != '0' || member.size_bytes > max_document_bytes)
      tree_.refuse(member.path, "it is no file, or too large");
    is_document_ = true;
    text_.clear();
    path_ = member.path;
  }

  void end_document() {
    is_document_ = false;
    if (sha256_of(text_) != tree_.head_.facts.documents.at(path_))
      tree_.refuse(path_, "its content is another than the manifest's");
    if (!tree_.documents_.lock()->emplace(path_, std::move(text_)).second)
      tree_.refuse(path_, "it is there twice");
    text_.clear();
  }

  void begin_file(const TarMember& member) {
    index_ = tree_.claim(member.path);
    const BaselineFile& expected = tree_.head_.manifest.files[index_];
    const std::int64_t time_s = file_time_s({});
    if (member.type == '2') {
      if (expected.type != PathType::link || expected.target != member.link)
        tree_.refuse(member.path, "it is a link to '" + member.link + "'");
      tree_.sink_.link(member.path, member.link, time_s);
      return;
    }
    if (member.type != '0' || expected.type != PathType::file)
      tree_.refuse(member.path, "it is of another type");
    const std::string& packed_for = tree_.head_.facts.dest_prefix;
    const std::uint64_t size =
        expected.placeholder && !packed_for.empty()
            ? installed_size(*expected.placeholder, expected.size_bytes, packed_for)
            : expected.size_bytes;
    // A bomb ends here, not at the disk's end.
    if (member.size_bytes != size) {
      tree_.refuse(member.path, "expected " + std::to_string(size) + " bytes, found " +
                                    std::to_string(member.size_bytes));
    }
    if (((member.mode & 0111U) != 0) != expected.executable)
      tree_.refuse(member.path, "its mode is another than the manifest's");
    file_.emplace(
        expected, packed_for, tree_.prefix_,
        tree_.sink_.file(
            {.path = member.path, .executable = expected.executable, .mtime_s = member.mtime_s}));
  }

  UnpackTree& tree_;
  std::size_t index_ = 0;
  std::optional<FileOnItsWay> file_;
  bool is_document_ = false;
  std::string path_, text_;  ///< Of a document.
};

UnpackTree::UnpackTree(const PackHead& head, std::string prefix, TreeSink& sink, std::string shown)
    : head_(head),
      prefix_(std::move(prefix)),
      sink_(sink),
      shown_(std::move(shown)),
      folders_{"conda-meta"},
      come_(head.manifest.files.size()),
      sha256_in_prefix_(head.manifest.files.size()) {
  for (std::size_t i = 0; i < come_.size(); ++i) {
    const BaselineFile& file = head.manifest.files[i];
    if (file.path == pack_path::facts) come_[i] = true;  // with the head
    if (file.type == PathType::directory) {
      folders_.insert(file.path);
      sink.directory(file.path);
    }
    std::string_view path = file.path;
    for (std::size_t end = path.rfind('/'); end != std::string_view::npos; end = path.rfind('/')) {
      path = path.substr(0, end);
      if (!folders_.emplace(path).second) break;
    }
  }
}

UnpackTree::~UnpackTree() = default;

TarVisitor& UnpackTree::new_visitor() {
  auto visitor = std::make_unique<Visitor>(*this);
  TarVisitor& out = *visitor;
  visitors_.lock()->push_back(std::move(visitor));
  return out;
}

void UnpackTree::refuse(const std::string& path, const std::string& why) const {
  throw TrustError("'" + shown_ + "': '" + path + "' is not what the manifest says: " + why,
                   damaged_pack_hint);
}

std::size_t UnpackTree::claim(const std::string& path) {
  const auto& files = head_.manifest.files;
  const auto found = std::ranges::lower_bound(files, path, {}, &BaselineFile::path);
  if (found == files.end() || found->path != path || found->type == PathType::directory)
    refuse(path, "no such file is in it");
  const auto index = static_cast<std::size_t>(found - files.begin());
  if (come_[index].exchange(true)) refuse(path, "it is there twice");
  return index;
}

bool UnpackTree::is_folder(const std::string& path) const { return folders_.contains(path); }

void UnpackTree::require_complete() const {
  std::string missing;
  std::size_t count = 0;
  const auto say = [&](const std::string& path) {
    if (++count <= 5) missing += (missing.empty() ? "'" : ", '") + path + '\'';
  };
  for (std::size_t i = 0; i < come_.size(); ++i) {
    const BaselineFile& file = head_.manifest.files[i];
    if (file.type != PathType::directory && !come_[i]) say(file.path);
  }
  const auto documents = documents_.lock();
  for (const auto& [path, sha256] : head_.facts.documents) {
    if (!documents->contains(path)) say(path);
  }
  if (count == 0) return;
  if (count > 5) missing += " and " + std::to_string(count - 5) + " more";
  throw TrustError("'" + shown_ + "' lacks what its manifest lists: " + missing, damaged_pack_hint);
}

std::map<std::string, std::string> UnpackTree::take_documents() {
  return std::move(*documents_.lock());
}

}  // namespace envlock
