// Each record is its size, 4 bytes as this machine has them (nobody else reads them), and then its bytes.
#include "layer/spooled_records.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace ixian::layer {
namespace {

std::uint32_t record_size(std::string_view start) {
  std::uint32_t size = 0;
  std::memcpy(&size, start.data(), sizeof(size));
  return size;
}

}  // namespace

void SpooledRecords::add(std::string_view record) {
  const auto size = static_cast<std::uint32_t>(record.size());
  char start[kSize];
  std::memcpy(start, &size, kSize);
  spool_.append({start, kSize});
  spool_.append(record);
}

void SpooledRecords::each(const std::function<void(std::string_view record)>& on_record) const {
  constexpr std::uint64_t kAtOnce = 64 << 10;
  std::string buffer;
  for (std::uint64_t at = 0; at < spool_.size();) {
    std::string_view window =
        spool_.read(at, static_cast<std::size_t>(std::min(kAtOnce, spool_.size() - at)), buffer);
    const std::size_t first = kSize + record_size(window);
    if (first > window.size()) window = spool_.read(at, first, buffer);
    while (window.size() >= kSize && window.size() >= kSize + record_size(window)) {
      const std::size_t size = kSize + record_size(window);
      on_record(window.substr(kSize, size - kSize));
      at += size;
      window.remove_prefix(size);
    }
  }
}

std::string SpooledRecords::at(std::uint64_t place) const {
  std::string buffer;
  const std::uint32_t size = record_size(spool_.read(place, kSize, buffer));
  return std::string(spool_.read(place + kSize, size, buffer));
}

}  // namespace ixian::layer
