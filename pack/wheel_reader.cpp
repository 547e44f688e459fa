#include "pack/wheel_reader.hpp"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"
#include "pack/refusal.hpp"
#include "pack/tree_rules.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
constexpr std::uint64_t max_text_bytes = 16 * mib;
constexpr std::uint64_t max_record_bytes = 256 * mib;
// C01. Deflate itself gives no more than 1,032 bytes for one.
constexpr std::uint64_t free_output_bytes = 64 * mib;
constexpr std::uint64_t max_ratio = 1000;
constexpr std::uint64_t max_output_bytes = std::uint64_t{64} << 30U;

constexpr std::string_view python_mark = "#!python";

/// Inflates the raw stream of one member.
class Inflater {
 public:
  Inflater() {
    if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw InternalError("zlib: no decoder");
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void feed(std::span<const std::byte> in) {
    // zlib does not write through next_in, and has no const in its interface.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
  }
  /// @return what came out; nothing where more input is needed, or where the stream has ended
  /// @throws nothing: `is_broken` says so
  std::span<const std::byte> take() {
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream_.avail_out = static_cast<uInt>(out_.size());
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      has_ended_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      is_broken_ = true;
    }
    return std::span(out_).first(out_.size() - stream_.avail_out);
  }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
  [[nodiscard]] std::size_t left() const noexcept { return stream_.avail_in; }

 private:
  z_stream stream_{};
  std::vector<std::byte> out_ = std::vector<std::byte>(piece_bytes);
  bool has_ended_ = false, is_broken_ = false;
};

/// "rich-13.7.1.data/scripts/x" -> "scripts/x"; empty for what lies elsewhere.
std::string_view below_data(std::string_view path, std::string_view data) {
  if (!path.starts_with(data) || path.size() <= data.size() + 1 || path[data.size()] != '/')
    return {};
  return path.substr(data.size() + 1);
}

/// The folder of a wheel's data, by its ending alone.
bool is_script(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && path.substr(0, slash).ends_with(".data") &&
         path.substr(slash + 1).starts_with("scripts/");
}

}  // namespace

bool is_dropped_dist_info(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 6> dropped{
      "RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"};
  return std::ranges::find(dropped, name) != dropped.end();
}

WheelReader::WheelReader(const ReadAt& read_at, std::uint64_t file_size,
                         const std::string& file_name, const ArchiveLimits& limits)
    : read_at_(read_at), file_name_(file_name) {
  std::vector<StoredMember> zip = read_wheel_zip(read_at, file_size, file_name, limits.max_entries);
  // What is for every platform goes to file systems that do not tell cases apart.
  TreeRules rules(file_name, file_name.ends_with("-any.whl"));
  std::uint64_t total = 0;
  for (StoredMember& member : zip) judge(std::move(member), rules, total);
  const std::uint64_t cap =
      file_size > max_output_bytes / max_ratio
          ? max_output_bytes
          : std::min(max_output_bytes, free_output_bytes + max_ratio * file_size);
  if (total > cap)
    fail("", "unpacks to " + std::to_string(total) + " bytes, of " + std::to_string(file_size),
         "C01");
}

void WheelReader::fail(std::string_view member, const std::string& what,
                       std::string_view rule) const {
  refuse(file_name_, member, what, rule);
}

void WheelReader::judge(StoredMember member, TreeRules& rules, std::uint64_t& total) {
  const bool is_folder = member.name.ends_with('/');
  const unsigned type = member.mode & S_IFMT;
  if (type == S_IFLNK) fail(member.name, "is a link, which no wheel has", "A06");
  if (type != 0 && type != (is_folder ? S_IFDIR : S_IFREG))
    fail(member.name, "is neither a file nor a folder", "A14");
  if (is_folder && (member.whole_bytes != 0 || member.size_bytes > 2))
    fail(member.name, "is a folder that has content", "A21");
  if (member.whole_bytes > max_output_bytes - total)
    fail(member.name, "is above the limit of 64 GiB", "C01");
  total += member.whole_bytes;
  const auto entry = rules.judge({.path = member.name,
                                  .type = is_folder ? '5' : '0',
                                  .mode = member.mode & 07777U,
                                  .size_bytes = member.whole_bytes});
  if (!entry) fail(member.name, "is no folder of the wheel", "A21");
  // TreeRules takes "./" away, as tar puts it there; zip files have none, and other readers keep
  // it.
  if (entry->path.size() + (is_folder ? 1 : 0) != member.name.size())
    fail(member.name, "begins with '.'", "A21");
  Member one{std::move(member), *entry};
  if (is_script(one.entry.path)) one.entry.executable = true;
  if (!is_folder) by_path_.emplace(one.entry.path, members_.size());
  members_.push_back(std::move(one));
}

