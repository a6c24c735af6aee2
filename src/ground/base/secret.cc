// A secret's memory is overwritten when it goes, including what a moved-from string keeps. No more is
// promised: others' copies (of the kernel, of libraries) are not in reach.
#include "base/secret.h"

#include <openssl/crypto.h>

namespace ixian::base {

void wipe(std::string& text) noexcept {
  // The spare capacity may hold what was there before; data() may be written up to capacity().
  OPENSSL_cleanse(text.data(), text.capacity());
  text.clear();
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
  other.wipe();  // a short string stays in the object that it was moved from
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    text_ = other.text_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  base::wipe(text_);
}

std::string without_secret(std::string text, const Secret& secret) {
  constexpr std::size_t kShortest = 4;
  const std::string& hidden = secret.reveal();
  // It would blot out half of the text.
  if (hidden.size() < kShortest) return text;
  for (std::size_t at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at)) {
    text.replace(at, hidden.size(), "***");
    at += 3;
  }
  return text;
}

}  // namespace ixian::base
