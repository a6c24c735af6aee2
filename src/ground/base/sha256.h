// SHA-256 (FIPS 180-4) by OpenSSL, which uses the processor's SHA instructions where there are any.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ixian::base {

using Sha256Bytes = std::array<std::uint8_t, 32>;

// One running digest. Not thread-safe; one for each thread. May be reused after finish().
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(const void* data, std::size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }
  Sha256Bytes finish();

 private:
  SHA256_CTX context_;
};

std::string to_hex(const Sha256Bytes& bytes);  // 64 lower-case characters
std::string sha256_hex(std::string_view text);

}  // namespace ixian::base
