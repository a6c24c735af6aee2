// The program asks for the architecture first, then for the number, and for a few calls for their first
// argument. Numbers are looked up by halving: a program of a few hundred instructions runs ten of them. An
// architecture that the profile does not name ends the process, since its numbers mean other calls.
#include "sandbox/seccomp_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "sandbox/syscall_numbers.h"

namespace ixian::sandbox {
namespace {

using base::Json;
using Code = std::vector<sock_filter>;

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kFullWord = 0xffffffff;
constexpr std::uint32_t kX32 = 0x40000000;         // asm/unistd.h: added to all numbers of x32
constexpr std::uint32_t kArmPrivate = 0x000f0000;  // asm/unistd.h: numbers apart from all others

std::uint32_t fails(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

sock_filter ends(std::uint32_t verdict) {
  return BPF_STMT(BPF_RET | BPF_K, verdict);
}

sock_filter loads(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// Of the first argument, on machines whose lower half comes first.
sock_filter loads_low() {
  return loads(offsetof(seccomp_data, args));
}
sock_filter loads_high() {
  return loads(offsetof(seccomp_data, args) + 4);
}

void append(Code& code, const Code& more) {
  code.insert(code.end(), more.begin(), more.end());
}

// What becomes of each value: from a key on, up to the next key. Has the key 0.
using Ranges = std::map<std::uint32_t, Code>;

// With the value loaded. Each part ends by itself.
Code by_halves(Ranges::const_iterator first, Ranges::const_iterator last) {
  const auto count = std::distance(first, last);
  if (count == 1) return first->second;
  const auto middle = std::next(first, count / 2);
  const Code below = by_halves(first, middle);
  const Code above = by_halves(middle, last);
  Code code;
  // A conditional jump reaches no further.
  if (below.size() <= 255) {
    code.push_back(
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, middle->first, static_cast<std::uint8_t>(below.size()), 0));
  } else {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, middle->first, 0, 1));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(below.size()), 0, 0));
  }
  append(code, below);
  append(code, above);
  return code;
}

bool same(const Code& left, const Code& right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(), [](const auto& one, const auto& other) {
        return one.code == other.code && one.jt == other.jt && one.jf == other.jf && one.k == other.k;
      });
}

// Single values with what becomes of them; of all others `otherwise`, of those from `end` on `beyond`.
Ranges ranges_of(const std::map<std::uint32_t, Code>& values, const Code& otherwise) {
  Ranges all = {{0, otherwise}};
  for (const auto& [value, code] : values) {
    all[value] = code;
    if (value != kFullWord) all.emplace(value + 1, otherwise);
  }
  for (auto each = std::next(all.begin()); each != all.end();) {
    each = same(std::prev(each)->second, each->second) ? all.erase(each) : std::next(each);
  }
  return all;
}

// The rules for one call whose first argument decides.
Code compare(const std::vector<Json>& tests, std::uint32_t denied) {
  const auto number = [](const Json& test, const char* name) { return test.at(name).get<std::uint64_t>(); };
  std::map<std::uint32_t, Code> values;
  for (const Json& test : tests) {
    const std::string& op = test.at("op").get_ref<const std::string&>();
    const std::uint64_t value = number(test, "value");
    if (value > kFullWord || test.at("index") != 0)
      throw std::logic_error("an argument that is not compared");
    const auto low = static_cast<std::uint32_t>(value);
    if (op == "SCMP_CMP_MASKED_EQ" && number(test, "valueTwo") == 0 && tests.size() == 1) {
      return {loads_low(), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, low, 0, 1), ends(denied), ends(kAllow)};
    }
    if (op == "SCMP_CMP_EQ") {
      values[low] = {ends(kAllow)};
    } else if (op == "SCMP_CMP_LT") {
      for (std::uint32_t each = 0; each < low; ++each) values[each] = {ends(kAllow)};
    } else {
      throw std::logic_error("a comparison that is not known: " + op);
    }
  }
  const Ranges ranges = ranges_of(values, {ends(denied)});
  Code code = {loads_high(), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), ends(denied), loads_low()};
  append(code, by_halves(ranges.begin(), ranges.end()));
  return code;
}

