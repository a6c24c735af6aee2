// An archive of `docker save` as a repository that can only be read: names and digests lead to manifests,
// which ArchiveImages finds or makes. Members are read where they lie in the file, so nothing is unpacked.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "layout/archive_images.h"
#include "layout/archive_index.h"
#include "layout/docker_archive.h"
#include "layout/docker_name.h"

namespace ixian::layout {
namespace {

class ArchiveRepo : public oci::ImageRepo {
 public:
  ArchiveRepo(const std::string& file, base::Cancellation& cancellation)
      : archive_(file, cancellation), images_(archive_) {
    for (const auto& image : images_.images()) {
      // Of two images with one name the first counts, as in the list.
      for (const auto& name : image.names) by_name_.emplace(full_name(name), image.image);
    }
  }

  std::string name() const override { return "docker-archive:" + archive_.path(); }

  std::optional<oci::Descriptor> find(const std::string& ref) override {
    if (const auto digest = oci::Digest::parse(ref)) {
      auto manifest = images_.manifest(*digest);
      return manifest ? std::optional(manifest->descriptor) : std::nullopt;
    }
    // An archive may be named without saying which image: mostly there is but one.
    if (ref.empty()) return only_image();
    const auto found = by_name_.find(full_name(ref));
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
    const auto image = find(ref);
    if (!image) return std::nullopt;
    auto manifest = images_.manifest(image->digest);
    if (!manifest) archive_.fail(fmt::format("its manifest {} is missing", image->digest.text()));
    return manifest;
  }

  bool has_blob(const oci::Descriptor& blob) override { return images_.blob(blob).has_value(); }

  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
    const auto member = images_.blob(blob);
    if (!member) archive_.fail(fmt::format("its blob {} is missing", blob.digest.text()));
    return archive_.open(*member, offset);
  }

  void put_blob(const oci::Descriptor&, const base::OpenSource&) override { refuse(); }
  bool mount_blob(const oci::Descriptor&, const oci::ImageRepo&) override { return false; }
  void put_manifest(const std::string&, const oci::RawManifest&) override { refuse(); }
  bool remove(const std::string&) override { refuse(); }

  std::vector<std::string> tags() override {
    std::set<std::string> names;
    for (const auto& image : images_.images()) names.insert(image.names.begin(), image.names.end());
    return {names.begin(), names.end()};
  }

 private:
  std::optional<oci::Descriptor> only_image() {
    const auto& images = images_.images();
    if (images.empty()) return std::nullopt;
    const auto differs = [&](const ArchivedImage& image) {
      return image.image.digest != images[0].image.digest;
    };
    if (std::none_of(images.begin(), images.end(), differs)) return images[0].image;
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("missing tag: {} contains several images\nhint: name one: {}", name(),
                                  base::join(tags(), ", ")));
  }

  [[noreturn]] void refuse() const {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} cannot be changed\nhint: write a new archive instead", name()));
  }

  const ArchiveIndex archive_;
  const ArchiveImages images_;
  std::map<std::string, oci::Descriptor> by_name_;
};

}  // namespace

std::unique_ptr<oci::ImageRepo> open_docker_archive(const std::string& file,
                                                    base::Cancellation& cancellation) {
  return std::make_unique<ArchiveRepo>(file, cancellation);
}

}  // namespace ixian::layout
