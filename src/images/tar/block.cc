// A header is one block of 512 bytes; block.h has its fields. A number in it is octal text, or base 256
// where its first bit is set (GNU's way for what is too big). The checksum is the sum of all bytes, its own
// field taken as spaces. Old writers summed signed bytes; that sum is not accepted.
#include "tar/block.h"

namespace ixian::tar {
namespace {

// Big-endian two's complement of 1 + 7·n bits; the first bit only says that it is one.
std::optional<std::int64_t> base256(std::string_view field) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(field[i]); };
  const bool negative = (byte(0) & 0x40) != 0;
  const std::uint8_t sign = negative ? 0xff : 0x00;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::uint8_t bits =
        i > 0 ? byte(i) : static_cast<std::uint8_t>(negative ? byte(0) : byte(0) & 0x7f);
    if (static_cast<std::uint8_t>(value >> 56) != sign) return std::nullopt;
    value = value << 8 | bits;
  }
  const auto number = static_cast<std::int64_t>(value);
  if ((number < 0) != negative) return std::nullopt;
  return number;
}

std::string_view without_padding(std::string_view field) {
  const auto is_padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && is_padding(field.back())) field.remove_suffix(1);
  return field;
}

}  // namespace

std::string_view tar_text(std::string_view field) {
  return field.substr(0, field.find('\0'));
}

std::optional<std::int64_t> tar_number(std::string_view field) {
  if (field.empty()) return std::nullopt;
  if ((static_cast<std::uint8_t>(field.front()) & 0x80) != 0) return base256(field);
  std::int64_t number = 0;
  for (char c : without_padding(field)) {
    if (c < '0' || c > '7' || number >> 60 != 0) return std::nullopt;
    number = number * 8 + (c - '0');
  }
  return number;
}

std::uint32_t tar_checksum(std::string_view block) {
  constexpr TarField kField = tar_field::kChecksum;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool inside = i >= kField.offset && i < kField.offset + kField.size;
    sum += inside ? std::uint32_t{' '} : static_cast<std::uint8_t>(block[i]);
  }
  return sum;
}

bool put_tar_number(std::string& block, const TarField& field, std::uint64_t number) {
  for (std::size_t i = field.size - 1; i-- > 0;) {
    block[field.offset + i] = static_cast<char>('0' + number % 8);
    number /= 8;
  }
  return number == 0;
}

void seal_tar_block(std::string& block) {
  constexpr TarField kField = tar_field::kChecksum;
  put_tar_number(block, {kField.offset, kField.size - 1}, tar_checksum(block));
  block[kField.offset + kField.size - 2] = '\0';
  block[kField.offset + kField.size - 1] = ' ';
}

}  // namespace ixian::tar
