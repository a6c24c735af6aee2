// Written here, as secrets pass through it: every buffer has its size from the start or is wiped, so that
// growing leaves no copy of a password in freed memory. Both alphabets are read, missing padding and line
// breaks too: the files have been written by many programs and hands.
#include "auth/base64.h"

#include <cstdint>

namespace ixian::auth {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) {
  if (c == '-') c = '+';
  if (c == '_') c = '/';
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace

base::Secret encode_base64(std::string_view bytes) {
  return base::Secret(encode(bytes));
}

std::optional<base::Secret> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());  // no copy is left behind by growing
  std::uint32_t group = 0;
  int bits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = value_of(c);
    if (value < 0 || padding > 0) {
      base::wipe(bytes);
      return std::nullopt;
    }
    // More bits than are still to be written need not be kept.
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    if ((bits += 6) >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 0xff);
  }
  if (bits == 6 || padding > 2) {  // one character of a group stands for nothing
    base::wipe(bytes);
    return std::nullopt;
  }
  return base::Secret(std::move(bytes));
}

base::Secret basic_authorization(const std::string& username, const base::Secret& password) {
  std::string both;
  both.reserve(username.size() + 1 + password.reveal().size());
  both.append(username).append(":").append(password.reveal());
  std::string header = "Basic ";
  header += encode(both);
  base::wipe(both);
  return base::Secret(std::move(header));
}

}  // namespace ixian::auth
