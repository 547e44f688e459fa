#include "fetch/subdir_intake.hpp"

#include <cstddef>
#include <utility>

namespace envlock {

namespace {

/// A login page, a proxy's error page or the start page of a web application, with status 200.
bool is_web_page(std::span<const std::byte> start) noexcept {
  for (const std::byte b : start) {
    const char c = static_cast<char>(b);
    // A byte-order mark may stand before it.
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\xEF' || c == '\xBB' ||
        c == '\xBF')
      continue;
    return c == '<';
  }
  return false;
}

}  // namespace

SubdirFetch::Intake::Intake(RepodataContext& context, const SubdirRequest& request,
                            std::size_t item, std::string_view file_name, std::string source,
                            std::optional<std::uint64_t> total)
    : context_(context),
      item_(item),
      source_(std::move(source)),
      total_(total),
      sink_(context.indexer.start(request, source_)),
      decompressor_(compression_of(file_name), source_,
                    {.max_output_bytes = context.settings.max_json_bytes},
                    [this](std::span<const std::byte> json) { sink_->feed(json); }) {
  if (context_.progress != nullptr) context_.progress->started(item_, source_);
}

SubdirFetch::Intake::~Intake() {
  if (context_.progress != nullptr) context_.progress->finished(item_);
}

void SubdirFetch::Intake::feed(std::span<const std::byte> served) {
  if (bytes_ == 0 && is_web_page(served))
    throw WebPage("'" + source_ + "' is a web page, not repodata",
                  "check the channel's URL; a login page or a proxy may stand before it");
  bytes_ += served.size();
  hasher_.update(served);
  try {
    decompressor_.feed(served);
  } catch (...) {
    sink_->settle();
    throw;
  }
  if (context_.progress != nullptr) context_.progress->advanced(item_, bytes_, total_);
}

std::vector<std::byte> SubdirFetch::Intake::finish() {
  try {
    decompressor_.finish();
  } catch (...) {
    sink_->settle();
    throw;
  }
  sha256_ = hasher_.finish();
  return sink_->finish();
}

}  // namespace envlock
