#include "tests/support/wheel_builder.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "model/digest.hpp"

namespace envlock::test {
namespace {

/// The raw stream, without zlib's own header.
std::string deflate_raw(std::string_view content) {
  z_stream stream{};
  if (::deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib: no encoder");
  std::string in(content);
  std::string out(::deflateBound(&stream, static_cast<uLong>(in.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = ::deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("zlib: not all is deflated");
  return out;
}

}  // namespace

std::string record_hash(std::string_view content) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const Sha256 digest = sha256_of(content);
  std::string bits;
  for (const std::uint8_t byte : digest.bytes()) {
    for (int bit = 7; bit >= 0; --bit) bits += ((byte >> bit) & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  std::string out = "sha256=";
  for (std::size_t at = 0; at < bits.size(); at += 6)
    out += digits[std::stoul(bits.substr(at, 6), nullptr, 2)];
  return out;
}

ZipMember deflated(std::string name, std::string_view content) {
  ZipMember member{.name = std::move(name), .data = deflate_raw(content)};
  for (ZipLies* const header : {&member.local, &member.central}) {
    header->method = 8;
    header->size = content.size();
    header->crc32 = crc32_of(content);
  }
  return member;
}

WheelBuilder::WheelBuilder(std::string name, std::string version, std::string tag)
    : name_(std::move(name)), version_(std::move(version)), tag_(std::move(tag)) {}

WheelBuilder& WheelBuilder::put(File file) {
  files_.push_back(std::move(file));
  return *this;
}
WheelBuilder& WheelBuilder::file(std::string path, std::string content, unsigned mode) {
  return put({std::move(path), std::move(content), mode});
}
WheelBuilder& WheelBuilder::data(const std::string& kind, const std::string& path,
                                 std::string content, unsigned mode) {
  return put({name_ + '-' + version_ + ".data/" + kind + '/' + path, std::move(content), mode});
}
WheelBuilder& WheelBuilder::command(std::string line) {
  commands_.push_back(std::move(line));
  return *this;
}
WheelBuilder& WheelBuilder::gui_command(std::string line) {
  gui_commands_.push_back(std::move(line));
  return *this;
}
WheelBuilder& WheelBuilder::info(const std::string& name, std::string content) {
  infos_.push_back({dist_info() + '/' + name, std::move(content)});
  return *this;
}
WheelBuilder& WheelBuilder::without_info(const std::string& name) {
  left_out_.push_back(dist_info() + '/' + name);
  return *this;
}
WheelBuilder& WheelBuilder::not_pure() {
  is_pure_ = false;
  return *this;
}
WheelBuilder& WheelBuilder::record(Edit edit) {
  edit_record_ = std::move(edit);
  return *this;
}
WheelBuilder& WheelBuilder::stored() {
  is_deflated_ = false;
  return *this;
}
WheelBuilder& WheelBuilder::raw(ZipMember member) {
  raw_.push_back(std::move(member));
  return *this;
}

std::string WheelBuilder::file_name() const { return name_ + '-' + version_ + '-' + tag_ + ".whl"; }
std::string WheelBuilder::dist_info() const { return name_ + '-' + version_ + ".dist-info"; }

std::vector<WheelBuilder::File> WheelBuilder::all_files() const {
  std::vector<File> all = files_;
  std::vector<File> infos{
      {dist_info() + "/METADATA",
       "Metadata-Version: 2.1\nName: " + name_ + "\nVersion: " + version_ + "\n\nAbout it.\n"},
      {dist_info() + "/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: " +
                                   std::string(is_pure_ ? "true" : "false") + "\nTag: " + tag_ +
                                   "\n"}};
  std::string points;
  if (!commands_.empty()) points += "[console_scripts]\n";
  for (const std::string& line : commands_) points += line + '\n';
  if (!gui_commands_.empty()) points += "\n[gui_scripts]\n";
  for (const std::string& line : gui_commands_) points += line + '\n';
  if (!points.empty()) infos.push_back({dist_info() + "/entry_points.txt", points});
  for (const File& file : infos_) {
    std::erase_if(infos, [&](const File& made) { return made.path == file.path; });
    infos.push_back(file);
  }
  std::string record;
  const std::string record_path = dist_info() + "/RECORD";
  const bool has_own =
      std::ranges::any_of(infos, [&](const File& file) { return file.path == record_path; });
  all.insert(all.end(), infos.begin(), infos.end());
  std::erase_if(all, [&](const File& file) {
    return std::ranges::find(left_out_, file.path) != left_out_.end();
  });
  for (const File& file : all) {
    record += file.path + ',' + record_hash(file.content) + ',' +
              std::to_string(file.content.size()) + '\n';
  }
  record += record_path + ",,\n";
  if (edit_record_) record = edit_record_(record);
  if (!has_own && std::ranges::find(left_out_, record_path) == left_out_.end())
    all.push_back({record_path, record});
  return all;
}

std::vector<ZipMember> WheelBuilder::members() const {
  std::vector<ZipMember> members;
  for (const File& file : all_files()) {
    members.push_back(is_deflated_ ? deflated(file.path, file.content)
                                   : ZipMember{.name = file.path, .data = file.content});
    members.back().mode = 0100000U | file.mode;
  }
  members.insert(members.end(), raw_.begin(), raw_.end());
  return members;
}

std::string WheelBuilder::build(const ZipShape& shape) const { return zip_of(members(), shape); }

}  // namespace envlock::test
