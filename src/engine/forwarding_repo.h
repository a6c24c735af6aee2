// Repositories that stand before others.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/open_repo.h"
#include "oci/image_repo.h"

namespace ixian::engine {

// Hands everything on, for whoever changes some of it.
class ForwardingRepo : public oci::ImageRepo {
 public:
  std::string name() const override = 0;
  std::optional<oci::Descriptor> find(const std::string& ref) override { return repo().find(ref); }
  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
    return repo().read_manifest(ref);
  }
  bool has_blob(const oci::Descriptor& blob) override { return repo().has_blob(blob); }
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
    return repo().open_blob(blob, offset);
  }
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    repo().put_blob(blob, open);
  }
  bool mount_blob(const oci::Descriptor& blob, const ImageRepo& from) override {
    return repo().mount_blob(blob, from);
  }
  const ImageRepo& holder(const oci::Descriptor& blob) override { return repo().holder(blob); }
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override {
    repo().put_manifest(ref, manifest);
  }
  std::vector<std::string> tags() override { return repo().tags(); }
  std::vector<oci::Descriptor> referrers(const oci::Digest& subject) override {
    return repo().referrers(subject);
  }
  bool remove(const std::string& ref) override { return repo().remove(ref); }

 protected:
  virtual oci::ImageRepo& repo() = 0;
};

// A repository that is opened when it is first asked: nobody is, for layers that are in the store.
class LateRepo : public ForwardingRepo {
 public:
  LateRepo(OpenRepo open, oci::Reference reference)
      : open_(std::move(open)), reference_(std::move(reference)) {}

  std::string name() const override { return reference_.name(); }

 protected:
  oci::ImageRepo& repo() override {
    const std::lock_guard lock(mutex_);
    if (!repo_) repo_ = open_(reference_);
    return *repo_;
  }

 private:
  const OpenRepo open_;
  const oci::Reference reference_;
  std::mutex mutex_;
  std::shared_ptr<oci::ImageRepo> repo_;
};

}  // namespace ixian::engine
