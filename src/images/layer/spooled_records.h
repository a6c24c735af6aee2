// Records of bytes that are written one by one, and then gone through in that order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "layer/spool.h"

namespace ixian::layer {

// Holds in memory what a Spool does.
class SpooledRecords {
 public:
  void add(std::string_view record);
  bool empty() const { return spool_.size() == 0; }
  // A record counts until the next one comes.
  void each(const std::function<void(std::string_view record)>& on_record) const;
  // The record that add() was called with when size() said so.
  std::uint64_t size() const { return spool_.size(); }
  std::string at(std::uint64_t place) const;

 private:
  static constexpr std::size_t kSize = sizeof(std::uint32_t);

  Spool spool_;
};

}  // namespace ixian::layer
