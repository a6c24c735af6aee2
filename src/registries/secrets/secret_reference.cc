// A reference is a word, a colon and where to look. The words are few and fixed, so that a password that has
// a colon in it stays a password: only text that starts with one of them is a reference, and then it must be
// a good one.
#include "secrets/secret_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace ixian::secrets {
namespace {

struct Source {
  SourceKind kind;
  std::string_view prefix;
  bool has_field;
  std::string_view needs;  // what must follow the prefix
  std::string_view example;
};

constexpr std::array<Source, 6> kSources = {{
    {SourceKind::kEnvironment, "env:", false, "the name of an environment variable", "env:REGISTRY_PASSWORD"},
    {SourceKind::kFile, "file:", false, "the path of a file", "file:~/.registry-password"},
    {SourceKind::kCommand, "cmd:", false, "a command that prints the secret",
     "cmd:op read op://ci/registry/password"},
    {SourceKind::kVault, "vault:", true, "a mount and a path in it", "vault:secret/ci/registry#password"},
    {SourceKind::kSecretsManager, "aws-sm:", true, "the name or ARN of a secret",
     "aws-sm:ci/registry#password"},
    {SourceKind::kParameterStore, "aws-ssm:", false, "the name of a parameter",
     "aws-ssm:/ci/registry/password"},
}};

[[noreturn]] void fail_reference(const Source& source) {
  throw base::Error(base::ErrorCode::kProject,
                    fmt::format("incomplete secret reference: `{}` needs {} (for example: {})", source.prefix,
                                source.needs, source.example));
}

bool is_variable_name(std::string_view text) {
  const auto usual = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), usual);
}

// "mount/path": at least two components, none of which would climb or vanish in a URL.
bool is_vault_path(std::string_view text) {
  const auto components = base::split(text, '/');
  return components.size() >= 2 &&
         std::none_of(components.begin(), components.end(),
                      [](std::string_view one) { return one.empty() || one == "." || one == ".."; });
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

bool is_usable(SourceKind kind, std::string_view place) {
  if (base::trim(place).empty()) return false;
  switch (kind) {
    case SourceKind::kEnvironment:
      return is_variable_name(place);
    case SourceKind::kVault:
      return is_vault_path(place) && !has_control_characters(place);
    case SourceKind::kParameterStore:
      return place.find('#') == std::string_view::npos && !has_control_characters(place);
    case SourceKind::kSecretsManager:
      return !has_control_characters(place);
    case SourceKind::kFile:
    case SourceKind::kCommand:
      return place.find('\0') == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string SecretReference::text() const {
  const auto source =
      std::find_if(kSources.begin(), kSources.end(), [&](const Source& one) { return one.kind == kind; });
  return fmt::format("{}{}{}{}", source->prefix, place, field.empty() ? "" : "#", field);
}

std::optional<SecretReference> parse_secret_reference(std::string_view text) {
  for (const Source& source : kSources) {
    if (!text.starts_with(source.prefix)) continue;
    std::string_view place = text.substr(source.prefix.size());
    std::string_view field;
    // The last one: names in front of it may have some of their own.
    if (const auto hash = place.rfind('#'); source.has_field && hash != std::string_view::npos) {
      field = place.substr(hash + 1);
      place = place.substr(0, hash);
      if (field.empty() || has_control_characters(field)) fail_reference(source);
    }
    if (source.kind == SourceKind::kVault) {
      // As the command `vault` takes paths.
      if (place.starts_with('/')) place.remove_prefix(1);
      if (place.ends_with('/')) place.remove_suffix(1);
    }
    if (!is_usable(source.kind, place)) fail_reference(source);
    return SecretReference{source.kind, std::string(place), std::string(field)};
  }
  return std::nullopt;
}

}  // namespace ixian::secrets
