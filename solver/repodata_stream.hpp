#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "solver/repodata_batch.hpp"
#include "solver/repodata_delivery.hpp"
#include "solver/repodata_scanner.hpp"

namespace envlock {

/// Reads a repodata.json of any size through a small window (design section 7): the members of the
/// large maps are cut out and parsed some 32 KiB at a time, and handed over in a thread of the
/// delivery's. Strict: every byte of the document goes into a RepodataBatch; depth (64) and
/// duplicate keys of the top level are checked here.
class RepodataStream {
 public:
  RepodataStream(RepodataHandler& handler, std::string source_name, std::uint64_t max_bytes);

  /// @throws InputError (3) for what is not JSON or what the handler refuses (perhaps of an earlier
  ///   piece), TrustError (6) for limits
  void feed(std::span<const std::byte> json);
  /// Waits until the handler has seen all members that are complete. @throws as feed
  void settle() { delivery_.settle(); }
  /// No more bytes follow. @throws as feed, and InputError where the document ends early
  void finish();

 private:
  enum class Expect {
    document,         // nothing but white space so far
    member_or_close,  // behind an opening bracket
    member,           // behind a comma
    value,            // `separator_` stands before a member that is being scanned to its end
    comma_or_close,   // behind a member
    batch,            // `separator_` stands before members that are cut in batches
    end               // behind the document
  };
  struct Level {
    RepodataSection section;
    char open;
    std::string name;            // its key
    std::set<std::string> keys;  // only of levels that are not cut in batches
    bool empty_so_far = true;
  };

  void take(std::span<const std::byte> slice);
  void run(bool last);
  bool step(bool last);  // false: more bytes are needed
  bool step_document(bool last);
  bool step_member();
  bool wait_for_member() const;  // false, or throws
  bool step_batch(bool last);
  void enter(RepodataSection section, char open, std::string name, std::size_t open_at);
  void leave();
  void start_scan();
  MemberScanner::Stop scan(std::size_t least, bool last);
  bool skip_white_space(std::size_t& at) const noexcept;  // false: no byte is left
  void cut_batch(std::size_t end, bool closes);
  std::string decode_key(std::size_t from, std::size_t to);
  [[noreturn]] void malformed(std::size_t at, const std::string& what) const;
  [[nodiscard]] std::size_t needed_from() const noexcept;

  RepodataFaults faults_;
  bool one_by_one_;  // the handler wants the raw bytes of each record
  std::uint64_t max_bytes_;
  std::uint64_t fed_ = 0;
  std::uint64_t base_ = 0;  // offset in the document of the buffer's first byte
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::size_t at_ = 0;
  std::size_t separator_ = 0;
  Expect expect_ = Expect::document;
  std::vector<Level> levels_;
  MemberScanner scanner_;
  RepodataDelivery delivery_;  // last: its thread ends before what it uses
};

}  // namespace envlock
