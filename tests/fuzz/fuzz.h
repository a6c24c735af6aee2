// What all fuzz targets share. A target is one file with one LLVMFuzzerTestOneInput: libFuzzer drives it in
// the build of the preset `fuzz`, driver.cc in every other. It catches the exceptions that a contract names,
// and no other: whatever else is thrown ends the program, and is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Ends the program where a property does not hold, whatever the build type.
#define FUZZ_CHECK(condition)                                                                  \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      std::fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                            \
    }                                                                                          \
  } while (false)

namespace ixian::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

// Fit to be shown to a user, whatever was read: not empty, one short line and maybe a hint on another,
// nothing that steers a terminal.
inline bool is_message(std::string_view text) {
  constexpr std::string_view kHint = "\nhint: ";
  if (const std::size_t hint = text.find(kHint); hint != std::string_view::npos && hint > 0)
    return is_message(text.substr(0, hint)) && is_message(text.substr(hint + kHint.size()));
  if (text.empty() || text.size() > 2000) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

// Seeds hold it where a secret belongs.
inline constexpr std::string_view kCanary = "canary-secret";

// A message about something that holds secrets, and so repeats nothing of it.
inline bool is_discreet_message(std::string_view text) {
  return is_message(text) && text.find(kCanary) == std::string_view::npos;
}

// The lines of an input, as the fields of a header.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    lines.push_back(text.substr(0, end));
  }
  lines.push_back(text);
  return lines;
}

}  // namespace ixian::fuzz
