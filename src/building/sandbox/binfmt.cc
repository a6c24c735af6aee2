// Whether this machine runs programs of another architecture: its kernel may do it itself, or by an emulator
// (binfmt_misc). Found out before a RUN, by comparing the rules with what the head of such a program would
// be: in the RUN there would only be "exec format error".
//
// Documentation/admin-guide/binfmt-misc.rst. With the flag F the kernel has opened the emulator when the rule
// was made; without, it looks for it in the image.
#include "sandbox/binfmt.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/text.h"
#include "files/read_or_empty.h"

namespace ixian::sandbox {
namespace {

constexpr const char* kRules = "/proc/sys/fs/binfmt_misc";

struct Machine {
  std::string_view architecture;
  std::string_view qemu;                 // what emulators call it
  unsigned char bits;                    // of an address
  unsigned char order;                   // of bytes
  unsigned machine;                      // elf.h
  std::string_view native, also_native;  // uname -m of those that run its programs themselves
};

constexpr Machine kMachines[] = {
    {"amd64", "x86_64", ELFCLASS64, ELFDATA2LSB, EM_X86_64, "x86_64", ""},
    {"386", "i386", ELFCLASS32, ELFDATA2LSB, EM_386, "x86_64", "i686"},
    {"arm64", "aarch64", ELFCLASS64, ELFDATA2LSB, EM_AARCH64, "aarch64", ""},
    {"arm", "arm", ELFCLASS32, ELFDATA2LSB, EM_ARM, "aarch64", "armv7l"},
    {"riscv64", "riscv64", ELFCLASS64, ELFDATA2LSB, EM_RISCV, "riscv64", ""},
    {"ppc64le", "ppc64le", ELFCLASS64, ELFDATA2LSB, EM_PPC64, "ppc64le", ""},
    {"s390x", "s390x", ELFCLASS64, ELFDATA2MSB, EM_S390, "s390x", ""},
    {"mips64le", "mips64el", ELFCLASS64, ELFDATA2LSB, EM_MIPS, "mips64", ""},
    {"loong64", "loongarch64", ELFCLASS64, ELFDATA2LSB, 258, "loongarch64", ""},
};

// The start of a program, as far as rules look at it.
std::string header_of(const Machine& machine) {
  std::string header =
      "\x7f"
      "ELF";
  header += static_cast<char>(machine.bits);
  header += static_cast<char>(machine.order);
  header += static_cast<char>(EV_CURRENT);
  header.resize(EI_NIDENT, '\0');
  const auto put = [&](unsigned number) {
    const char low = static_cast<char>(number & 0xff);
    const char high = static_cast<char>(number >> 8);
    const bool little = machine.order == ELFDATA2LSB;
    header += little ? low : high;
    header += little ? high : low;
  };
  put(ET_EXEC);
  put(machine.machine);
  return header;
}

std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return bytes;
}

struct Rule {
  bool enabled = false;
  bool opened = false;  // F
  std::string magic, mask;

  bool is_for(const std::string& header) const {
    if (!enabled || magic.empty() || magic.size() > header.size()) return false;
    for (std::size_t i = 0; i < magic.size(); ++i) {
      const char bits = i < mask.size() ? mask[i] : '\xff';
      if (((magic[i] ^ header[i]) & bits) != 0) return false;
    }
    return true;
  }
};

Rule parse_rule(const std::string& text) {
  Rule rule;
  for (std::string_view line : base::split(text, '\n')) {
    if (line == "enabled") rule.enabled = true;
    if (line.starts_with("flags: ")) rule.opened = line.find('F', 7) != std::string_view::npos;
    if (line.starts_with("offset ") && line != "offset 0") rule.enabled = false;
    if (line.starts_with("magic ")) rule.magic = from_hex(line.substr(6));
    if (line.starts_with("mask ")) rule.mask = from_hex(line.substr(5));
  }
  return rule;
}

}  // namespace

std::string why_not_runnable(std::string_view architecture, std::string_view machine,
                             const std::vector<std::string>& rules) {
  const auto* found = std::find_if(std::begin(kMachines), std::end(kMachines),
                                   [&](const Machine& each) { return each.architecture == architecture; });
  // Of what is not known here the kernel will say it.
  if (found == std::end(kMachines) || found->native == machine || found->also_native == machine) return "";
  const std::string header = header_of(*found);
  bool without_file = false;
  for (const std::string& text : rules) {
    const Rule rule = parse_rule(text);
    if (!rule.is_for(header)) continue;
    if (rule.opened) return "";
    without_file = true;
  }
  const std::string what = fmt::format(
      "\nhint: install the packages qemu-user-static and binfmt-support (qemu-{}-static), or build on such a "
      "machine",
      found->qemu);
  if (without_file) {
    return fmt::format(
        "the kernel's emulator rule (binfmt_misc) lacks the flag F, so it looks for the emulator in the "
        "image{}",
        what);
  }
  return fmt::format("this machine is {}, and no emulator is registered (binfmt_misc){}", machine, what);
}

std::string why_not_runnable(std::string_view architecture) {
  utsname machine;
  ::uname(&machine);
  std::vector<std::string> rules;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(kRules, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name != "register" && name != "status") rules.push_back(files::read_or_empty(entry->path()));
  }
  return why_not_runnable(architecture, machine.machine, rules);
}

}  // namespace ixian::sandbox