void WheelReader::unpack(const Member& member, const Sink& sink,
                         const std::function<bool()>& is_enough) const {
  std::optional<Inflater> inflater;
  if (member.zip.is_deflated) inflater.emplace();
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, member.zip.size_bytes)));
  std::uint64_t at = 0, out = 0;
  uLong crc = ::crc32(0, nullptr, 0);
  bool is_done = false;
  const auto give = [&](std::span<const std::byte> bytes) {
    out += bytes.size();
    if (out > member.zip.whole_bytes) fail(member.zip.name, "is larger than it says", "Z04");
    crc =
        ::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
    if (!bytes.empty()) sink(bytes);
    is_done = is_enough && is_enough();
  };
  while (at < member.zip.size_bytes && !is_done) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), member.zip.size_bytes - at));
    const std::span<std::byte> bytes = std::span(piece).first(size);
    read_at_(member.zip.offset_bytes + at, bytes);
    at += size;
    if (!inflater) {
      give(bytes);
      continue;
    }
    if (inflater->has_ended()) fail(member.zip.name, "has bytes behind its compressed ones", "Z05");
    inflater->feed(bytes);
    for (;;) {
      const auto made = inflater->take();
      if (inflater->is_broken()) fail(member.zip.name, "cannot be decompressed", "C07");
      give(made);
      if (is_done || inflater->has_ended() || made.empty()) break;
    }
    if (inflater->has_ended() && inflater->left() > 0 && !is_done)
      fail(member.zip.name, "has bytes behind its compressed ones", "Z05");
  }
  if (is_done) return;
  if (inflater && !inflater->has_ended()) fail(member.zip.name, "ends too early", "C07");
  if (out != member.zip.whole_bytes) fail(member.zip.name, "is smaller than it says", "Z04");
  if (crc != member.zip.crc32) fail(member.zip.name, "does not have the CRC that it says", "Z04");
}

const WheelReader::Member& WheelReader::find(const std::string& path) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) fail(path, "is missing", "A24");
  return members_[found->second];
}

std::string WheelReader::read_whole(const Member& member, std::uint64_t max_bytes) const {
  if (member.zip.whole_bytes > max_bytes)
    fail(member.zip.name, "is above " + std::to_string(max_bytes / mib) + " MiB", "C01");
  std::string text;
  text.reserve(static_cast<std::size_t>(member.zip.whole_bytes));
  unpack(member,
         [&](std::span<const std::byte> bytes) {
           text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
         },
         {});
  return text;
}

std::string WheelReader::read_checked(const Member& member, const PackagePath& said,
                                      std::uint64_t max_bytes) const {
  std::string text = read_whole(member, max_bytes);
  const Sha256 found = sha256_of(text);
  if (said.sha256 && *said.sha256 != found)
    fail(member.zip.name, "has sha256 " + found.hex() + ", and by RECORD " + said.sha256->hex(),
         "A24");
  return text;
}

bool WheelReader::asks_for_python(const Member& member) const {
  std::string begin;
  unpack(
      member,
      [&](std::span<const std::byte> bytes) {
        begin.append(reinterpret_cast<const char*>(bytes.data()),
                     std::min(bytes.size(), python_mark.size()));
      },
      [&] { return begin.size() >= python_mark.size(); });
  return begin.starts_with(python_mark);
}

std::string WheelReader::find_dist_info() const {
  std::set<std::string> found;
  std::set<std::string> data;
  for (const auto& [path, index] : by_path_) {
    const std::string top = path.substr(0, path.find('/'));
    if (top.size() == path.size()) continue;
    if (top.ends_with(".dist-info")) found.insert(top);
    if (top.ends_with(".data")) data.insert(top);
  }
  if (found.size() != 1)
    fail("", "has " + std::to_string(found.size()) + " .dist-info folders, expected one", "A28");
  const std::string& folder = *found.begin();
  const std::string stem = folder.substr(0, folder.rfind('.'));
  const auto name = parse_wheel_name(file_name_);
  if (!name) fail("", "has no name of a wheel", "A28");
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string::npos || project_key(stem.substr(0, dash)) != project_key(name->name) ||
      python_version_key(stem.substr(dash + 1)) != python_version_key(name->version))
    fail(folder, "is not of the project and version in the wheel's name", "A28");
  // Python may well have a package whose folder ends in ".data"; only this one is the wheel's.
  for (const std::string& one : data) {
    const std::string_view other = std::string_view(one).substr(0, one.rfind('.'));
    const std::size_t at = other.rfind('-');
    if (other != stem && at != std::string_view::npos &&
        project_key(other.substr(0, at)) == project_key(name->name))
      fail(one, "is not beside '" + folder + "' what that name says", "A28");
  }
  return folder;
}

