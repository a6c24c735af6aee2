// Each reference is loaded once however many ask for it: a command may ask its user something, and Vault
// counts. References do not wait for each other.
#include "secrets/resolver.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/missing_credential.h"
#include "secrets/aws_source.h"
#include "secrets/local_sources.h"
#include "secrets/vault_source.h"

namespace ixian::secrets {
namespace {

struct Entry {
  std::mutex mutex;
  // Guarded by `mutex`, which is held while it is loaded.
  std::optional<base::Secret> value;
  std::optional<std::chrono::system_clock::time_point> expires;
};

}  // namespace

struct SecretResolver::Impl {
  Impl(http::Client& client_, base::Cancellation& cancellation_, aws::Environment environment_)
      : client(client_), cancellation(cancellation_), environment(std::move(environment_)) {}

  std::shared_ptr<Entry> entry(const SecretReference& reference) {
    std::lock_guard lock(mutex);
    std::shared_ptr<Entry>& entry = entries[reference.text()];
    if (!entry) entry = std::make_shared<Entry>();
    return entry;
  }

  // Made when first needed: what they need may not be set where nobody asks for them.
  VaultSource& vault_source() {
    std::lock_guard lock(mutex);
    if (!vault) vault = std::make_unique<VaultSource>(client, environment);
    return *vault;
  }
  AwsSource& aws_source() {
    std::lock_guard lock(mutex);
    if (!aws) aws = std::make_unique<AwsSource>(client, environment);
    return *aws;
  }

  void load(const SecretReference& reference, Entry& entry) {
    entry.expires.reset();
    switch (reference.kind) {
      case SourceKind::kEnvironment:
        entry.value = load_from_environment(reference.place, environment);
        return;
      case SourceKind::kFile:
        entry.value = load_from_file(reference.place, environment);
        return;
      case SourceKind::kCommand:
        entry.value = load_from_command(reference.place, cancellation);
        return;
      case SourceKind::kVault: {
        VaultSecret secret = vault_source().load(reference.place, reference.field);
        entry.value = std::move(secret.value);
        entry.expires = secret.expires;
        return;
      }
      case SourceKind::kSecretsManager:
        entry.value = aws_source().load_secret(reference.place, reference.field);
        return;
      case SourceKind::kParameterStore:
        entry.value = aws_source().load_parameter(reference.place);
        return;
    }
  }

  http::Client& client;
  base::Cancellation& cancellation;
  const aws::Environment environment;

  std::mutex mutex;
  // Guarded by `mutex`, as are the two below, and only for looking them up: loading is under the entry's own.
  std::map<std::string, std::shared_ptr<Entry>> entries;
  std::unique_ptr<VaultSource> vault;
  std::unique_ptr<AwsSource> aws;
};

SecretResolver::SecretResolver(http::Client& client, base::Cancellation& cancellation,
                               aws::Environment environment)
    : impl_(std::make_unique<Impl>(client, cancellation, std::move(environment))) {}

SecretResolver::~SecretResolver() = default;

base::Secret SecretResolver::load(const SecretReference& reference) {
  const std::shared_ptr<Entry> entry = impl_->entry(reference);
  std::lock_guard lock(entry->mutex);
  const bool over = entry->expires && impl_->client.clock().now() >= *entry->expires;
  if (entry->value && !over) return *entry->value;
  entry->value.reset();
  try {
    impl_->load(reference, *entry);
  } catch (const base::Error& error) {
    throw base::MissingCredential(base::ErrorCode::kRegistry,
                                  fmt::format("cannot load {}: {}", reference.text(), error.message()),
                                  error.context());
  }
  return *entry->value;
}

base::Secret SecretResolver::load(const std::string& option) {
  if (const auto reference = parse_secret_reference(option)) return load(*reference);
  return base::Secret(option);
}

void SecretResolver::forget(const SecretReference& reference) {
  const std::shared_ptr<Entry> entry = impl_->entry(reference);
  std::lock_guard lock(entry->mutex);
  entry->value.reset();
}

}  // namespace ixian::secrets
