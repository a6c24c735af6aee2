#include "base/sha256.h"

#include <openssl/evp.h>

#include <new>

namespace ixian::base {
namespace {

EVP_MD_CTX* evp(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

// Fetched once: in OpenSSL 3 an EVP_sha256() in every init looks the algorithm up again.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
  EVP_DigestInit_ex2(evp(context_), algorithm(), nullptr);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(evp(context_));
}

void Sha256::update(const void* data, std::size_t size) {
  EVP_DigestUpdate(evp(context_), data, size);
}

Sha256Bytes Sha256::finish() {
  Sha256Bytes bytes;
  EVP_DigestFinal_ex(evp(context_), bytes.data(), nullptr);
  EVP_DigestInit_ex2(evp(context_), nullptr, nullptr);
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
