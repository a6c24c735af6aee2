// Bytes that are checked against their descriptor while they pass.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/byte_source.h"
#include "oci/descriptor.h"

namespace ixian::oci {

// Opens a blob any number of times, and hashes each byte once: after an attempt that broke off at some place,
// the next one is hashed from there on, whatever offset it starts at. The last read of a whole pass throws
// where size or digest are not the descriptor's. Every Error of opening and reading is a Lost. Not
// thread-safe; outlives the sources that it opens.
class VerifiedBlob {
 public:
  // `where` is what messages call the place that the bytes come from. `on_bytes` is told of bytes that had
  // not been read before.
  VerifiedBlob(Descriptor blob, base::OpenSource open, std::string where,
               std::function<void(std::uint64_t)> on_bytes = nullptr);

  std::unique_ptr<base::ByteSource> open(std::uint64_t offset);

 private:
  class Source;

  template <typename Read>
  auto or_lost(const Read& read) -> decltype(read());
  void hash(std::uint64_t at, std::string_view data);
  void check_complete();

  Descriptor blob_;
  base::OpenSource open_;
  std::string where_;
  std::function<void(std::uint64_t)> on_bytes_;
  Digester digester_;
  std::uint64_t hashed_ = 0;  // bytes from the start
  bool complete_ = false;     // hashed to the end, and found right
};

}  // namespace ixian::oci
