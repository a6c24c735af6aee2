// The network of a RUN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/run_spec.h"

namespace ixian::sandbox {

// A program that carries a network namespace's traffic out.
struct NetworkHelper {
  std::vector<std::string> argv;
  // Ready when it writes a byte to descriptor 3; otherwise when it has put itself into the background.
  bool tells_ready = false;
};

struct NetworkPlan {
  std::string file;      // what the new namespace is mounted on; "" for this machine's own network
  NetworkHelper helper;  // argv empty: none
  std::string resolv_conf;
};

// Throws Error{kUsage} where this machine lacks what a network of that kind takes.
void require_network(Network network, const std::string& other_networks);

// For kNone and kIsolated makes a network namespace mounted on `file`, an existing one. A machine that has no
// way out itself gives no more than loopback to kIsolated. Throws Error{kUsage} where there is neither pasta
// nor slirp4netns, and never falls back to the machine's network.
// `other_networks` as in RunSpec.
NetworkPlan plan_network(Network network, const std::string& file, const std::string& other_networks);

// `text` of a resolv.conf(5) with those parts replaced that `dns` has.
std::string resolv_conf_with(std::string_view text, const DnsSettings& dns);

// `text` of a resolv.conf(5) for a namespace in which this machine's loopback is not the same: name servers
// there are replaced by `instead`.
std::string without_loopback(std::string_view text, std::string_view instead);

}  // namespace ixian::sandbox
