// Repositories that stand before others.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oci/image_repo.h"

namespace ixian::oci {

// Hands everything on, for whoever changes some of it.
class ForwardingRepo : public ImageRepo {
 public:
  std::string name() const override = 0;
  std::optional<Descriptor> find(const std::string& ref) override { return repo().find(ref); }
  std::optional<RawManifest> read_manifest(const std::string& ref) override {
    return repo().read_manifest(ref);
  }
  bool has_blob(const Descriptor& blob) override { return repo().has_blob(blob); }
  std::unique_ptr<base::ByteSource> open_blob(const Descriptor& blob, std::uint64_t offset) override {
    return repo().open_blob(blob, offset);
  }
  void put_blob(const Descriptor& blob, const base::OpenSource& open) override {
    repo().put_blob(blob, open);
  }
  bool mount_blob(const Descriptor& blob, const ImageRepo& from) override {
    return repo().mount_blob(blob, from);
  }
  const ImageRepo& holder(const Descriptor& blob) override { return repo().holder(blob); }
  void put_manifest(const std::string& ref, const RawManifest& manifest) override {
    repo().put_manifest(ref, manifest);
  }
  std::vector<std::string> tags() override { return repo().tags(); }
  std::vector<Descriptor> referrers(const Digest& subject) override { return repo().referrers(subject); }
  bool remove(const std::string& ref) override { return repo().remove(ref); }

 protected:
  virtual ImageRepo& repo() = 0;
};

}  // namespace ixian::oci
