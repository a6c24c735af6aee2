// Platforms are compared as containerd compares them: first brought to one spelling, then by variant. A
// variant such as v7 names a generation of the instruction set, and each generation runs what was built for
// the ones before it, so an image for v6 will do on v7, only not as well as one for v7.
#include "oci/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "oci/json_fields.h"

namespace ixian::oci {
namespace {

using base::Json;

// As containerd's platforms package does, by architecture.
void normalise_variant(std::string& architecture, std::string& variant) {
  if (architecture == "i386" || architecture == "i686") {
    architecture = "386";
    variant.clear();
  } else if (architecture == "x86_64" || architecture == "x86-64" || architecture == "amd64") {
    architecture = "amd64";
    if (variant == "v1") variant.clear();
  } else if (architecture == "aarch64" || architecture == "arm64") {
    architecture = "arm64";
    if (variant == "8" || variant == "v8" || variant == "v8.0") variant.clear();
    if (variant == "9" || variant == "v9.0") variant = "v9";
  } else if (architecture == "armhf") {
    architecture = "arm";
    variant = "v7";
  } else if (architecture == "armel") {
    architecture = "arm";
    variant = "v6";
  } else if (architecture == "arm") {
    if (variant.empty()) variant = "v7";
    if (variant.size() == 1 && variant >= "5" && variant <= "8") variant.insert(0, "v");
  }
}

Platform normalised(Platform platform) {
  platform.os = base::to_lower(platform.os);
  if (platform.os == "macos") platform.os = "darwin";
  platform.architecture = base::to_lower(platform.architecture);
  platform.variant = base::to_lower(platform.variant);
  normalise_variant(platform.architecture, platform.variant);
  return platform;
}

// "v8.1" as 801; nullopt for anything else than v<number>[.<number>] of at most two digits each.
std::optional<int> generation(const Platform& platform) {
  std::string_view text = platform.variant;
  if (text.empty() && platform.architecture == "amd64") text = "v1";
  if (text.empty() && platform.architecture == "arm64") text = "v8";
  if (!text.starts_with('v')) return std::nullopt;
  int result = 0;
  const std::vector<std::string_view> numbers = base::split(text.substr(1), '.');
  if (numbers.size() > 2) return std::nullopt;
  for (const std::string_view number : numbers) {
    if (number.empty() || number.size() > 2) return std::nullopt;
    int value = 0;
    for (const char digit : number) {
      if (digit < '0' || digit > '9') return std::nullopt;
      value = value * 10 + (digit - '0');
    }
    result = result * 100 + value;
  }
  return numbers.size() == 1 ? result * 100 : result;
}

bool has_generations(std::string_view architecture) {
  return architecture == "arm" || architecture == "arm64" || architecture == "amd64";
}

// 0, or better the nearer the variant is; both are normalised and of one architecture.
int match_variant(const Platform& offered, const Platform& wanted) {
  constexpr int kEqual = 10'000;  // more than any two generations are apart
  if (offered.variant == wanted.variant) return kEqual;
  // Elsewhere nobody says which variant runs on which: an equal one does, and one without any.
  if (!has_generations(wanted.architecture)) return offered.variant.empty() ? 1 : 0;
  const std::optional<int> has = generation(offered);
  const std::optional<int> needs = generation(wanted);
  // A newer generation's programs do not run on an older machine.
  if (!has || !needs || *has > *needs) return 0;
  return kEqual - (*needs - *has);
}

bool meets_system(const Platform& offered, const Platform& wanted) {
  if (!wanted.os_version.empty() && wanted.os_version != offered.os_version) return false;
  if (wanted.os_features.empty()) return true;
  return std::all_of(offered.os_features.begin(), offered.os_features.end(), [&](const std::string& feature) {
    return std::find(wanted.os_features.begin(), wanted.os_features.end(), feature) !=
           wanted.os_features.end();
  });
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

// Those that Go knows for Linux, and the aliases above: what a single word may be.
bool is_architecture(std::string_view word) {
  constexpr std::string_view kKnown[] = {
      "386",    "amd64",   "arm",      "arm64", "armbe",  "arm64be", "loong64", "mips",  "mipsle",
      "mips64", "ppc",     "mips64le", "ppc64", "riscv",  "ppc64le", "riscv64", "s390",  "s390x",
      "sparc",  "sparc64", "i386",     "i686",  "x86_64", "x86-64",  "aarch64", "armhf", "armel"};
  return std::find(std::begin(kKnown), std::end(kKnown), base::to_lower(word)) != std::end(kKnown);
}

}  // namespace

std::string Platform::text() const {
  std::string result = os + "/" + architecture;
  if (!variant.empty()) result += "/" + variant;
  return result;
}

Platform parse_platform(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '/');
  const bool words = std::all_of(parts.begin(), parts.end(), is_word);
  const bool lone_architecture = parts.size() == 1 && words && is_architecture(parts[0]);
  if (parts.size() == 1 && base::to_lower(parts[0]) == "linux") return host_platform();
  if (!lone_architecture && (!words || parts.size() < 2 || parts.size() > 3)) {
    throw base::Error(base::ErrorCode::kUsage,
                      "invalid platform \"" + shown(text) +
                          "\" (expected: os/architecture[/variant], such as linux/amd64 or linux/arm/v7, or "
                          "one of the two alone, such as arm64)");
  }
  Platform platform;
  platform.os = lone_architecture ? "linux" : parts[0];
  platform.architecture = lone_architecture ? parts[0] : parts[1];
  if (parts.size() == 3) platform.variant = parts[2];
  return normalised(platform);
}

Platform host_platform() {
  Platform platform;
  platform.os = "linux";
  utsname name{};
  if (uname(&name) == 0) platform.architecture = name.machine;
  // The kernel says armv7l, armv6l and armv5tel for what Go calls arm, and armv8l on a 64-bit one.
  if (platform.architecture.starts_with("armv") && platform.architecture.size() > 4) {
    platform.variant = "v" + platform.architecture.substr(4, 1);
    platform.architecture = "arm";
  }
  return normalised(platform);
}

int match(const Platform& offered, const Platform& wanted) {
  const Platform has = normalised(offered);
  const Platform needs = normalised(wanted);
  for (const std::string* word : {&has.os, &has.architecture}) {
    if (word->empty() || *word == "unknown") return 0;
  }
  if (has.os != needs.os || has.architecture != needs.architecture) return 0;
  if (!meets_system(has, needs)) return 0;
  return match_variant(has, needs);
}

Platform platform_from_json(const Json& json) {
  const Fields fields(json, "");
  fields.refuse_other_spellings({"os", "architecture", "variant", "os.version", "os.features"});
  return {.os = fields.text("os"),
          .architecture = fields.text("architecture"),
          .variant = fields.text("variant"),
          .os_version = fields.text("os.version"),
          .os_features = fields.texts("os.features")};
}

Json to_json(const Platform& platform) {
  Json json = {{"os", platform.os}, {"architecture", platform.architecture}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  if (!platform.os_version.empty()) json["os.version"] = platform.os_version;
  if (!platform.os_features.empty()) json["os.features"] = platform.os_features;
  return json;
}

}  // namespace ixian::oci
