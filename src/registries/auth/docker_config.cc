// Credentials that are on the machine already, for all programs that pull and push: what docker, podman or a
// CI system has left in files. In this order, the first credential wins:
//
// 1. DOCKER_AUTH_CONFIG, the content itself (GitLab)
// 2. REGISTRY_AUTH_FILE (podman)
// 3. $DOCKER_CONFIG/config.json, or ~/.docker/config.json
// 4. containers/auth.json of the runtime directory, then of the configuration directory
// 5. ~/.dockercfg
//
// Within a file a helper for the host comes before the store for all hosts, and both before what the file
// holds itself. What is wrong in one file does not keep the others from being asked: it is noted, and said
// only if nobody has a credential.
#include "auth/docker_config.h"

#include <map>
#include <mutex>
#include <vector>

#include "auth/auth_file.h"
#include "aws/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "files/trust.h"
#include "process/subprocess.h"

namespace ixian::auth {
namespace {

using base::Error;

class DockerConfig : public CredentialProvider {
 public:
  DockerConfig(aws::Environment environment, base::Cancellation& cancellation)
      : environment_(std::move(environment)), cancellation_(cancellation) {}

  std::string name() const override { return "the docker config"; }

  std::optional<Credential> lookup(const CredentialQuery& target) override {
    const std::lock_guard lock(mutex_);
    read_files();
    std::vector<std::string> notes;
    for (const AuthFile& file : files_)
      if (auto credential = look_in(file, target, notes)) return credential;
    notes_[target.host] = std::move(notes);
    return std::nullopt;
  }

  std::vector<std::string> why_none(const CredentialQuery& target) override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines = notes_[target.host];
    lines.insert(lines.end(), unreadable_.begin(), unreadable_.end());
    if (!missing_.empty()) lines.push_back("not found: " + base::join(missing_, ", "));
    return lines;
  }

  // Somebody may have logged in anew meanwhile.
  void invalidate(const CredentialQuery&) override {
    const std::lock_guard lock(mutex_);
    read_ = false;
    answers_.clear();
  }

 private:
  std::optional<Credential> look_in(const AuthFile& file, const CredentialQuery& target,
                                    std::vector<std::string>& notes) {
    const auto note = [&](const std::string& what) { notes.push_back(file.name() + ": " + what); };
    const std::string helper = file.helper_for(target.host);
    if (!helper.empty()) {
      auto credential = ask(helper, "credHelpers", file, target.host);
      // The helper is the only place for its host in this file, as with Docker.
      if (!credential) note("docker-credential-" + helper + ", its helper for this host, has no entry");
      return credential;
    }
    if (!file.store().empty()) {
      if (!store_counts(file, target.host)) {
        note("docker-credential-" + file.store() + ", its credsStore, is not installed");
      } else if (auto credential = ask(file.store(), "credsStore", file, target.host)) {
        return credential;
      } else {
        note("docker-credential-" + file.store() + ", its credsStore, has no entry");
      }
    }
    AuthFile::Entry entry = file.entry(target);
    if (entry.credential) return std::move(entry.credential);
    note(entry.unusable.empty() ? "no entry for " + target.host
                                : "its entry " + entry.unusable + " has no readable user and password");
    return std::nullopt;
  }

  // Configurations travel to machines without the store's program (into containers, mostly). That counts
  // only for hosts that somebody has logged in to.
  bool store_counts(const AuthFile& file, const std::string& host) const {
    return file.mentions(host) ||
           !process::find_program("docker-credential-" + file.store(), variable("PATH")).empty();
  }

  std::optional<Credential> ask(const std::string& helper, const char* where, const AuthFile& file,
                                const std::string& host) {
    const auto key = std::pair(helper, host);
    // A helper may ask its user for a password: once for each host.
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
    files_.clear();
    missing_.clear();
    unreadable_.clear();
    if (const std::string text = variable("DOCKER_AUTH_CONFIG"); !text.empty())
      files_.emplace_back("DOCKER_AUTH_CONFIG", text, AuthFile::Kind::kDocker);
    if (const std::string file = variable("REGISTRY_AUTH_FILE"); !file.empty())
      add(file, AuthFile::Kind::kContainers);
    const std::string folder = variable("DOCKER_CONFIG");
    add((folder.empty() ? environment_.home + "/.docker" : folder) + "/config.json", AuthFile::Kind::kDocker);
    const std::string run = variable("XDG_RUNTIME_DIR");
    for (const std::string& place :
         run.empty() ? environment_.runtime_folders : std::vector<std::string>{run + "/containers"})
      add(place + "/auth.json", AuthFile::Kind::kContainers);
    const std::string config = variable("XDG_CONFIG_HOME");
    add((config.empty() ? environment_.home + "/.config" : config) + "/containers/auth.json",
        AuthFile::Kind::kContainers);
    const std::string legacy = environment_.home + "/.dockercfg";
    if (const auto text = read(legacy))
      files_.push_back(AuthFile::legacy(aws::show_path(environment_, legacy), *text));
    read_ = true;
  }

  void add(const std::string& path, AuthFile::Kind kind) {
    if (const auto text = read(path)) files_.emplace_back(aws::show_path(environment_, path), *text, kind);
  }

  std::optional<std::string> read(const std::string& path) {
    const std::string name = aws::show_path(environment_, path);
    try {
      auto text = files::read_credentials_file(path);
      if (!text) missing_.push_back(name);
      return text;
    } catch (const Error& error) {
      unreadable_.push_back(name + ": " + error.message());
      return std::nullopt;
    }
  }

  const aws::Environment environment_;
  base::Cancellation& cancellation_;

  // Guards what follows. It is held while a helper runs, so that two threads do not ask its user at once.
  std::mutex mutex_;
  bool read_ = false;
  std::vector<AuthFile> files_;  // in their order
  std::vector<std::string> missing_, unreadable_;
  std::map<std::string, std::vector<std::string>> notes_;  // of the last look-up for a host that found none
  std::map<std::pair<std::string, std::string>, std::optional<Credential>> answers_;  // of helpers
};

}  // namespace

std::shared_ptr<CredentialProvider> docker_config_provider(aws::Environment environment,
                                                           base::Cancellation& cancellation) {
  return std::make_shared<DockerConfig>(std::move(environment), cancellation);
}

}  // namespace ixian::auth
