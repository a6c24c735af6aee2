#include "build_flags/run_option_values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace ixian::build_flags {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw base::Error(base::ErrorCode::kUsage, message);
}

bool is_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

std::string without_brackets(std::string_view address) {
  const bool has = address.size() > 2 && address.starts_with('[') && address.ends_with(']');
  return std::string(has ? address.substr(1, address.size() - 2) : address);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_extra_hosts(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const std::string_view each : base::split(text, ',')) {
    const std::size_t equals = each.find('=');
    const std::size_t at = equals == std::string_view::npos ? each.find(':') : equals;
    const std::string name(each.substr(0, at));
    const std::string address = at == std::string_view::npos ? "" : without_brackets(each.substr(at + 1));
    if (address == "host-gateway") {
      refuse(
          fmt::format("--add-host {} is not supported: RUN has no gateway to the host\nhint: with `--network "
                      "host` the host is 127.0.0.1",
                      each));
    }
    if (name.empty() || name.find_first_of(" \t\n") != std::string::npos || !is_address(address)) {
      refuse(fmt::format(
          "invalid value \"{}\" for --add-host (expected: NAME:ADDRESS, such as db:192.0.2.7 or db=::1)",
          base::printable_path(each)));
    }
    hosts.emplace_back(name, address);
  }
  return hosts;
}

std::string parse_name_server(const std::string& text) {
  if (is_address(text)) return text;
  refuse(fmt::format("invalid value \"{}\" for --dns (expected: an IP address)", base::printable_path(text)));
}

void check_together(const engine::RunLimits& limits) {
  constexpr std::uint64_t kLeastPeriod = 1'000;
  constexpr std::uint64_t kMostPeriod = 1'000'000;
  const std::uint64_t period = limits.cpu.period;
  if (period != 0 && (period < kLeastPeriod || period > kMostPeriod))
    refuse(fmt::format("invalid value \"{}\" for --cpu-period (expected: 1000 to 1000000 microseconds)",
                       period));
  if (limits.cpu.quota != 0 && limits.cpu.quota < kLeastPeriod)
    refuse(fmt::format("invalid value \"{}\" for --cpu-quota (expected: at least 1000 microseconds)",
                       limits.cpu.quota));
  if (!limits.memory_swap || *limits.memory_swap == 0) return;
  if (limits.memory.value_or(0) == 0)
    refuse("--memory-swap is memory and swap together, and needs --memory\nhint: add `--memory SIZE`");
  if (*limits.memory_swap < *limits.memory)
    refuse("--memory-swap is memory and swap together, and cannot be less than --memory");
}

}  // namespace ixian::build_flags
