// Small images to copy about whose manifests may be spoilt: one source for a fake registry and for a
// MemoryRepo.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "oci/media_types.h"
#include "testing/fake_registry.h"
#include "testing/memory_repo.h"

namespace ixian::testing {

// Bytes that no two seeds share and that do not compress.
inline std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Layers are noise: nobody who only copies looks into them.
struct PlainImage {
  std::string config;
  std::vector<std::string> layers;
  base::Json manifest;  // change it before anything is stored
  std::string type = std::string(oci::kOciManifest);

  std::string bytes() const { return manifest.dump(); }
  std::string digest() const { return FakeRegistryState::digest_of(bytes()); }
  std::vector<std::string> blobs() const {
    std::vector<std::string> all = layers;
    all.push_back(config);
    return all;
  }
  oci::RawManifest raw() const {
    const std::string text = bytes();
    return {oci::Descriptor{type, oci::Digest::of(text), text.size(), {}, {}, {}, {}}, text};
  }
};

inline base::Json descriptor_of(std::string_view type, const std::string& bytes) {
  return {{"mediaType", type}, {"digest", FakeRegistryState::digest_of(bytes)}, {"size", bytes.size()}};
}

inline PlainImage plain_image(unsigned seed = 1, const std::vector<std::size_t>& sizes = {60'000, 2'000}) {
  PlainImage image;
  base::Json layers = base::Json::array();
  base::Json diff_ids = base::Json::array();
  for (const std::size_t size : sizes) {
    image.layers.push_back(noise(size, seed * 1000 + static_cast<unsigned>(image.layers.size())));
    layers.push_back(descriptor_of(oci::kOciLayer, image.layers.back()));
    diff_ids.push_back(FakeRegistryState::digest_of(image.layers.back()));
  }
  image.config = base::Json{{"architecture", "amd64"},
                            {"os", "linux"},
                            {"config", {{"Env", {"SEED=" + std::to_string(seed)}}}},
                            {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}}
                     .dump();
  image.manifest = {{"schemaVersion", 2},
                    {"mediaType", image.type},
                    {"config", descriptor_of(oci::kOciConfig, image.config)},
                    {"layers", layers}};
  return image;
}

inline void put(FakeRegistry& registry, const std::string& repository, const std::string& tag,
                const PlainImage& image) {
  for (const std::string& blob : image.blobs()) registry.store().add_blob(repository, blob);
  registry.store().add_manifest(repository, tag, image.type, image.bytes());
}

inline void put(MemoryRepo& repo, const std::string& tag, const PlainImage& image) {
  for (const std::string& blob : image.blobs()) repo.replace_blob(oci::Digest::of(blob), blob);
  repo.put_manifest(tag, image.raw());
}

// Whether all of the image is there, byte for byte, under the tag.
inline bool has(FakeRegistry& registry, const std::string& repository, const std::string& tag,
                const PlainImage& image) {
  const FakeRegistryProtocol& store = registry.store();
  if (store.tag(repository, tag) != image.digest()) return false;
  const auto manifest = store.manifest(repository, image.digest());
  if (!manifest || manifest->bytes != image.bytes() || manifest->type != image.type) return false;
  for (const std::string& blob : image.blobs()) {
    if (store.blob(repository, FakeRegistryState::digest_of(blob)) != blob) return false;
  }
  return true;
}

inline bool has(MemoryRepo& repo, const std::string& tag, const PlainImage& image) {
  const auto manifest = repo.read_manifest(tag);
  if (!manifest || manifest->bytes != image.bytes()) return false;
  for (const std::string& blob : image.blobs()) {
    const auto there = repo.blob(oci::Digest::of(blob));
    if (there == nullptr || *there != blob) return false;
  }
  return true;
}

// A destination that believes what it is given: whatever it keeps, the copy has let through.
class UncheckedRepo : public MemoryRepo {
 public:
  using MemoryRepo::MemoryRepo;

  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    std::string bytes;
    const auto source = open(0);
    char buffer[4096];
    while (const std::size_t count = source->read(buffer, sizeof buffer)) bytes.append(buffer, count);
    replace_blob(blob.digest, std::move(bytes));
  }
};

}  // namespace ixian::testing
