// OpenSSL's older functions, which hash with the same code as EVP: that one would first read its
// configuration and set up its providers, half a millisecond of each start of ix.
#include "base/sha256.h"

namespace ixian::base {

Sha256::Sha256() {
  ::SHA256_Init(&context_);
}

void Sha256::update(const void* data, std::size_t size) {
  ::SHA256_Update(&context_, data, size);
}

Sha256Bytes Sha256::finish() {
  Sha256Bytes bytes;
  ::SHA256_Final(bytes.data(), &context_);
  ::SHA256_Init(&context_);
  return bytes;
}

std::string to_hex(const Sha256Bytes& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return to_hex(hash.finish());
}

}  // namespace ixian::base
