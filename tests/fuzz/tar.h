// Archives whose headers have right checksums, so that mutations get past the first check.
#pragma once

#include <string>
#include <string_view>

#include "tar/block.h"

namespace ixian::fuzz {

inline std::string with_checksums(std::string_view bytes) {
  std::string archive(bytes);
  for (std::size_t at = 0; at + tar::kTarBlock <= archive.size();) {
    std::string block = archive.substr(at, tar::kTarBlock);
    const auto size = tar::tar_number(tar::tar_field::kSize.of(block)).value_or(0);
    if (block.find_first_not_of('\0') != std::string::npos) tar::seal_tar_block(block);
    archive.replace(at, tar::kTarBlock, block);
    at += tar::kTarBlock;
    if (size <= 0 || static_cast<std::uint64_t>(size) > archive.size()) continue;
    const auto body = static_cast<std::uint64_t>(size);
    at += static_cast<std::size_t>(body + tar::tar_padding(body));
  }
  return archive;
}

}  // namespace ixian::fuzz
