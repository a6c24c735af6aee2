#include "auth/docker_config.h"

#include <map>
#include <mutex>
#include <vector>

#include "auth/auth_file.h"
#include "aws/ecr.h"
#include "aws/environment.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/subprocess.h"

namespace ixian::auth {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kEcrHelper[] = "ecr-login";  // mints its tokens itself, so what it gives is not stale

class DockerConfig : public CredentialProvider {
 public:
  DockerConfig(aws::Environment environment, base::Cancellation& cancellation)
      : environment_(std::move(environment)), cancellation_(cancellation) {}

  std::string name() const override { return "the docker config"; }

  std::optional<Credential> lookup(const Target& target) override {
    const std::lock_guard lock(mutex_);
    read_files();
    const bool ecr = aws::parse_ecr_host(target.host).has_value();
    for (const AuthFile& file : docker_files_)
      if (auto credential = look_in(file, target, false, ecr)) return credential;
    for (const AuthFile& file : podman_files_)
      if (auto credential = look_in(file, target, true, ecr)) return credential;
    return std::nullopt;
  }

  // Somebody may have logged in anew meanwhile.
  void invalidate(const Target&) override {
    const std::lock_guard lock(mutex_);
    read_ = false;
    answers_.clear();
  }

 private:
  std::optional<Credential> look_in(const AuthFile& file, const Target& target, bool by_path, bool ecr) {
    const std::string helper = file.helper_for(target.host);
    if (!helper.empty()) return ask(helper, "credHelpers", file, target.host);
    if (!file.store().empty() && (!ecr || file.store() == kEcrHelper) && store_counts(file, target.host))
      if (auto credential = ask(file.store(), "credsStore", file, target.host)) return credential;
    if (ecr) return std::nullopt;
    return by_path ? file.entry_by_path(target) : file.entry_for_host(target.host);
  }

  // Configurations travel to machines without the store's program (into containers, mostly). That counts
  // only for hosts that somebody has logged in to.
  bool store_counts(const AuthFile& file, const std::string& host) const {
    return file.mentions(host) ||
           !base::find_program("docker-credential-" + file.store(), variable("PATH")).empty();
  }

  std::optional<Credential> ask(const std::string& helper, const char* where, const AuthFile& file,
                                const std::string& host) {
    const auto key = std::pair(helper, host);
    const auto known = answers_.find(key);
    if (known != answers_.end()) return known->second;
    auto credential = ask_helper(helper, server_name(host), cancellation_);
    if (credential)
      credential->source = std::string(where) + " of " + file.name() + " (docker-credential-" + helper + ")";
    return answers_.emplace(key, std::move(credential)).first->second;
  }

  std::string variable(const char* name) const { return aws::variable(environment_, name); }

  void read_files() {
    if (read_) return;
    docker_files_.clear();
    podman_files_.clear();
    if (const std::string text = variable("DOCKER_AUTH_CONFIG"); !text.empty())
      docker_files_.emplace_back("DOCKER_AUTH_CONFIG", text);
    const std::string folder = variable("DOCKER_CONFIG");
    add(docker_files_, (folder.empty() ? environment_.home + "/.docker" : folder) + "/config.json");

    if (const std::string file = variable("REGISTRY_AUTH_FILE"); !file.empty()) add(podman_files_, file);
    if (const std::string run = variable("XDG_RUNTIME_DIR"); !run.empty())
      add(podman_files_, run + "/containers/auth.json");
    const std::string config = variable("XDG_CONFIG_HOME");
    add(podman_files_, (config.empty() ? environment_.home + "/.config" : config) + "/containers/auth.json");
    read_ = true;
  }

  void add(std::vector<AuthFile>& files, const std::string& path) {
    const std::string name = aws::show_path(environment_, path);
    try {
      if (const auto text = base::read_file(path)) files.emplace_back(name, *text);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kRegistry) throw;
      throw Error(ErrorCode::kRegistry, "The credentials in " + name + " cannot be read. " + error.message(),
                  error.context());
    }
  }

  const aws::Environment environment_;
  base::Cancellation& cancellation_;

  std::mutex mutex_;
  bool read_ = false;
  std::vector<AuthFile> docker_files_;
  std::vector<AuthFile> podman_files_;
  std::map<std::pair<std::string, std::string>, std::optional<Credential>> answers_;  // of helpers
};

}  // namespace

std::shared_ptr<CredentialProvider> docker_config_provider(aws::Environment environment,
                                                           base::Cancellation& cancellation) {
  return std::make_shared<DockerConfig>(std::move(environment), cancellation);
}

}  // namespace ixian::auth
