// Small images for tests: real tar layers, a config that fits them, a manifest.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "oci/image_config.h"
#include "oci/image_repo.h"
#include "oci/media_types.h"
#include "tar/writer.h"

namespace ixian::testing {

inline oci::Descriptor describe(std::string_view bytes, std::string_view media_type = oci::kOciLayer) {
  return {std::string(media_type), oci::Digest::of(bytes), bytes.size(), {}, {}, {}, {}};
}

// Over a copy of the text.
class OwningSource : public base::ByteSource {
 public:
  explicit OwningSource(std::string text) : text_(std::move(text)), rest_(text_) {}
  std::size_t read(char* buffer, std::size_t size) override { return rest_.read(buffer, size); }

 private:
  std::string text_;
  base::TextSource rest_;
};

inline base::OpenSource source_of(std::string bytes) {
  return [bytes = std::move(bytes)](std::uint64_t offset) {
    return std::make_unique<OwningSource>(bytes.substr(std::min<std::uint64_t>(offset, bytes.size())));
  };
}

// Gives its bytes, then throws instead of ending: what a blob that turns out to be another looks like.
inline base::OpenSource source_that_fails_after(std::string bytes) {
  struct Failing : OwningSource {
    using OwningSource::OwningSource;
    std::size_t read(char* buffer, std::size_t size) override {
      if (const std::size_t count = OwningSource::read(buffer, size)) return count;
      throw base::Error(base::ErrorCode::kRegistry, "These are the bytes of another blob.");
    }
  };
  return [bytes = std::move(bytes)](std::uint64_t offset) {
    return std::make_unique<Failing>(bytes.substr(std::min<std::uint64_t>(offset, bytes.size())));
  };
}

inline std::string read_blob_from(oci::ImageRepo& repo, const oci::Descriptor& blob,
                                  std::uint64_t offset = 0) {
  const auto source = repo.open_blob(blob, offset);
  return base::read_all(*source, 64 << 20, "The blob");
}

struct SampleImage {
  std::string config;
  std::vector<std::string> layers;  // uncompressed tar
  oci::Manifest manifest;
  oci::RawManifest raw;
};

// A tar file with one file, whose content is the text.
inline std::string sample_layer(const std::string& text) {
  tar::TarEntry file;
  file.name = "srv/" + text.substr(0, 20);
  file.size = text.size();
  return tar::tar_header(file) + text + std::string(tar::tar_padding(text.size()), '\0') + tar::tar_end();
}

// Different texts make different images. For linux/amd64.
inline SampleImage sample_image(const std::string& text, std::size_t layers = 2) {
  std::vector<std::string> bytes;
  std::vector<oci::Descriptor> blobs;
  base::Json diff_ids = base::Json::array();
  for (std::size_t i = 0; i < layers; ++i) {
    bytes.push_back(sample_layer(std::to_string(i) + text));
    blobs.push_back(describe(bytes.back()));
    diff_ids.push_back(blobs.back().digest.text());
  }
  const std::string config = base::canonical_json({{"architecture", "amd64"},
                                                   {"os", "linux"},
                                                   {"config", {{"Labels", {{"text", text}}}}},
                                                   {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}});
  const oci::Manifest manifest{
      std::string(oci::kOciManifest), describe(config, oci::kOciConfig), blobs, std::nullopt, "", {}};
  return {config, bytes, manifest, oci::raw(manifest)};
}

inline void put_blobs(oci::ImageRepo& repo, const SampleImage& image) {
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    repo.put_blob(image.manifest.layers[i], source_of(image.layers[i]));
  }
  repo.put_blob(image.manifest.config, source_of(image.config));
}

inline void put_image(oci::ImageRepo& repo, const std::string& ref, const SampleImage& image) {
  put_blobs(repo, image);
  repo.put_manifest(ref, image.raw);
}

}  // namespace ixian::testing
