// Where bytes that somebody pushes go: the file that a layer's blob becomes, say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ixian::files {

// Written by one thread at a time, which need not be the one that made it.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // All of it, or throws Error or Cancelled, after which the sink must not be written again.
  virtual void write(std::string_view bytes) = 0;
};

// Appends to a string that somebody else keeps alive.
class TextSink : public ByteSink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  void write(std::string_view bytes) override { text_ += bytes; }

 private:
  std::string& text_;
};

// Writes to a descriptor that somebody else closes, from where it stands. `path` is for messages only. Throws
// Error{kTaskFailed}.
class FileSink : public ByteSink {
 public:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  void write(std::string_view bytes) override;

 private:
  const int fd_;
  const std::string path_;
};

// For whoever wants digests and a listing, and no blob.
class NoSink : public ByteSink {
 public:
  void write(std::string_view) override {}
};

}  // namespace ixian::files
