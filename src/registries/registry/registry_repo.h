// A repository of a registry, by the distribution protocol.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "oci/image_repo.h"
#include "registry/host_client.h"

namespace ixian::registry {

// Thread-safe: all but the sessions of refused mounts is constant or the host's. One host's repositories
// share its connections and tokens.
class RegistryRepo : public oci::ImageRepo {
 public:
  // `pushes`: it will be pushed to, so that one token is asked for that serves for everything. `patient`:
  // what fails is tried again for as long as the client says of pushes.
  RegistryRepo(std::shared_ptr<HostClient> host, std::string repository, bool pushes, bool patient = false);

  std::string name() const override { return host_->host() + "/" + repository_; }
  std::optional<oci::Descriptor> find(const std::string& ref) override;
  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override;
  bool has_blob(const oci::Descriptor& blob) override;
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override;
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override;
  bool mount_blob(const oci::Descriptor& blob, const ImageRepo& from) override;
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override;
  std::vector<std::string> tags() override;
  std::vector<oci::Descriptor> referrers(const oci::Digest& subject) override;
  bool remove(const std::string& ref) override;

 private:
  std::string path(std::string_view rest) const { return "/v2/" + repository_ + "/" + std::string(rest); }
  std::string image(const std::string& ref) const;
  Operation work(std::string text, bool writes = false) const {
    return {std::move(text), host_->host(), writes};
  }
  void pause_before(int attempt);
  std::optional<std::chrono::milliseconds> patience() const;
  http::Response send(const Operation& work, http::Request request, const registry_auth::Scopes& scopes);

  // Throws http::TransportError where the body breaks off.
  std::optional<oci::RawManifest> manifest_in(http::Response response, const std::string& ref,
                                              const Operation& reading) const;
  std::string take_session(const oci::Digest& digest);

  std::shared_ptr<HostClient> host_;
  const std::string repository_;
  const bool patient_;
  const registry_auth::Scopes reading_;

  std::atomic<bool> lists_referrers_{true};  // as far as is known

  // Guards `sessions_`.
  std::mutex mutex_;
  std::map<oci::Digest, std::string> sessions_;  // upload locations that refused mounts have left
};

}  // namespace ixian::registry
