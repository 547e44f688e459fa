#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::test {

/// A certificate signed by nobody but itself, valid for a day.
struct TestCertificate {
  std::string certificate_pem;  ///< What a client that trusts it is given.
  std::string key_pem;
  /// @param names  as OpenSSL writes subject alternative names
  static TestCertificate make(const std::string& names = "DNS:localhost, IP:127.0.0.1");
};

/// An HTTP/1.1 server of the test's own on 127.0.0.1, on a port that is free. It answers as the
/// test says, however badly, and remembers what it was asked. Several requests a connection.
class LocalServer {
 public:
  struct Request {
    std::string method, path;                                         ///< The path with its query.
    std::map<std::string, std::string> headers;                       ///< Names in lower case.
    std::string body;                                                 ///< By Content-Length.
    [[nodiscard]] std::string header(const std::string& name) const;  ///< "" where absent.
  };
  struct Answer {
    int status = 200;
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// What Content-Length says; else the truth.
    std::optional<std::uint64_t> claimed_length = {};
    bool without_length = false;  ///< No Content-Length: the end of the connection ends the body.
    bool chunked = false;
    std::optional<std::size_t> cut_after = {};  ///< Closes after so many bytes of the body.
    bool endless = false;                       ///< Repeats the body until the client goes away.
    std::chrono::milliseconds delay{0};         ///< Before the header.
    /// Before each piece of the body.
    std::chrono::milliseconds piece_delay{0};
    std::size_t piece_bytes = std::size_t{64} * 1024;
    /// Sent as it is instead of everything above; then the connection closes.
    std::optional<std::string> raw = {};
  };
  using Handler = std::function<Answer(const Request&)>;

  /// @param handler  called from several threads, one call at a time
  explicit LocalServer(Handler handler, const std::optional<TestCertificate>& tls = {});
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  /// "http://127.0.0.1:PORT" + path, or https.
  [[nodiscard]] std::string url(std::string_view path = {}) const;
  [[nodiscard]] std::vector<Request> requests() const;
  /// The paths asked for, in order.
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] std::size_t connections() const;
  void forget_requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What an honest server answers for one file: 304 where If-None-Match names `etag`, 206 for a
/// single range (unless If-Range names another `etag`), else 200.
LocalServer::Answer file_answer(const LocalServer::Request& request, std::string body,
                                const std::string& etag = {});

/// Honest answers for paths of `files`, 404 for the rest.
LocalServer::Handler serve_files(std::map<std::string, std::string> files);

}  // namespace envlock::test
