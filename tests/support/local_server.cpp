#include "tests/support/local_server.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "model/c_handle.hpp"
#include "model/text.hpp"

namespace envlock::test {

namespace {

using SslContext = std::unique_ptr<SSL_CTX, CFree<&SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, CFree<&SSL_free>>;
using Bio = std::unique_ptr<BIO, CFree<&BIO_free_all>>;

template <class T, class Read>
std::unique_ptr<T, void (*)(T*)> from_pem(const std::string& pem, Read read, void (*release)(T*)) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return {read(bio.get(), nullptr, nullptr, nullptr), release};
}

SslContext server_context(const TestCertificate& tls) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  const auto certificate = from_pem<X509>(tls.certificate_pem, PEM_read_bio_X509, X509_free);
  const auto key = from_pem<EVP_PKEY>(tls.key_pem, PEM_read_bio_PrivateKey, EVP_PKEY_free);
  if (!context || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    throw std::runtime_error("OpenSSL refuses the test's certificate");
  return context;
}

std::string reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 404:
      return "Not Found";
    default:
      return "Status";
  }
}

}  // namespace

struct LocalServer::Impl {
  /// One client, plain or through TLS. Whatever goes wrong only ends it.
  class Connection {
   public:
    Connection(int fd, SSL_CTX* context) : fd_(fd) {
      if (context == nullptr) return;
      ssl_.reset(SSL_new(context));
      SSL_set_fd(ssl_.get(), fd);
      open_ = SSL_accept(ssl_.get()) == 1;
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Up to the end of the next request's header; empty at the connection's end.
    std::string read_header() {
      for (;;) {
        if (const std::size_t end = unread_.find("\r\n\r\n"); end != std::string::npos) {
          std::string header = unread_.substr(0, end + 2);
          unread_.erase(0, end + 4);
          return header;
        }
        if (!receive()) return {};
      }
    }
    std::string read_body(std::size_t bytes) {
      while (unread_.size() < bytes && receive()) {
      }
      std::string body = unread_.substr(0, bytes);
      unread_.erase(0, bytes);
      return body;
    }
    bool send(std::string_view bytes) {
      while (open_ && !bytes.empty()) {
        const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) open_ = false;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return open_;
    }

   private:
    bool receive() {
      std::array<char, 4096> buffer{};
      const auto got = ssl_ ? SSL_read(ssl_.get(), buffer.data(), buffer.size())
                            : ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (!open_ || got <= 0) return false;
      unread_.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }

    int fd_;
    Ssl ssl_;
    bool open_ = true;
    std::string unread_;
  };

  void accept_clients() {
    for (;;) {
      pollfd waiting{listener, POLLIN, 0};
      if (::poll(&waiting, 1, 20) < 0 && errno != EINTR) return;
      if (stopping) return;
      if ((waiting.revents & POLLIN) == 0) continue;
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const std::lock_guard lock(mutex);
      ++connections;
      client_fds.push_back(fd);
      clients.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    // OpenSSL writes without MSG_NOSIGNAL.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    {
      Connection connection(fd, context.get());
      for (std::string header; !stopping;) {
        header = connection.read_header();
        if (header.empty()) break;
        Request request = parse(header);
        if (const std::string length = request.header("content-length"); !length.empty())
          request.body = connection.read_body(std::stoul(length));
        if (!answer(connection, request)) break;
      }
      // Before the descriptor is closed and its number used for another client.
      const std::lock_guard lock(mutex);
      std::erase(client_fds, fd);
    }
  }

  static Request parse(const std::string& header) {
    Request request;
    std::size_t at = header.find("\r\n");
    const std::string first = header.substr(0, at);
    const std::size_t space = first.find(' ');
    request.method = first.substr(0, space);
    request.path = first.substr(space + 1, first.rfind(' ') - space - 1);
    while (at + 2 < header.size()) {
      const std::size_t end = header.find("\r\n", at + 2);
      const std::string line = header.substr(at + 2, end - at - 2);
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos)
        request.headers[to_lower(line.substr(0, colon))] =
            trim(std::string_view(line).substr(colon + 1));
      at = end;
    }
    return request;
  }

