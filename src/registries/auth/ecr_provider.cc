// A token of ECR lives for twelve hours, less than some builds and all long-lived processes. It is minted in
// memory and renewed at half of its life, while the old one is good: only one thread is ever kept waiting for
// that, and a renewal that fails is no failure as long as the old token lives. The credentials' options may
// be references, so that nothing of AWS is set up before somebody asks.
#include <fmt/format.h>

#include <mutex>

#include "auth/options.h"
#include "auth/providers.h"
#include "aws/ecr.h"
#include "aws_credentials/credential_chain.h"
#include "base/error.h"

namespace ixian::auth {
namespace {

using base::Error;
using base::ErrorCode;
using TimePoint = std::chrono::system_clock::time_point;

constexpr std::chrono::seconds kPauseAfterFailure{60};

class Ecr : public EcrProvider {
 public:
  Ecr(const std::string& host, const base::Json& options, const Services& services)
      : host_(host),
        parsed_(aws::parse_ecr_host(host)),
        options_(host, options, kEcrOptions),
        client_(services.client),
        secrets_(services.secrets),
        environment_(services.environment) {
    if (options_.has("aws_access_key_id") != options_.has("aws_secret_access_key"))
      throw Error(ErrorCode::kProject,
                  fmt::format("`aws_access_key_id` and `aws_secret_access_key` must be set together for {} "
                              "in CONFIG.DOCKER.REGISTRIES; one is missing or empty",
                              host));
  }

  std::string name() const override { return "Amazon ECR"; }

  std::optional<Credential> lookup(const CredentialQuery&) override {
    {
      const std::lock_guard lock(mutex_);
      if (is_fresh()) return token_;
    }
    // Whoever fails here has another thread minting for him.
    std::unique_lock minting(minting_, std::try_to_lock);
    if (!minting.owns_lock()) {
      {
        const std::lock_guard lock(mutex_);
        if (is_alive()) return token_;  // another thread sees to the next one
      }
      minting.lock();
    }
    {
      const std::lock_guard lock(mutex_);
      if (is_fresh()) return token_;
    }
    return renew();
  }

  void invalidate(const CredentialQuery&) override {
    const std::lock_guard lock(mutex_);
    token_.reset();
  }

  void create_repository(const std::string& repository) override {
    const std::lock_guard lock(minting_);
    set_up();
    // ECR Public's names start with the alias of the registry, which is not part of the repository's.
    const std::size_t slash = is_public() ? repository.find('/') : std::string::npos;
    aws::create_repository(client_, *chain_, service(), is_public(),
                           slash == std::string::npos ? repository : repository.substr(slash + 1));
  }

  std::string identity() override {
    const std::lock_guard lock(minting_);
    set_up();
    return aws::caller_identity(client_, *chain_, region_, aws_options_, environment_);
  }

 private:
  bool is_public() const { return parsed_ && parsed_->is_public; }

  // REQUIRES, both: mutex_ is held.
  bool is_alive() { return token_ && client_.clock().now() < *token_->expires; }
  bool is_fresh() { return is_alive() && client_.clock().now() < renew_at_; }

  // REQUIRES: minting_ is held.
  Credential renew() {
    try {
      set_up();
      Credential minted = mint();
      const std::lock_guard lock(mutex_);
      const TimePoint now = client_.clock().now();
      renew_at_ = now + (*minted.expires - now) / 2;
      // Half of its life is left then for a renewal to fail and be repeated.
      token_ = minted;
      return minted;
    } catch (const Error&) {
      load_keys_anew();
      const std::lock_guard lock(mutex_);
      if (!is_alive()) throw;
      renew_at_ = client_.clock().now() + kPauseAfterFailure;
      return *token_;
    }
  }

