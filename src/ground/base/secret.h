// Passwords and tokens, as a type that cannot be printed.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ixian::base {

// Holds a secret in memory and wipes it when it goes. There is no way to print, compare, hash or serialise
// one: whoever needs the text says reveal(), which is easy to search for. Copies wipe themselves too.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  bool empty() const { return text_.empty(); }

  // Valid as long as this object lives unchanged. Never hand it to anything that logs.
  const std::string& reveal() const { return text_; }

 private:
  void wipe() noexcept;

  std::string text_;
};

// Overwrites the text's bytes, its spare capacity included, then empties it.
void wipe(std::string& text) noexcept;

// `text` with every occurrence of the secret replaced by "***"; secrets of fewer than four characters are
// left. For what a server or a program said, which may repeat what it was told.
std::string without_secret(std::string text, const Secret& secret);

}  // namespace ixian::base
