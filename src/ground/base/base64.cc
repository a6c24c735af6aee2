// Written here, as secrets pass through it: every buffer has its size from the start or is wiped, so that
// growing leaves no copy of a password in freed memory. Both alphabets are read, missing padding and line
// breaks too: the files have been written by many programs and hands.
#include "base/base64.h"

#include <algorithm>
#include <cstdint>

namespace ixian::base {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) {
  if (c == '-') c = '+';
  if (c == '_') c = '/';
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::size_t encoded_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// `text` has room for it.
void append_encoded(std::string& text, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
  }
}

std::string encode(std::string_view bytes) {
  std::string text;
  text.reserve(encoded_size(bytes.size()));
  append_encoded(text, bytes);
  return text;
}

}  // namespace

Secret encode_base64(std::string_view bytes) {
  return Secret(encode(bytes));
}

Secret encode_base64_url(std::string_view bytes) {
  std::string text = encode(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return Secret(std::move(text));
}

std::optional<Secret> decode_base64(std::string_view text) {
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
      wipe(bytes);
      return std::nullopt;
    }
    // More bits than are still to be written need not be kept.
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    if ((bits += 6) >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 0xff);
  }
  if (bits == 6 || padding > 2) {  // one character of a group stands for nothing
    wipe(bytes);
    return std::nullopt;
  }
  return Secret(std::move(bytes));
}

Secret basic_authorization(const std::string& username, const Secret& password) {
  std::string both;
  both.reserve(username.size() + 1 + password.reveal().size());
  both.append(username).append(":").append(password.reveal());
  constexpr std::string_view kScheme = "Basic ";
  std::string header;
  header.reserve(kScheme.size() + encoded_size(both.size()));
  header += kScheme;
  append_encoded(header, both);
  wipe(both);
  return Secret(std::move(header));
}

}  // namespace ixian::base
