#pragma once

#include <string>
#include <string_view>

#include "model/error.hpp"

namespace envlock {

/// Nobody reads any more what is written: no message would help.
struct ClosedPipe : IoError {
  explicit ClosedPipe(const std::string& name)
      : IoError("cannot write to " + name + ": nobody reads it any more") {}
};

/// Where bytes leave the program.
class OutputSink {
 public:
  OutputSink() = default;
  virtual ~OutputSink() = default;
  OutputSink(const OutputSink&) = delete;
  OutputSink& operator=(const OutputSink&) = delete;
  /// @throws IoError (exit 7) where not all of it could be written
  virtual void write(std::string_view bytes) = 0;
};

/// A file descriptor, unbuffered; the descriptor is not closed.
class FdSink final : public OutputSink {
 public:
  /// @param name  for the message: "standard output"
  FdSink(int fd, std::string_view name) : fd_(fd), name_(name) {}
  void write(std::string_view bytes) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace envlock
