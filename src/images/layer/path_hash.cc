// SipHash-1-3 with a key of this process: a layer must not be able to choose names whose numbers collide.
// `start` goes in as one more word before the bytes.
#include "layer/path_hash.h"

#include <sys/random.h>

#include <bit>
#include <cstring>
#include <ctime>

namespace ixian::layer {
namespace {

struct HashKey {
  std::uint64_t halves[2];
};

const HashKey& hash_key() {
  static const HashKey key = [] {
    HashKey random{};
    if (::getrandom(&random, sizeof(random), 0) != sizeof(random))
      random.halves[0] = static_cast<std::uint64_t>(std::clock());
    return random;
  }();
  return key;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void add(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t path_hash(std::uint64_t start, std::string_view bytes) {
  const auto& [low, high] = hash_key().halves;
  SipState state{low ^ 0x736f6d6570736575, high ^ 0x646f72616e646f6d, low ^ 0x6c7967656e657261,
                 high ^ 0x7465646279746573};
  state.add(start);
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    state.add(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  last ^= rest;
  state.add(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace ixian::layer
