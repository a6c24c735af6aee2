// A stream of bytes that somebody pulls: a blob that is downloaded, a file, a body that is uploaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ixian::base {

// Read by one thread at a time. What has been opened is closed by the destructor, at any moment.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills at most `size` (> 0) bytes and returns how many, at least one; 0 is the end, and stays the end.
  // Throws Error or Cancelled, after which the source must not be read again.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
};

// Opens the same bytes anew, from `offset` on. May be called several times, from one thread at a time.
using OpenSource = std::function<std::unique_ptr<ByteSource>(std::uint64_t offset)>;

// Over text that somebody else keeps alive.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : rest_(text) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = rest_.copy(buffer, size);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

// Over text of its own.
class OwnedTextSource : public ByteSource {
 public:
  explicit OwnedTextSource(std::string text) : text_(std::move(text)), source_(text_) {}
  std::size_t read(char* buffer, std::size_t size) override { return source_.read(buffer, size); }

 private:
  const std::string text_;
  TextSource source_;
};

// All that is left, or nullopt-like: throws Error{kRegistry, …} with `what` ("The manifest of app:1") in its
// sentence where it is longer than `limit` bytes.
std::string read_all(ByteSource& source, std::size_t limit, const std::string& what);

}  // namespace ixian::base