  /// @return false where the connection is to end
  bool answer(Connection& connection, const Request& request) {
    Answer answer;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
      answer = handler(request);
    }
    if (!sleep(answer.delay)) return false;
    if (answer.raw) {
      connection.send(*answer.raw);
      return false;
    }
    const bool has_body = answer.status != 304;
    const bool counted = has_body && !answer.without_length && !answer.chunked && !answer.endless;
    std::string header =
        "HTTP/1.1 " + std::to_string(answer.status) + ' ' + reason(answer.status) + "\r\n";
    for (const auto& [name, value] : answer.headers) header += name + ": " + value + "\r\n";
    if (counted || answer.claimed_length)
      header +=
          "Content-Length: " + std::to_string(answer.claimed_length.value_or(answer.body.size())) +
          "\r\n";
    if (answer.chunked) header += "Transfer-Encoding: chunked\r\n";
    if (!connection.send(header + "\r\n") || !has_body) return !has_body;
    return send_body(connection, answer) && counted && !answer.claimed_length && !answer.cut_after;
  }

  bool send_body(Connection& connection, const Answer& answer) {
    std::string_view body = answer.body;
    if (answer.cut_after) body = body.substr(0, *answer.cut_after);
    do {
      for (std::string_view rest = body; !rest.empty();) {
        const std::string_view piece = rest.substr(0, answer.piece_bytes);
        rest.remove_prefix(piece.size());
        if (!sleep(answer.piece_delay)) return false;
        std::string framed(piece);
        if (answer.chunked) {
          std::array<char, 24> size{};
          std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
          framed = size.data() + framed + "\r\n";
        }
        if (!connection.send(framed)) return false;
      }
    } while (answer.endless && !stopping);
    if (answer.chunked && !answer.cut_after) connection.send("0\r\n\r\n");
    return true;
  }

  /// @return false where the server is to end
  bool sleep(std::chrono::milliseconds time) {
    if (time.count() == 0) return !stopping;
    std::unique_lock lock(mutex);
    return !stopped.wait_for(lock, time, [this] { return stopping.load(); });
  }

  Handler handler;
  SslContext context;
  int listener = -1;
  unsigned port = 0;
  std::atomic<bool> stopping{false};
  mutable std::mutex mutex;
  std::condition_variable stopped;
  std::vector<Request> requests;
  std::size_t connections = 0;
  std::vector<int> client_fds;
  std::list<std::thread> clients;
  std::thread acceptor;
};

LocalServer::LocalServer(Handler handler, const std::optional<TestCertificate>& tls)
    : impl_(std::make_unique<Impl>()) {
  impl_->handler = std::move(handler);
  if (tls) impl_->context = server_context(*tls);
  impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (impl_->listener < 0 || ::bind(impl_->listener, generic, size) != 0 ||
      ::listen(impl_->listener, 64) != 0 || ::getsockname(impl_->listener, generic, &size) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  impl_->port = ntohs(address.sin_port);
  impl_->acceptor = std::thread([this] { impl_->accept_clients(); });
}

LocalServer::~LocalServer() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->stopped.notify_all();
  impl_->acceptor.join();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const int fd : impl_->client_fds) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& client : impl_->clients) client.join();
  ::close(impl_->listener);
}

std::string LocalServer::url(std::string_view path) const {
  return (impl_->context ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(impl_->port) + std::string(path);
}

std::vector<LocalServer::Request> LocalServer::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

std::vector<std::string> LocalServer::paths() const {
  std::vector<std::string> paths;
  for (const Request& request : requests()) paths.push_back(request.path);
  return paths;
}

std::size_t LocalServer::connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections;
}

void LocalServer::forget_requests() const {
  const std::lock_guard lock(impl_->mutex);
  impl_->requests.clear();
}

std::string LocalServer::Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

LocalServer::Answer file_answer(const LocalServer::Request& request, std::string body,
                                const std::string& etag) {
  LocalServer::Answer answer;
  if (!etag.empty()) {
    answer.headers.emplace_back("ETag", etag);
    if (request.header("if-none-match") == etag) {
      answer.status = 304;
      return answer;
    }
  }
  constexpr std::string_view unit = "bytes=";
  const std::string range = request.header("range");
  const std::size_t dash = range.find('-');
  const std::string if_range = request.header("if-range");
  const bool same_version = if_range.empty() || if_range == etag;
  if (same_version && range.starts_with(unit) && dash != std::string::npos && dash > unit.size()) {
    const std::size_t first = std::stoull(range.substr(unit.size(), dash - unit.size()));
    const std::string last_text = range.substr(dash + 1);
    std::size_t last = body.size() - 1;
    if (!last_text.empty()) last = std::min<std::size_t>(last, std::stoull(last_text));
    if (first <= last) {
      answer.status = 206;
      answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(first) + '-' +
                                                       std::to_string(last) + '/' +
                                                       std::to_string(body.size()));
      answer.body = body.substr(first, last - first + 1);
      return answer;
    }
  }
  answer.body = std::move(body);
  return answer;
}

LocalServer::Handler serve_files(std::map<std::string, std::string> files) {
  return [files = std::move(files)](const LocalServer::Request& request) {
    const auto found = files.find(request.path);
    if (found != files.end()) return file_answer(request, found->second);
    LocalServer::Answer answer;
    answer.status = 404;
    answer.body = "not found";
    return answer;
  };
}

}  // namespace envlock::test