// By name: what becomes of a call.
using Verdicts = std::map<std::string, Code>;

Verdicts verdicts_of(const Json& profile, std::uint32_t denied) {
  Verdicts verdicts;
  std::map<std::string, std::vector<Json>> tests;
  for (const Json& rule : profile.at("syscalls")) {
    for (const Json& each : rule.at("names")) {
      const auto name = each.get<std::string>();
      if (rule.at("action") == "SCMP_ACT_ERRNO") {
        verdicts[name] = {ends(fails(rule.at("errnoRet").get<int>()))};
      } else if (rule.contains("args")) {
        if (rule.at("args").size() != 1) throw std::logic_error("arguments that are not compared");
        tests[name].push_back(rule.at("args").at(0));
      } else {
        verdicts[name] = {ends(kAllow)};
      }
    }
  }
  for (const auto& [name, each] : tests) verdicts[name] = compare(each, denied);
  return verdicts;
}

struct Architecture {
  std::uint32_t audit;
  std::vector<Abi> abis;
};

// In the order in which a filter asks. x32 is what the kernel calls x86_64 too.
std::vector<Architecture> architectures_of(const Json& profile) {
  std::vector<Architecture> all;
  for (const Json& each : profile.at("architectures")) {
    if (each == "SCMP_ARCH_X86_64") {
      all.push_back({AUDIT_ARCH_X86_64, {Abi::kX86_64}});
    } else if (each == "SCMP_ARCH_X86") {
      all.push_back({AUDIT_ARCH_I386, {Abi::kX86}});
    } else if (each == "SCMP_ARCH_X32") {
      all.at(0).abis.push_back(Abi::kX32);
    } else if (each == "SCMP_ARCH_AARCH64") {
      all.push_back({AUDIT_ARCH_AARCH64, {Abi::kAarch64}});
    } else if (each == "SCMP_ARCH_ARM") {
      all.push_back({AUDIT_ARCH_ARM, {Abi::kArm}});
    } else {
      throw std::logic_error("an architecture that is not known");
    }
  }
  return all;
}

Code code_for(const Architecture& architecture, const Verdicts& verdicts, std::uint32_t denied) {
  std::map<std::uint32_t, Code> numbers;
  std::map<std::uint32_t, Code> beyond;
  for (const Abi abi : architecture.abis) {
    std::uint32_t last = 0;
    for (const auto& [name, code] : verdicts) {
      const auto number = syscall_number(name, abi);
      if (!number) continue;
      numbers[*number] = code;
      if (*number < kArmPrivate || abi == Abi::kX32) last = std::max(last, *number);
    }
    beyond[last + 1] = {ends(fails(ENOSYS))};
  }
  Ranges ranges = ranges_of(numbers, {ends(denied)});
  for (const auto& [number, code] : beyond) ranges[number] = code;
  if (architecture.abis.size() > 1) ranges.emplace(kX32, Code{ends(denied)});
  Code code = {loads(offsetof(seccomp_data, nr))};
  append(code, by_halves(ranges.begin(), ranges.end()));
  return code;
}

}  // namespace

std::vector<sock_filter> seccomp_program(const Json& profile) {
  if (profile.at("defaultAction") != "SCMP_ACT_ERRNO") throw std::logic_error("another default");
  const std::uint32_t denied = fails(profile.at("defaultErrnoRet").get<int>());
  const Verdicts verdicts = verdicts_of(profile, denied);
  Code program = {loads(offsetof(seccomp_data, arch))};
  for (const Architecture& architecture : architectures_of(profile)) {
    const Code code = code_for(architecture, verdicts, denied);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture.audit, 1, 0));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(code.size()), 0, 0));
    append(program, code);
  }
  program.push_back(ends(SECCOMP_RET_KILL_PROCESS));
  return program;
}

std::string seccomp_annotation(const std::vector<sock_filter>& program) {
  const std::size_t size = program.size() * sizeof(sock_filter);
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  const int written =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(program.data()), static_cast<int>(size));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

}  // namespace ixian::sandbox
