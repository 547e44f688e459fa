// What an install that did not end leaves in a prefix, where others may have written: the journal
// and the list of what is pending. What is accepted means the same when written again, and no path
// of a journal leads out.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "pack/pending_work.hpp"
#include "pack/prefix_journal.hpp"

namespace {

template <class Call>
void refuse_or(const Call& call) {
  try {
    call();
  } catch (const envlock::InputError&) {  // the refusal of what is none
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  refuse_or([&] {
    const PrefixJournal journal = read_journal(text, "j");
    if (read_journal(write_journal(journal), "j") != journal) std::abort();
    for (const auto* paths : {&journal.remove, &journal.folders, &journal.place}) {
      for (const std::string& path : *paths) {
        if (path.starts_with('/') || path == ".." || path.find("../") == 0) std::abort();
      }
    }
  });
  refuse_or([&] {
    const PendingWork pending = read_pending(text, "p");
    if (read_pending(write_pending(pending), "p") != pending) std::abort();
  });
  return 0;
}
