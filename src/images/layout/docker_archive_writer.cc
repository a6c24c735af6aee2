// An archive for `docker load` of every age: an OCI layout with index.json, and manifest.json beside it,
// which names the same blobs. The index may hold the names and the list of platforms; Docker's own file has
// room for one image. Blobs go into a spool that is the archive in the making, and both documents come last,
// when it is known what was copied.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "layout/archive_index.h"
#include "layout/docker_archive.h"
#include "layout/docker_name.h"
#include "layout/index_file.h"
#include "layout/spool.h"
#include "layout/stored_manifest.h"
#include "oci/media_types.h"

namespace ixian::layout {
namespace {

bool is_attestation(const oci::Descriptor& manifest) {
  // BuildKit's: os and architecture "unknown", so that nobody takes them for an image.
  return manifest.platform && manifest.platform->os == "unknown";
}

class ArchiveWriter : public DockerArchiveWriter {
 public:
  ArchiveWriter(const std::string& file, std::vector<std::string> tags, base::Cancellation& cancellation)
      : file_(file), tags_(std::move(tags)), spool_(file, cancellation) {}

  std::string name() const override { return "docker-archive:" + file_; }

  std::optional<oci::Descriptor> find(const std::string& ref) override {
    const auto manifest = read_manifest(ref);
    return manifest ? std::optional(manifest->descriptor) : std::nullopt;
  }

  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
    std::lock_guard lock(mutex_);
    auto digest = oci::Digest::parse(ref);
    if (const auto named = names_.find(ref); named != names_.end()) digest = named->second;
    const auto found = digest ? manifests_.find(*digest) : manifests_.end();
    return found == manifests_.end() ? std::nullopt : std::optional(found->second);
  }

  bool has_blob(const oci::Descriptor& blob) override { return spool_.has(blob); }

  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
    auto source = spool_.open(blob, offset);
    if (!source) fail(fmt::format("blob {} not found in {}", blob.digest.text(), name()));
    return source;
  }

  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    spool_.put(blob, open);
  }
  bool mount_blob(const oci::Descriptor&, const oci::ImageRepo&) override { return false; }
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override;

  std::vector<std::string> tags() override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [ref, digest] : names_) names.push_back(ref);
    return names;
  }

  bool remove(const std::string&) override {
    fail(fmt::format("{} is being written and cannot be changed\nhint: write a new archive instead", name()));
  }

  void finish() override;

 private:
  [[noreturn]] static void fail(std::string message, std::string context = "") {
    throw base::Error(base::ErrorCode::kRegistry, std::move(message), std::move(context));
  }
  oci::Manifest image_for_docker() const;
  std::string index() const;

  const std::string file_;
  const std::vector<std::string> tags_;  // as docker writes them, each once
  Spool spool_;
  // Guards all below.
  std::mutex mutex_;
  std::map<oci::Digest, oci::RawManifest> manifests_;
  std::map<std::string, oci::Digest> names_;
  std::optional<oci::Digest> image_;  // what was stored last, since what names others comes after them
};

void ArchiveWriter::put_manifest(const std::string& ref, const oci::RawManifest& manifest) {
  const oci::Digest& digest = manifest.descriptor.digest;
  const auto by_digest = oci::Digest::parse(ref);
  check_manifest_bytes(manifest, ref, name());
  const auto open = [&](std::uint64_t offset) {
    return std::make_unique<base::TextSource>(std::string_view(manifest.bytes).substr(offset));
  };
  spool_.put(manifest.descriptor, open, true);
  std::lock_guard lock(mutex_);
  manifests_.insert_or_assign(digest, manifest);
  if (!by_digest) names_.insert_or_assign(ref, digest);
  image_ = digest;
}

// Of an index, the one image that was copied with it.
oci::Manifest ArchiveWriter::image_for_docker() const {
  const oci::RawManifest& named = manifests_.at(*image_);
  const auto parsed = named.parsed();
  if (const auto* one = std::get_if<oci::Manifest>(&parsed)) return *one;
  const auto& index = std::get<oci::Index>(parsed);
  std::vector<const oci::RawManifest*> images;
  for (const auto& part : index.manifests) {
    const auto found = manifests_.find(part.digest);
    if (found != manifests_.end() && !is_attestation(part)) images.push_back(&found->second);
  }
  const auto only = images.size() == 1 ? images[0]->parsed() : parsed;
  if (const auto* one = std::get_if<oci::Manifest>(&only)) return *one;
  fail(
      fmt::format("{} can contain one image, not an index of {} ({})\nhint: choose one platform, or copy to "
                  "a directory: oci:DIR",
                  name(), index.manifests.size(), oci::platforms(index)));
}

std::string ArchiveWriter::index() const {
  const oci::Descriptor& image = manifests_.at(*image_).descriptor;
  base::Json nameless = {
      {"mediaType", image.media_type}, {"digest", image.digest.text()}, {"size", image.size}};
  if (!image.annotations.empty()) nameless["annotations"] = image.annotations;
  base::Json entries = base::Json::array();
  for (const std::string& tag : tags_) {
    entries.push_back(nameless);
    base::Json& annotations = entries.back()["annotations"];
    annotations[std::string(kImageName)] = full_name(tag);
    annotations[std::string(kRefName)] = tag_of(tag);
  }
  if (entries.empty()) entries.push_back(nameless);
  return base::canonical_json({{"schemaVersion", 2}, {"mediaType", oci::kOciIndex}, {"manifests", entries}});
}

void ArchiveWriter::finish() {
  std::lock_guard lock(mutex_);
  if (!image_) fail(fmt::format("{} not written: no image was copied to it", name()));
  const oci::Manifest image = image_for_docker();
  base::Json layers = base::Json::array();
  for (const auto& blob : image.layers) {
    if (!spool_.has(blob)) {
      fail(fmt::format(
          "{} not written: its layer {} is missing; non-distributable layers cannot be in an archive", name(),
          blob.digest.text()));
    }
    layers.push_back(blob_path(blob.digest));
  }
  if (!spool_.has(image.config)) {
    fail(fmt::format("{} not written: its config {} is missing", name(), image.config.digest.text()));
  }
  base::Json item = {{"Config", blob_path(image.config.digest)}, {"Layers", layers}, {"RepoTags", nullptr}};
  if (!tags_.empty()) item["RepoTags"] = tags_;
  spool_.finish(
      {{"index.json", index()}, {"manifest.json", base::canonical_json(base::Json::array({item}))}});
}

}  // namespace

std::unique_ptr<DockerArchiveWriter> create_docker_archive(const std::string& file,
                                                           const std::vector<std::string>& names,
                                                           base::Cancellation& cancellation) {
  std::vector<std::string> tags;
  for (const std::string& name : names) {
    if (name.empty()) continue;
    std::string tag = familiar_name(name);
    if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end())
      tags.push_back(std::move(tag));
  }
  return std::make_unique<ArchiveWriter>(file, std::move(tags), cancellation);
}

}  // namespace ixian::layout
