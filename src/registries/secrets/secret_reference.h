// Options that are not the secret, but say where it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ixian::secrets {

enum class SourceKind { kEnvironment, kFile, kCommand, kVault, kSecretsManager, kParameterStore };

// "env:NAME", "file:/path", "cmd:…", "vault:mount/path#field", "aws-sm:id#field", "aws-ssm:name". Only vault:
// and aws-sm: have fields; the last "#" starts it.
struct SecretReference {
  SourceKind kind;
  std::string place;  // without the prefix and the field
  std::string field;  // "" is none: the whole value

  std::string text() const;  // as it was written; holds no secret
};

// nullopt where the text does not start with one of the prefixes: then it is the value itself. Throws
// Error{kProject} where a prefix is followed by nothing that can be used ("vault:x" without a path, "env:"
// without a name). The message does not repeat the text, which may be a secret that only looks like a
// reference.
std::optional<SecretReference> parse_secret_reference(std::string_view text);

}  // namespace ixian::secrets