  // Keys that a vault has lent may have run out. REQUIRES: minting_ is held.
  void load_keys_anew() {
    if (!options_.has("aws_access_key_id")) return;
    for (const char* name : {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
      options_.forget(name, secrets_);
    chain_.reset();
  }

  Credential mint() {
    aws::EcrToken token = aws::get_token(client_, *chain_, service(), is_public());
    Credential credential;
    credential.username = "AWS";
    credential.password = std::move(token.password);
    credential.expires = token.expires;
    credential.source = "token of Amazon ECR from " + chain_->find().source;
    return credential;
  }

  aws::Service service() const {
    return is_public() ? aws::ecr_public(aws_options_, environment_)
                       : aws::ecr(region_, aws_options_, parsed_ && parsed_->fips, environment_);
  }

  // REQUIRES: minting_ is held. Does nothing when it is done.
  void set_up() {
    if (!chain_) {
      aws_options_ = load_options();
      chain_ = std::make_unique<aws_credentials::CredentialChain>(client_, environment_, aws_options_);
    }
    if (region_.empty()) region_ = find_region();
  }

  aws::ClientOptions load_options() {
    const auto load = [&](const char* name) { return options_.load(name, secrets_); };
    aws::ClientOptions loaded;
    loaded.profile = load("profile_name").reveal();
    loaded.region = load("region_name").reveal();
    loaded.role_arn = load("role_arn").reveal();
    loaded.endpoint_url = load("endpoint_url").reveal();
    loaded.external_id = load("external_id").reveal();
    loaded.session_name = load("role_session_name").reveal();
    loaded.access_key_id = load("aws_access_key_id");
    loaded.secret_access_key = load("aws_secret_access_key");
    loaded.session_token = load("aws_session_token");
    return loaded;
  }

  std::string find_region() {
    if (!aws_options_.region.empty()) return aws_options_.region;
    if (parsed_ && !parsed_->region.empty()) return parsed_->region;
    if (is_public()) return "us-east-1";
    if (const auto region = chain_->region(); region && !region->empty()) return *region;
    throw Error(ErrorCode::kRegistry,
                fmt::format("unknown AWS region for {}\nhint: set the option `region_name` for it in "
                            "CONFIG.DOCKER.REGISTRIES, or AWS_REGION",
                            host_));
  }

  const std::string host_;
  const std::optional<aws::EcrHost> parsed_;
  const ProviderOptions options_;
  http::Client& client_;
  secrets::SecretResolver& secrets_;
  const aws::Environment environment_;

  std::mutex minting_;  // for what follows, and while AWS is asked
  std::unique_ptr<aws_credentials::CredentialChain> chain_;
  aws::ClientOptions aws_options_;
  std::string region_;

  std::mutex mutex_;  // for what follows; taken last
  std::optional<Credential> token_;
  TimePoint renew_at_;
};

class EcrOrFiles : public CredentialProvider {
 public:
  EcrOrFiles(std::shared_ptr<CredentialProvider> ecr, std::shared_ptr<CredentialProvider> files)
      : ecr_(std::move(ecr)), files_(std::move(files)) {}

  std::string name() const override { return ecr_->name() + ", " + files_->name(); }

  // The search for AWS credentials takes seconds where there are none, so its outcome is kept.
  std::optional<Credential> lookup(const CredentialQuery& target) override {
    const std::lock_guard lock(mutex_);
    if (!no_credentials_) {
      try {
        return ecr_->lookup(target);
        // Only this is a reason to look elsewhere. Whoever has AWS credentials that are refused wants to hear
        // that.
      } catch (const aws::NoCredentials& error) {
        no_credentials_ = error;
      }
    }
    auto credential = files_->lookup(target);
    // What AWS said is of more use than that the files have nothing.
    if (!credential) throw aws::NoCredentials(*no_credentials_);
    credential->source += "; such a login expires after 12 hours";
    return credential;
  }

  void invalidate(const CredentialQuery& target) override {
    const std::lock_guard lock(mutex_);
    no_credentials_.reset();
    ecr_->invalidate(target);
    files_->invalidate(target);
  }

  std::vector<std::string> why_none(const CredentialQuery& target) override {
    return files_->why_none(target);
  }

 private:
  const std::shared_ptr<CredentialProvider> ecr_;
  const std::shared_ptr<CredentialProvider> files_;
  std::mutex mutex_;
  std::optional<aws::NoCredentials> no_credentials_;
};

}  // namespace

std::shared_ptr<CredentialProvider> ecr_or_files(std::shared_ptr<CredentialProvider> ecr,
                                                 std::shared_ptr<CredentialProvider> files) {
  return std::make_shared<EcrOrFiles>(std::move(ecr), std::move(files));
}

std::shared_ptr<EcrProvider> ecr_provider(const std::string& host, const base::Json& options,
                                          const Services& services) {
  return std::make_shared<Ecr>(host, options, services);
}

}  // namespace ixian::auth
