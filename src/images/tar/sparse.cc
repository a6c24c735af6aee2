// A sparse file's body holds its data only; a map of (offset, size) says where it belongs. There are four
// ways to write the map:
//
//   old GNU    four entries of 2 × 12 bytes from byte 386 of the header, then blocks of 21 more
//   PAX 0.0    records GNU.sparse.offset and GNU.sparse.numbytes, in turn
//   PAX 0.1    one record GNU.sparse.map: numbers between commas
//   PAX 1.0    decimal lines at the start of the body: how many, then the numbers; filled to a block
//
// All end in one check: in order, within the file's size, and just as much as the body holds.
#include "tar/sparse.h"

#include <charconv>
#include <limits>
#include <stdexcept>

#include "tar/block.h"

namespace ixian::tar {
namespace {

constexpr std::uint64_t kMaxSparseSize = std::numeric_limits<std::int64_t>::max() / 2;
constexpr TarField kRealSize{483, 12};
constexpr std::size_t kInHeader = 386, kInHeaderCount = 4, kHeaderGoesOn = 482;
constexpr std::size_t kInBlockCount = 21, kBlockGoesOn = 504;

[[noreturn]] void refuse(const char* reason) {
  throw std::invalid_argument(reason);
}

std::uint64_t decimal(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end || number > kMaxSparseSize) {
    refuse("has a sparse map with an invalid number");
  }
  return number;
}

void push(std::vector<std::uint64_t>& numbers, std::uint64_t number) {
  if (numbers.size() >= 2 * kMaxSparseSegments) refuse("has a sparse map with too many entries");
  numbers.push_back(number);
}

SparseMap checked(std::uint64_t real_size, const std::vector<std::uint64_t>& numbers,
                  std::uint64_t packed_size) {
  if (numbers.size() % 2 != 0) refuse("has a truncated sparse map");
  SparseMap map{real_size, {}};
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const SparseSegment segment{numbers[i], numbers[i + 1]};
    if (segment.offset < end || segment.offset > real_size || segment.size > real_size - segment.offset) {
      refuse("has a sparse map that is out of order or beyond its size");
    }
    end = segment.offset + segment.size;
    sum += segment.size;
    if (segment.size > 0) map.segments.push_back(segment);
  }
  if (sum != packed_size) refuse("has a sparse map that does not match its content");
  return map;
}

// Up to the first entry that is not there; false where the list ends with it.
bool take_entries(std::string_view block, std::size_t offset, std::size_t count,
                  std::vector<std::uint64_t>& numbers) {
  for (std::size_t i = 0; i < count; ++i, offset += 24) {
    if (block[offset] == '\0' && block[offset + 12] == '\0') return false;
    for (const std::size_t at : {offset, offset + 12}) {
      const auto number = tar_number(block.substr(at, 12));
      if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > kMaxSparseSize) {
        refuse("has a sparse map with an invalid number");
      }
      push(numbers, static_cast<std::uint64_t>(*number));
    }
  }
  return true;
}

}  // namespace

bool PaxSparse::take(std::string_view key, std::string_view value) {
  constexpr std::string_view kPrefix = "GNU.sparse.";
  if (!key.starts_with(kPrefix)) return false;
  key.remove_prefix(kPrefix.size());
  seen_ = true;
  if (key == "name") {
    name_ = value;
  } else if (key == "major") {
    major_ = decimal(value);
    if (major_ > 1) refuse("is a sparse file of an unknown version");
  } else if (key == "size" || key == "realsize") {
    real_size_ = decimal(value);
  } else if (key == "offset" || key == "numbytes") {
    if ((key == "offset") != (numbers_.size() % 2 == 0)) refuse("has a sparse map that is out of order");
    push(numbers_, decimal(value));
  } else if (key == "map") {
    numbers_.clear();
    for (std::size_t comma = 0; comma != std::string_view::npos && !value.empty();) {
      comma = value.find(',');
      push(numbers_, decimal(value.substr(0, comma)));
      value.remove_prefix(comma == std::string_view::npos ? 0 : comma + 1);
    }
  }
  return true;
}

SparseMap PaxSparse::map(std::uint64_t packed_size, const std::function<std::string()>& read_line) const {
  if (!real_size_) refuse("is a sparse file without a size");
  if (!map_in_body()) return checked(*real_size_, numbers_, packed_size);

  // The lines, and the zeros that fill their last block, are part of the body.
  std::uint64_t length = 0;
  const auto number = [&] {
    const std::string line = read_line();
    length += line.size() + 1;
    return decimal(line);
  };
  const std::uint64_t count = number();
  if (count > kMaxSparseSegments) refuse("has a sparse map with too many entries");
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 2 * count; ++i) numbers.push_back(number());
  length += tar_padding(length);
  if (length > packed_size) refuse("has a sparse map that does not fit its content");
  return checked(*real_size_, numbers, packed_size - length);
}

SparseMap gnu_sparse_map(std::string_view block, std::uint64_t packed_size,
                         const std::function<std::string()>& next_block) {
  const auto real_size = tar_number(kRealSize.of(block));
  if (!real_size || *real_size < 0 || static_cast<std::uint64_t>(*real_size) > kMaxSparseSize) {
    refuse("is a sparse file with a size that cannot be");
  }
  std::vector<std::uint64_t> numbers;
  bool more = take_entries(block, kInHeader, kInHeaderCount, numbers);
  bool goes_on = block[kHeaderGoesOn] != '\0';
  while (goes_on) {
    if (!more) refuse("has a sparse map with a gap");
    const std::string next = next_block();
    more = take_entries(next, 0, kInBlockCount, numbers);
    goes_on = next[kBlockGoesOn] != '\0';
  }
  return checked(static_cast<std::uint64_t>(*real_size), numbers, packed_size);
}

}  // namespace ixian::tar
