// What the kernel makes of a seccomp program.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace ixian::testing {

// SECCOMP_RET_…: its verdict on `call`. Throws std::logic_error for an instruction that no seccomp program of
// ours or of libseccomp has, std::out_of_range where the program runs past its end.
inline std::uint32_t seccomp_verdict(const std::vector<sock_filter>& program, const seccomp_data& call) {
  std::uint32_t word = 0;
  for (std::size_t at = 0;; ++at) {
    const sock_filter& now = program.at(at);
    switch (now.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&word, reinterpret_cast<const char*>(&call) + now.k, sizeof(word));
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += word == now.k ? now.jt : now.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += word >= now.k ? now.jt : now.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        at += word > now.k ? now.jt : now.jf;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        word &= now.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (word & now.k) != 0 ? now.jt : now.jf;
        break;
      case BPF_JMP | BPF_JA:
        at += now.k;
        break;
      case BPF_RET | BPF_K:
        return now.k;
      default:
        throw std::logic_error("an instruction that is not known");
    }
  }
}

}  // namespace ixian::testing
