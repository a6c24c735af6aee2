// Content digests (OCI image-spec, descriptor.md, "Digests").
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"

namespace ixian::oci {

// "sha256:<64 lower-case hex>" or "sha512:<128>": no other algorithm is accepted, so that a digest is always
// safe as a path and in a URL.
class Digest {
 public:
  // nullopt for anything else, upper-case hex included.
  static std::optional<Digest> parse(std::string_view text);
  static Digest of(std::string_view content);   // SHA-256
  static Digest of(base::ByteSource& content);  // read to its end

  const std::string& text() const { return text_; }
  std::string_view algorithm() const { return std::string_view(text_).substr(0, 6); }
  std::string_view hex() const { return std::string_view(text_).substr(7); }
  std::string short_hex() const { return std::string(hex().substr(0, 12)); }  // for people

  friend auto operator<=>(const Digest&, const Digest&) = default;  // NOLINT(modernize-use-nullptr)

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Of the hexadecimal digits that digests are spelt with.
constexpr bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// Hashes what streams by with the algorithm of an expected digest. Not thread-safe.
class Digester {
 public:
  // "sha256" or "sha512"; throws std::invalid_argument for any other.
  explicit Digester(std::string_view algorithm = "sha256");
  ~Digester();
  Digester(Digester&&) noexcept;
  Digester& operator=(Digester&&) noexcept;

  void update(std::string_view data);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ixian::oci
