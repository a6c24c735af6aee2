// The classes of characters that Dockerfiles know. All are ASCII: a no-break space is no space.
#pragma once

namespace ixian::dockerfile {

inline bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace ixian::dockerfile