std::vector<PackagePath> WheelReader::hold_against_record(const std::string& dist_info) const {
  const std::string record_path = dist_info + "/RECORD";
  const std::string text = read_whole(find(record_path), max_record_bytes);
  std::vector<PackagePath> paths;
  const std::vector<WheelRecordLine> lines = read_wheel_record(text, file_name_);
  const auto may_lack_hash = [&](const std::string& path) {
    return path == record_path || path == record_path + ".jws" || path == record_path + ".p7s";
  };
  std::size_t told = 0;
  for (const auto& [path, index] : by_path_) {
    const Member& member = members_[index];
    const auto line = std::ranges::lower_bound(lines, path, {}, &WheelRecordLine::path);
    const bool is_told = line != lines.end() && line->path == path;
    PackagePath one;
    one.path = path;
    one.size_bytes = member.zip.whole_bytes;
    if (is_told) {
      ++told;
      one.sha256 = line->sha256;
      if (line->size_bytes && *line->size_bytes != member.zip.whole_bytes)
        fail(path,
             "has " + std::to_string(member.zip.whole_bytes) + " bytes, and by RECORD " +
                 std::to_string(*line->size_bytes),
             "A24");
    }
    if (!may_lack_hash(path)) {
      if (!is_told) fail(path, "is not in RECORD", "A24");
      if (!line->sha256) fail(path, "has no sha256 in RECORD", "A24");
    }
    if (path == record_path) one.sha256 = sha256_of(text);
    paths.push_back(std::move(one));
  }
  if (told == lines.size()) return paths;
  for (const WheelRecordLine& line : lines) {
    if (!by_path_.contains(line.path) && !may_lack_hash(line.path))
      fail(line.path, "is in RECORD, and not in the wheel", "A24");
  }
  return paths;
}

WheelContent WheelReader::read_content_list() const {
  WheelContent content;
  WheelInfo& wheel = content.wheel;
  wheel.dist_info = find_dist_info();
  wheel.data = wheel.dist_info.substr(0, wheel.dist_info.rfind('.')) + ".data";
  content.info.paths = hold_against_record(wheel.dist_info);
  const auto said = [&](const std::string& path) -> const PackagePath& {
    return *std::ranges::lower_bound(content.info.paths, path, {}, &PackagePath::path);
  };
  const auto text_of = [&](const std::string& path) {
    return read_checked(find(path), said(path), max_text_bytes);
  };
  wheel.root_is_purelib =
      read_wheel_header(text_of(wheel.dist_info + "/WHEEL"), file_name_).root_is_purelib;
  const WheelProject project =
      read_wheel_project(text_of(wheel.dist_info + "/METADATA"), file_name_);
  wheel.name = project.name;
  wheel.version = project.version;
  const std::string commands = wheel.dist_info + "/entry_points.txt";
  if (by_path_.contains(commands))
    wheel.commands = read_wheel_commands(text_of(commands), file_name_);
  for (const auto& [path, index] : by_path_) {
    const Member& member = members_[index];
    const std::string_view below = below_data(path, wheel.data);
    if (below.starts_with("scripts/") && asks_for_python(member))
      wheel.python_scripts.emplace(path, text_of(path));
    const bool in_dist_info = path.starts_with(wheel.dist_info + '/');
    if (in_dist_info && path != wheel.dist_info + "/RECORD" &&
        is_dropped_dist_info(std::string_view(path).substr(wheel.dist_info.size() + 1)))
      (void)text_of(path);
  }
  return content;
}

void WheelReader::read(ArchiveVisitor& visitor, const std::stop_token& stop) const {
  for (const Member& member : members_) {
    if (stop.stop_requested()) throw Interrupted();
    visitor.begin(member.entry);
    if (member.entry.kind == ArchiveEntry::Kind::file) {
      unpack(member,
             [&](std::span<const std::byte> bytes) {
               if (stop.stop_requested()) throw Interrupted();
               visitor.content(bytes);
             },
             {});
    }
    visitor.end();
  }
}

}  // namespace envlock
