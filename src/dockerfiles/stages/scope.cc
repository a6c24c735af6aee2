// Variables of a file and of a stage, by the rules of BuildKit. Before the first FROM there are ARGs and what
// BuildKit predefines; in a stage there are what its base image sets, ENV, and those ARGs that are declared
// in it. A build argument that nobody declares is no variable, except for proxies, which RUNs get and no
// image keeps.
//
// A stage's variables keep the order in which they came, as it is that of the image's config.
#include "stages/scope.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/characters.h"
#include "base/text.h"
#include "dockerfile/expand_word.h"

namespace ixian::stages {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::string_view kEpoch = "SOURCE_DATE_EPOCH";
constexpr std::array<std::string_view, 5> kProxies = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY",
                                                      "ALL_PROXY"};

bool is_proxy(std::string_view name) {
  const std::string upper = base::to_upper(name);
  const bool known = std::find(kProxies.begin(), kProxies.end(), upper) != kProxies.end();
  return known && (name == upper || name == base::to_lower(name));
}

// "linux/arm/v7" as PREFIXPLATFORM, PREFIXOS and so on.
void add_platform(std::map<std::string, std::string, std::less<>>& values, const std::string& prefix,
                  const std::string& platform) {
  const auto parts = base::split(platform, '/');
  values[prefix + "PLATFORM"] = platform;
  values[prefix + "OS"] = parts[0];
  values[prefix + "OSVERSION"] = "";
  values[prefix + "ARCH"] = parts.size() > 1 ? parts[1] : "";
  values[prefix + "VARIANT"] = parts.size() > 2 ? parts[2] : "";
}

}  // namespace

GlobalScope::GlobalScope(const dockerfile::Dockerfile& file, ScopeOptions options)
    : options_(std::move(options)), source_(file.source), source_escape_(file.directives.escape) {
  add_platform(values_, "BUILD", options_.build_platform);
  add_platform(values_, "TARGET", options_.target_platform);
  std::string target = options_.target_stage;
  if (target.empty() && !file.stages.empty()) target = file.stages.back().name;
  values_["TARGETSTAGE"] = target.empty() ? "default" : target;
  for (auto& [name, value] : values_) {
    declared_.insert(name);
    if (const auto given = options_.build_args.find(name); given != options_.build_args.end())
      value = given->second;
  }
  for (const dockerfile::Instruction& instruction : file.global_args) {
    for (const dockerfile::ArgDeclaration& arg : std::get<dockerfile::Arg>(instruction.body).declarations) {
      declared_.insert(arg.name.text);
      const auto given = options_.build_args.find(arg.name.text);
      if (given != options_.build_args.end()) {
        values_[arg.name.text] = given->second;
      } else if (arg.value) {
        values_[arg.name.text] = expand(*arg.value).text;
      }
    }
  }
}

std::optional<std::string> GlobalScope::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

dockerfile::Expansion GlobalScope::expand(const base::Word& word) const {
  dockerfile::ExpandMode mode;
  mode.escape = source_escape_;
  return dockerfile::expand_word(
      word, [this](std::string_view name) { return value(name); }, mode, *source_);
}

std::vector<std::string> GlobalScope::names() const {
  return {declared_.begin(), declared_.end()};
}

bool GlobalScope::uses_build_arg(std::string_view name) const {
  return declared_.find(name) != declared_.end() || is_proxy(name) || name == kEpoch ||
         name.starts_with("BUILDKIT_");
}

std::optional<std::int64_t> GlobalScope::source_date_epoch() const {
  const auto given = options_.build_args.find(std::string(kEpoch));
  const std::string text = given != options_.build_args.end() ? given->second : value(kEpoch).value_or("");
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, seconds);
  if (failure != std::errc() || stop != end) {
    throw base::Error(base::ErrorCode::kUsage, "invalid value \"" + base::shown(text) +
                                                   "\" for SOURCE_DATE_EPOCH (expected: seconds since 1970)");
  }
  return seconds;
}

std::optional<std::string> GlobalScope::build_arg(const std::string& name) const {
  const auto given = options_.build_args.find(name);
  if (given == options_.build_args.end()) return std::nullopt;
  return given->second;
}

std::string GlobalScope::cache_mount_prefix() const {
  const std::string name = build_arg("BUILDKIT_CACHE_MOUNT_NS").value_or("");
  return name.empty() ? "" : name + "/";
}

std::optional<std::string> GlobalScope::sandbox_hostname() const {
  auto name = build_arg("BUILDKIT_SANDBOX_HOSTNAME");
  if (!name || name->empty()) return std::nullopt;
  const bool fits = name->size() <= 64 && std::all_of(name->begin(), name->end(), [](char c) {
                      return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '.';
                    });
  if (!fits) {
    throw base::Error(base::ErrorCode::kUsage, "invalid build argument BUILDKIT_SANDBOX_HOSTNAME \"" +
                                                   base::shown(*name) + "\" (expected: a host name)");
  }
  return name;
}

std::optional<std::string> GlobalScope::check_options() const {
  return build_arg("BUILDKIT_DOCKERFILE_CHECK");
}

std::vector<Variable> GlobalScope::proxy_environment() const {
  std::map<std::string, std::string> values;
  // In the order of the names, so that where both spellings are given the lower-case one counts.
  for (const auto* given : {&options_.proxies, &options_.build_args}) {
    for (const auto& [name, value] : *given) {
      if (!is_proxy(name)) continue;
      values[base::to_upper(name)] = value;
      values[base::to_lower(name)] = value;
    }
  }
  return {values.begin(), values.end()};
}

StageScope::StageScope(const GlobalScope& global, const std::vector<std::string>& base_environment)
    : global_(&global) {
  for (const std::string& variable : base_environment) {
    const std::size_t equals = variable.find('=');
    const std::string value = equals == std::string::npos ? "" : variable.substr(equals + 1);
    set(variable.substr(0, equals), value, true);
  }
  // Docker gives every image one; programs in a RUN could not be found otherwise.
  if (index_.find("PATH") == index_.end()) set("PATH", std::string(kDefaultPath), true);
}

void StageScope::set(const std::string& name, const std::string& value, bool in_image) {
  const auto put = [&](std::vector<Variable>& variables, auto& index) {
    const auto [place, is_new] = index.emplace(name, variables.size());
    if (is_new) {
      variables.emplace_back(name, value);
    } else {
      variables[place->second].second = value;
    }
  };
  put(environment_, index_);
  if (in_image) put(image_environment_, image_index_);
}

std::optional<std::string> StageScope::value(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) return std::nullopt;
  return environment_[found->second].second;
}

std::vector<std::string> StageScope::image_environment() const {
  std::vector<std::string> result;
  for (const auto& [name, value] : image_environment_) result.push_back(name + "=" + value);
  return result;
}

std::vector<Variable> StageScope::run_environment() const {
  return environment_;
}

std::vector<Variable> StageScope::declared_args() const {
  std::vector<Variable> result;
  for (const std::string& name : declared_) result.emplace_back(name, value(name).value_or(""));
  return result;
}

}  // namespace ixian::stages
