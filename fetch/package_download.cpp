#include "fetch/package_download.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "model/package_record.hpp"

namespace envlock {

namespace {

// Of several failures the one that says most about what to do is reported.
constexpr int weight_absent = 0;
constexpr int weight_refused = 1;
constexpr int weight_untrusted = 2;

/// "scikit-learn" of "scikit-learn-1.5-py312_0.conda".
std::string package_name(const std::string& file_name) {
  const auto parts = split_file_name(file_name);
  return parts ? parts->name : file_name;
}

/// The source has no such file; another one may.
struct AbsentError : NetworkError {
  using NetworkError::NetworkError;
};

bool is_transient(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// What If-Range may hold (RFC 9110, 13.1.5): no weak ETag.
std::string strong_validator(const HttpHeaders& headers) {
  if (!headers.etag.empty()) return headers.etag.starts_with("W/") ? "" : headers.etag;
  return headers.last_modified;
}

/// Whether a transfer is drawn: from the first byte asked for to the end, however it ends.
class Shown {
 public:
  Shown(ProgressListener* listener, std::size_t item, std::string_view what)
      : listener_(listener), item_(item) {
    if (listener_ != nullptr) listener_->started(item_, what);
  }
  ~Shown() {
    if (listener_ != nullptr) listener_->finished(item_);
  }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  ProgressListener* listener_;
  std::size_t item_;
};

}  // namespace

PackageDownload::PackageDownload(PackageContext& context, SourceHealth& health,
                                 Guarded<std::vector<std::string>>& notices,
                                 const PackageRequest& request, std::size_t item)
    : context_(context), health_(health), notices_(notices), request_(request), item_(item) {}

FetchedPackage PackageDownload::run(const std::stop_token& stop) {
  auto begun = context_.store.begin(request_.wanted, stop);
  if (auto* const found = std::get_if<FoundPackage>(&begun)) {
    const bool own = found->where == FoundPackage::Where::own;
    return {std::move(*found),
            own ? FetchedPackage::Origin::cached : FetchedPackage::Origin::read_cache, "", 0, 0};
  }
  auto& writer = std::get<PackageWriter>(begun);
  const Shown shown(context_.progress, item_, request_.wanted.file_name);
  for (unsigned tried = 1;; ++tried) {
    transient_.reset();
    if (auto fetched = try_sources(writer, stop)) return std::move(*fetched);
    // Whatever else went wrong: asking again can help only where a failure was transient.
    if (!transient_) std::rethrow_exception(failure_);
    gave_up_ = true;
    wait_before_retry(context_.settings.retry, tried, *transient_, stop);
    gave_up_ = false;
    fresh_connection_ = true;
  }
}

std::optional<FetchedPackage> PackageDownload::try_sources(PackageWriter& writer,
                                                           const std::stop_token& stop) {
  std::vector<std::string> bases;
  for (const PackageSource& source : request_.sources) bases.push_back(source.base);
  const std::vector<std::size_t> order = health_.order(bases);
  for (const std::size_t position : order) {
    const PackageSource& source = request_.sources[position];
    try {
      FetchedPackage fetched = take_from(source, writer, stop);
      health_.succeeded(source.base);
      say_failures(source);
      return fetched;
    } catch (const TransientError& failure) {
      note_failure(source, failure);
      // The shortest wait that any of them asks for.
      if (!transient_ || (failure.retry_after && transient_->retry_after &&
                          *failure.retry_after < *transient_->retry_after))
        transient_ = failure;
    } catch (const AbsentError&) {
      remember(std::current_exception(), weight_absent);
    } catch (const NetworkError&) {
      remember(std::current_exception(), weight_refused);
    } catch (const SourceError& failure) {
      note_failure(source, failure);
      remember(std::current_exception(), weight_refused);
    } catch (const TrustError& failure) {
      remember(std::current_exception(), weight_untrusted);
      distrust(source, failure);
    }
  }
  if (order.empty() && !failure_) {
    throw TrustError("'" + request_.wanted.file_name +
                         "' cannot be fetched: none of its sources is asked again after what other "
                         "packages met there",
                     "the notes say why");
  }
  return std::nullopt;
}

FetchedPackage PackageDownload::take_from(const PackageSource& source, PackageWriter& writer,
                                          const std::stop_token& stop) {
  for (bool again = false;; again = true) {
    if (source.url.is_file())
      copy(source, writer, stop);
    else
      download(source, writer, stop);
    try {
      const auto origin = source.url.is_file() ? FetchedPackage::Origin::copied
                                               : FetchedPackage::Origin::downloaded;
      return {writer.commit(), origin, source.base, bytes_fetched_, bytes_wasted_};
    } catch (const PackageMismatch& mismatch) {
      // The wrong bytes may be those that were there before: the source gets one fair chance.
      if (mismatch.resumed && !again) continue;
      throw TrustError(
          "'" + source.url.to_string() + "' is not the package of the lock: expected " + "sha256 " +
              request_.wanted.sha256.hex() + " (" + std::to_string(request_.wanted.size_bytes) +
              " bytes), found " + mismatch.found_sha256.hex() + " (" +
              std::to_string(mismatch.found_size) + " bytes)",
          mismatch.hint());
    }
  }
}

void PackageDownload::download(const PackageSource& source, PackageWriter& writer,
                               const std::stop_token& stop) {
  const std::string shown_url = source.url.to_string();
  if (context_.settings.offline)
    throw AbsentError("offline, and the cache has no '" + request_.wanted.file_name + "'",
                      "run 'envlock fetch' once without --offline, or with the --cache-dir or "
                      "--read-cache that has it");
  const std::uint64_t size = request_.wanted.size_bytes;
  for (;;) {
    HttpRequest request{.url = source.url};
    if (context_.credentials != nullptr)
      request.credential = context_.credentials->credential_for(source.url, stop, source.beside);
    request.fresh_connection = fresh_connection_;
    request.max_body_bytes = UINT64_MAX;  // the writer knows the limit
    request.first_byte = writer.resume_at();
    if (request.first_byte > 0 && writer.partial_url() == shown_url)
      request.if_range = writer.validator();
    HttpResponse response = context_.http.get(request, stop);
    const int status = response.status();
    const HttpHeaders& headers = response.headers();
    const std::string url = "'" + response.final_url() + "'";

    if (status == 416 && request.first_byte > 0) {  // the file is shorter than what is here
      response.discard();
      writer.discard();
      continue;
    }
    if (status == 206) {
      const auto range = headers.content_range;
      const bool fits = range && range->first == request.first_byte && request.first_byte > 0 &&
                        (size == 0 || range->complete_bytes == size);
      if (!fits && request.first_byte > 0) {  // another file, or a server that cannot count
        response.discard();
        writer.discard();
        continue;
      }
      if (!fits) throw NetworkError(url + " answered a part of the file where all was asked for");
    } else if (status == 200) {
      if (size != 0 && headers.content_length && *headers.content_length != size) {
        const bool page = headers.content_type == "text/html";
        throw TrustError(url + " has " + std::to_string(*headers.content_length) +
                             " bytes, the lock says " + std::to_string(size),
                         page ? "it answers a web page: a proxy's log-in, perhaps"
                              : "the file was replaced: ask who runs it, and lock again where that "
                                "is right");
      }
    } else if (status == 404 || status == 410) {
      response.discard();
      throw AbsentError(url + " is not there (HTTP " + std::to_string(status) + ")",
                        "it may have been removed from the channel: 'envlock solve --update " +
                            package_name(request_.wanted.file_name) + "' locks what is there now");
    } else if (is_transient(status)) {
      throw TransientError(url + " answered HTTP " + std::to_string(status),
                           "try again later; the server is at fault", response.retry_after());
    } else if ((status == 401 || status == 403) && context_.credentials != nullptr) {
      context_.credentials->refuse(source.url, response.final_url(), status, stop, source.beside);
    } else {
      throw NetworkError(url + " answered HTTP " + std::to_string(status),
                         "check the channel's URL");
    }

    start(writer, source, strong_validator(headers), status == 206 ? request.first_byte : 0);
    for (;;) {
      const auto bytes = response.read();
      if (bytes.empty()) break;
      write(writer, bytes);
    }
    if (size != 0 && writer.resume_at() < size)
      throw TransientError(url + " ended after " + std::to_string(writer.resume_at()) + " of " +
                               std::to_string(size) + " bytes",
                           "try again later; the server or the connection is at fault");
    return;
  }
}

void PackageDownload::copy(const PackageSource& source, PackageWriter& writer,
                           const std::stop_token& stop) {
  const std::string path = source.url.local_path();
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR))
    throw AbsentError("'" + path + "' is not there",
                      "the lock names a local channel: bring its folder back, or solve again");
  const auto refuse = [&path](int error) {
    // A lack of this process's own would meet every other source, too.
    if (error == EMFILE || error == ENFILE || error == ENOMEM)
      throw IoError("cannot read '" + path + "'", error);
    throw SourceError("cannot read '" + path + "'", error,
                      "check its mode and its disk, or leave this mirror or channel out");
  };
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) refuse(errno);
  if (!S_ISREG(status.st_mode))
    throw SourceError("cannot read '" + path + "': it is " +
                          (S_ISDIR(status.st_mode) ? "a folder" : "no regular file"),
                      "remove it, or leave this mirror or channel out");
  start(writer, source, "", 0);
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  for (;;) {
    if (stop.stop_requested()) throw Interrupted();
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno);
    if (got == 0) return;
    write(writer, std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

void PackageDownload::start(PackageWriter& writer, const PackageSource& source,
                            std::string_view validator, std::uint64_t at) {
  if (at == 0) bytes_wasted_ += std::exchange(bytes_fetched_, 0);
  writer.start(source.url.to_string(), validator, at);
}

void PackageDownload::write(PackageWriter& writer, std::span<const std::byte> bytes) {
  writer.write(bytes);
  bytes_fetched_ += bytes.size();
  if (context_.progress == nullptr) return;
  const std::uint64_t size = request_.wanted.size_bytes;
  context_.progress->advanced(item_, writer.resume_at(),
                              size == 0 ? std::nullopt : std::optional(size));
}

void PackageDownload::remember(std::exception_ptr failure, int weight) {
  if (weight <= failure_weight_) return;
  failure_ = std::move(failure);
  failure_weight_ = weight;
}

void PackageDownload::distrust(const PackageSource& source, const TrustError& reason) {
  // The channel itself, which comes last, goes on being asked: nobody else may have its other
  // packages, and each that is wrong is to be named.
  if (&source == &request_.sources.back() || !health_.exclude(source.base)) return;
  const std::string hint = reason.hint().empty() ? "" : "; " + reason.hint();
  notices_.lock()->push_back("'" + source.base +
                             "' is not asked again in this run: " + reason.what() + hint);
}

void PackageDownload::note_failure(const PackageSource& source, const Error& failure) {
  if (health_.failed(source.base)) unsaid_[source.base] = failure.what();
}

void PackageDownload::say_failures(const PackageSource& served_by) {
  for (const auto& [base, what] : unsaid_) {
    // What a later try mends is nobody's concern.
    if (base != served_by.base)
      notices_.lock()->push_back("'" + base + "' failed, and other sources served: " + what);
  }
}

}  // namespace envlock
