// gzip and zstd streams: one reading of them, however they come in, or an error.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "compression/compression.h"
#include "fuzz.h"

namespace {

using namespace ixian;

constexpr std::size_t kEnough = 4 << 20;

class Drip : public base::ByteSource {
 public:
  Drip(std::string_view text, std::size_t step) : rest_(text), step_(step) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = rest_.copy(buffer, std::min(size, step_));
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t step_;
};

// nullopt for damaged bytes.
std::optional<std::string> unpacked(std::string_view packed, std::size_t step, std::size_t room) {
  std::string text;
  std::string buffer(room, '\0');
  try {
    Drip source(packed, step);
    const auto bytes = compression::unpack(source);
    while (text.size() < kEnough) {
      const std::size_t count = bytes->read(buffer.data(), buffer.size());
      if (count == 0) return text;
      FUZZ_CHECK(count <= room);
      text.append(buffer, 0, count);
    }
    text.resize(kEnough);
    return text;
  } catch (const base::Error& error) {
    FUZZ_CHECK(fuzz::is_message(error.message()));
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view packed = fuzz::text_of(data, size);
  const auto at_once = unpacked(packed, size + 1, 1 << 20);
  const auto in_pieces = unpacked(packed, 3, 1000);
  FUZZ_CHECK(!at_once || !in_pieces || *at_once == *in_pieces);
  FUZZ_CHECK(at_once.has_value() == in_pieces.has_value() ||
             (at_once ? at_once : in_pieces)->size() == kEnough);
  return 0;
}
