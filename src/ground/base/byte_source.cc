#include "base/byte_source.h"

#include <algorithm>

#include "base/error.h"

namespace ixian::base {

std::string read_all(ByteSource& source, std::size_t limit, const std::string& what) {
  std::string text;
  constexpr std::size_t kStep = 16 << 10;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const std::size_t count = source.read(text.data() + before, kStep);
    text.resize(before + count);
    if (count == 0) return text;
    if (text.size() > limit) {
      throw Error(
          ErrorCode::kRegistry,
          what + " is longer than " + std::to_string(limit) +
              " bytes, the most that is accepted; nothing of it was used\nhint: check what answers there");
    }
  }
}

}  // namespace ixian::base
