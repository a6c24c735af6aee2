// PAX records, "27 mtime=1350244992.0239609\n" (POSIX.1-2017, pax, "pax Extended Header").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ixian::tar {

inline constexpr std::string_view kPaxXattr = "SCHILY.xattr.";

// Calls back with each record, in order. False where the text is not made of records.
bool for_each_pax_record(std::string_view text,
                         const std::function<void(std::string_view key, std::string_view value)>& on_record);

// One record; its length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value);

// Seconds since 1970, with a fraction that counts upwards: -1.25 s is {-2, 750000000}.
struct PaxTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

// "-1.25"; digits below a nanosecond are dropped, towards the past. nullopt for anything else.
std::optional<PaxTime> parse_pax_time(std::string_view text);
std::string pax_time(const PaxTime& time);

}  // namespace ixian::tar
