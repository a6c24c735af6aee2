// What a repository's name cannot have is written as "x" and two hexadecimal digits, and so is x itself. No
// registry has the host: names below .localhost are this machine's (RFC 6761).
#include "layout/folder_reference.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace ixian::layout {
namespace {

constexpr std::string_view kFolderHost = "dir.localhost";

bool stays(char c) {
  return (c >= 'a' && c <= 'z' && c != 'x') || (c >= '0' && c <= '9');
}

std::optional<std::string> decoded(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != 'x') {
      out += part[i];
      continue;
    }
    const std::string_view digits = part.substr(i + 1, 2);
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

}  // namespace

std::string folder_repository(const std::string& folder) {
  std::string name(kFolderHost);
  for (const std::string_view part : base::split(folder, '/')) {
    if (part.empty()) continue;
    name += '/';
    for (const char c : part)
      name += stays(c) ? std::string(1, c) : fmt::format("x{:02x}", static_cast<unsigned char>(c));
  }
  return oci::parse_reference(name).name();
}

std::optional<std::string> repository_folder(const oci::Reference& reference) {
  if (reference.host != kFolderHost) return std::nullopt;
  std::string folder;
  for (const std::string_view part : base::split(reference.repository, '/')) {
    const auto plain = decoded(part);
    if (!plain) return std::nullopt;
    folder += "/" + *plain;
  }
  return folder;
}

}  // namespace ixian::layout
