// A digest is text of one of two shapes, checked once: whoever has a Digest can make a path of it without a
// further look.
#include "oci/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <vector>

#include "base/sha256.h"

namespace ixian::oci {
namespace {

constexpr std::size_t kAlgorithmSize = 6;  // of both names

std::optional<std::size_t> hex_size(std::string_view algorithm) {
  if (algorithm == "sha256") return 64;
  if (algorithm == "sha512") return 128;
  return std::nullopt;
}

}  // namespace

std::optional<Digest> Digest::parse(std::string_view text) {
  if (text.size() <= kAlgorithmSize || text[kAlgorithmSize] != ':') return std::nullopt;
  const std::string_view hex = text.substr(kAlgorithmSize + 1);
  if (hex_size(text.substr(0, kAlgorithmSize)) != hex.size()) return std::nullopt;
  if (!std::all_of(hex.begin(), hex.end(), is_lower_hex)) return std::nullopt;
  return Digest(std::string(text));
}

Digest Digest::of(std::string_view content) {
  return Digest("sha256:" + base::sha256_hex(content));
}

struct Digester::State {
  explicit State(std::string_view algorithm) : name(algorithm), context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
    if (EVP_DigestInit_ex(context, name == "sha512" ? EVP_sha512() : EVP_sha256(), nullptr) != 1) {
      EVP_MD_CTX_free(context);
      throw std::runtime_error("OpenSSL cannot compute " + name);
    }
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::string name;
  EVP_MD_CTX* context;
};

Digester::Digester(std::string_view algorithm) {
  if (!hex_size(algorithm)) {
    throw std::invalid_argument("unknown digest algorithm (expected: sha256 or sha512)");
  }
  state_ = std::make_unique<State>(algorithm);
}

Digester::~Digester() = default;
Digester::Digester(Digester&&) noexcept = default;
Digester& Digester::operator=(Digester&&) noexcept = default;

void Digester::update(std::string_view data) {
  EVP_DigestUpdate(state_->context, data.data(), data.size());
}

Digest Digester::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context, bytes.data(), &size);
  std::string text = state_->name + ':';
  for (unsigned i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return *Digest::parse(text);
}

Digest Digest::of(base::ByteSource& content) {
  Digester digester;
  std::vector<char> buffer(256 << 10);
  while (const std::size_t count = content.read(buffer.data(), buffer.size()))
    digester.update({buffer.data(), count});
  return digester.finish();
}

}  // namespace ixian::oci
