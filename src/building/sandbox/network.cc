// A RUN gets a network namespace of its own, and a helper in user space (pasta, else slirp4netns) copies its
// traffic to sockets of this user: that needs no root, opens no port of this machine, and does not reach what
// listens on its loopback. Without a helper there is an error and never the machine's own network, which
// would show a build the services of whoever runs it.
#include "sandbox/network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "files/fs.h"
#include "files/read_or_empty.h"
#include "process/subprocess.h"

namespace ixian::sandbox {
namespace {

// Addresses that pasta and slirp4netns answer name queries on, inside.
constexpr const char* kPastaDns = "169.254.1.1";
constexpr const char* kSlirpDns = "10.0.2.3";

// In the thread's network namespace. netdevice(7).
bool start_loopback() {
  const files::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = {};
  std::string_view("lo").copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return socket.valid() && ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

void make_namespace(const std::string& file) {
  int error = 0;
  base::start_thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 || !start_loopback() ||
        ::mount("/proc/thread-self/ns/net", file.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      error = errno;
    }
  }).join();
  if (error != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "cannot create the network of RUN: " + base::errno_text(error));
  }
}

// proc(5): an IPv4 route to 0.0.0.0, or an IPv6 one to ::/0 that is not the kernel's own "unreachable".
bool machine_has_way_out() {
  const std::string routes = files::read_or_empty("/proc/net/route");
  for (std::string_view line : base::split(routes, '\n')) {
    const auto fields = base::split(line, '\t');
    if (fields.size() > 7 && fields[1] == "00000000" && fields[7] == "00000000") return true;
  }
  const std::string routes_6 = files::read_or_empty("/proc/net/ipv6_route");
  for (std::string_view line : base::split(routes_6, '\n')) {
    if (line.starts_with("00000000000000000000000000000000 00 ") && !line.ends_with(" lo")) return true;
  }
  return false;
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

// All that is missing at once.
[[noreturn]] void fail_without(int tun_error, bool has_helper, const std::string& other_networks) {
  std::string missing;
  std::string help;
  if (!has_helper) {
    missing = "neither pasta nor slirp4netns found";
    help = "install the package passt or slirp4netns";
  }
  if (tun_error != 0) {
    missing += fmt::format("{}cannot open /dev/net/tun ({})", missing.empty() ? "" : ", and ",
                           base::errno_text(tun_error));
    help += fmt::format("{} the kernel module tun and make /dev/net/tun accessible (mode 0666)",
                        help.empty() ? "load" : ", load");
  }
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("no network for RUN: {}\nhint: {}; or use another network: {}", missing, help,
                                other_networks));
}

// The program that carries traffic out, one of the two. None where the machine has no way out itself.
struct WayOut {
  std::string pasta;
  std::string slirp4netns;
};

WayOut way_out(const std::string& other_networks) {
  if (!machine_has_way_out()) return {};
  const int tun = ::access("/dev/net/tun", R_OK | W_OK) == 0 ? 0 : errno;
  const char* variable = ::getenv("PATH");
  const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  WayOut found{process::find_program("pasta", path), ""};
  if (found.pasta.empty()) found.slirp4netns = process::find_program("slirp4netns", path);
  const bool helped = !found.pasta.empty() || !found.slirp4netns.empty();
  if (tun != 0 || !helped) fail_without(tun, helped, other_networks);
  return found;
}

}  // namespace

std::string without_loopback(std::string_view text, std::string_view instead) {
  std::string result;
  bool replaced = false;
  for (std::string_view line : base::split(text, '\n')) {
    std::vector<std::string> words;
    const bool server = base::split_words(line, words) && words.size() > 1 && words[0] == "nameserver";
    if (!server || !is_loopback(words[1])) {
      if (!line.empty()) result += std::string(line) + "\n";
    } else if (!std::exchange(replaced, true)) {
      result += fmt::format("nameserver {}\n", instead);
    }
  }
  return result;
}

std::string resolv_conf_with(std::string_view text, const DnsSettings& dns) {
  std::string result;
  for (std::string_view line : base::split(text, '\n')) {
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    const bool replaced = (word == "nameserver" && !dns.servers.empty()) ||
                          ((word == "search" || word == "domain") && !dns.search.empty()) ||
                          (word == "options" && !dns.options.empty());
    if (!replaced && !line.empty()) result += std::string(line) + "\n";
  }
  for (const std::string& server : dns.servers) result += fmt::format("nameserver {}\n", server);
  if (!dns.search.empty() && dns.search != std::vector<std::string>{"."})
    result += fmt::format("search {}\n", base::join(dns.search, " "));
  if (!dns.options.empty()) result += fmt::format("options {}\n", base::join(dns.options, " "));
  return result;
}

void require_network(Network network, const std::string& other_networks) {
  if (network == Network::kIsolated) way_out(other_networks);
}

NetworkPlan plan_network(Network network, const std::string& file, const std::string& other_networks) {
  NetworkPlan plan;
  plan.resolv_conf = files::read_or_empty("/etc/resolv.conf");
  if (network == Network::kHost) return plan;
  plan.file = file;
  const WayOut program = network == Network::kIsolated ? way_out(other_networks) : WayOut();
  if (!program.pasta.empty()) {
    // No port leads in, nor out to this machine's loopback: neither by forwarding nor by the gateway's
    // address.
    plan.helper.argv = {program.pasta, "--quiet", "--config-net", "--no-map-gw", "--runas", "0:0", "-t",
                        "none",        "-u",      "none",         "-T",          "none",    "-U",  "none"};
    // A resolver on 127.0.0.53 is on this machine's loopback, where the RUN does not get: pasta takes its
    // queries there.
    const std::string servers = without_loopback(plan.resolv_conf, kPastaDns);
    if (servers.find(fmt::format("nameserver {}\n", kPastaDns)) != std::string::npos) {
      plan.helper.argv.insert(plan.helper.argv.end(), {"--dns-forward", kPastaDns});
    }
    plan.resolv_conf = servers;
    plan.helper.argv.insert(plan.helper.argv.end(), {"--netns", file});
  } else if (!program.slirp4netns.empty()) {
    plan.helper.argv = {program.slirp4netns, "--configure",       "--mtu=65520", "--disable-host-loopback",
                        "--ready-fd=3",      "--netns-type=path", file,          "tap0"};
    plan.helper.tells_ready = true;
    plan.resolv_conf = fmt::format("nameserver {}\n", kSlirpDns);
  }
  make_namespace(file);
  return plan;
}

}  // namespace ixian::sandbox
