#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/local_server.hpp"

namespace envlock::test {

/// A wheel of the tests' own, with one module.
struct TestWheel {
  std::string name, version = "1.0";
  std::vector<std::string> needs = {};  ///< Requires-Dist.
  std::string tag = "py3-none-any";
  std::string requires_python = {};
  std::string uploaded = "2024-01-01T00:00:00Z";  ///< Only the JSON pages have it; empty: nowhere.
  std::optional<std::string> yanked = {};         ///< Why.
  std::vector<std::string> extras = {};           ///< Provides-Extra.

  [[nodiscard]] std::string file_name() const;
  [[nodiscard]] std::string metadata() const;
  [[nodiscard]] std::string bytes() const;  ///< Equal wheels, equal bytes.
};

/// An index of Python packages over HTTP: the simple API in JSON or HTML, with the metadata of each
/// wheel beside it (PEP 503, 592, 658, 691, 700). Thread-safe.
class WheelIndex {
 public:
  enum class Form { json, html };
  explicit WheelIndex(Form form = Form::json);

  WheelIndex& add(const TestWheel& wheel);
  /// Any file, such as a source archive, of a project.
  WheelIndex& add_file(const std::string& project, const std::string& name,
                       const std::string& bytes);
  void forget_digests() { has_digests_ = false; }
  void forget_metadata() { has_metadata_ = false; }
  void need_password(const std::string& authorization) { authorization_ = authorization; }
  /// The bytes of this file are others than its page says.
  void spoil(const std::string& file_name) { spoilt_ = file_name; }

  /// This file takes so long to begin.
  void delay(const std::string& file_name, std::chrono::milliseconds time) {
    delayed_ = file_name;
    delay_ = time;
  }

  [[nodiscard]] std::string url() const { return server_->url("/simple"); }
  [[nodiscard]] std::string file_url(const std::string& file_name) const {
    return server_->url("/files/" + file_name);
  }
  [[nodiscard]] std::vector<std::string> paths() const { return server_->paths(); }
  void forget_requests() const { server_->forget_requests(); }

 private:
  struct File {
    std::string project, name, bytes, metadata;
    TestWheel wheel;
  };
  [[nodiscard]] LocalServer::Answer answer(const LocalServer::Request& request) const;
  [[nodiscard]] std::string json_page(const std::string& project) const;
  [[nodiscard]] std::string html_page(const std::string& project) const;

  Form form_;
  mutable std::mutex mutex_;
  std::vector<File> files_;
  bool has_digests_ = true, has_metadata_ = true;
  std::string authorization_, spoilt_, delayed_;
  std::chrono::milliseconds delay_{0};
  std::unique_ptr<LocalServer> server_;  ///< Last: it asks all of the above.
};

}  // namespace envlock::test
