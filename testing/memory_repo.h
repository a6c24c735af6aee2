// A repository in memory, for tests of whatever works on any ImageRepo.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "oci/image_repo.h"
#include "oci/media_types.h"

namespace ixian::testing {

// Passes the contract of ImageRepo (image_repo_contract.h). Strict where a registry is: bytes that
// are not the blob's are refused. It counts what it is asked, and mounts from other MemoryRepos where told
// to.
class MemoryRepo : public oci::ImageRepo {
 public:
  struct Counts {
    int finds = 0, manifest_reads = 0, blob_opens = 0, blob_puts = 0, mounts = 0, manifest_puts = 0;
    int tag_lists = 0, referrer_lists = 0, removals = 0;
  };

  explicit MemoryRepo(std::string name = "memory", bool mounts = false)
      : name_(std::move(name)), mounts_(mounts) {}

  std::string name() const override { return name_; }

  std::optional<oci::Descriptor> find(const std::string& ref) override {
    std::lock_guard lock(mutex_);
    ++counts_.finds;
    const oci::RawManifest* manifest = look_up(ref);
    return manifest ? std::optional(manifest->descriptor) : std::nullopt;
  }

  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
    std::lock_guard lock(mutex_);
    ++counts_.manifest_reads;
    const oci::RawManifest* manifest = look_up(ref);
    return manifest ? std::optional(*manifest) : std::nullopt;
  }

  bool has_blob(const oci::Descriptor& blob) override {
    std::lock_guard lock(mutex_);
    auto found = blobs_.find(blob.digest);
    return found != blobs_.end() && found->second->size() == blob.size;
  }

  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
    std::lock_guard lock(mutex_);
    ++counts_.blob_opens;
    auto found = blobs_.find(blob.digest);
    if (found == blobs_.end()) refuse("There is no blob " + blob.digest.text());
    return std::make_unique<Reader>(found->second, offset);
  }

  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    auto source = open(0);
    auto bytes = std::make_shared<std::string>();
    oci::Digester digester(blob.digest.algorithm());
    char buffer[4096];
    while (std::size_t count = source->read(buffer, sizeof(buffer))) {
      bytes->append(buffer, count);
      if (bytes->size() > blob.size) refuse("More bytes came than " + blob.digest.text() + " has");
    }
    digester.update(*bytes);
    if (bytes->size() != blob.size || digester.finish() != blob.digest) {
      refuse("Other bytes came than those of " + blob.digest.text());
    }
    std::lock_guard lock(mutex_);
    ++counts_.blob_puts;
    blobs_[blob.digest] = std::move(bytes);
  }

  bool mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) override {
    auto* other = dynamic_cast<const MemoryRepo*>(&from);
    if (!mounts_ || other == nullptr) return false;
    std::shared_ptr<const std::string> bytes = other->blob(blob.digest);
    if (!bytes) return false;
    std::lock_guard lock(mutex_);
    ++counts_.mounts;
    blobs_[blob.digest] = std::move(bytes);
    return true;
  }

  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override {
    const auto digest = oci::Digest::parse(ref);
    if (digest && *digest != manifest.descriptor.digest) refuse("A manifest cannot be stored as " + ref);
    std::lock_guard lock(mutex_);
    ++counts_.manifest_puts;
    manifests_.insert_or_assign(manifest.descriptor.digest, manifest);
    if (!digest) tags_.insert_or_assign(ref, manifest.descriptor.digest);
  }

  std::vector<std::string> tags() override {
    std::lock_guard lock(mutex_);
    ++counts_.tag_lists;
    std::vector<std::string> names;
    for (const auto& [tag, digest] : tags_) names.push_back(tag);
    return names;
  }

  std::vector<oci::Descriptor> referrers(const oci::Digest& subject) override {
    std::lock_guard lock(mutex_);
    ++counts_.referrer_lists;
    std::vector<oci::Descriptor> found;
    for (const auto& [digest, manifest] : manifests_) {
      const oci::AnyManifest parsed = manifest.parsed();
      const bool refers = std::visit(
          [&](const auto& value) { return value.subject && value.subject->digest == subject; }, parsed);
      if (refers) found.push_back(manifest.descriptor);
    }
    return found;
  }

  bool remove(const std::string& ref) override {
    std::lock_guard lock(mutex_);
    ++counts_.removals;
    const auto digest = oci::Digest::parse(ref);
    if (!digest) return tags_.erase(ref) > 0;
    std::erase_if(tags_, [&](const auto& tag) { return tag.second == *digest; });
    return manifests_.erase(*digest) > 0;
  }

  // For tests: what was asked, and the means to damage what is stored.
  Counts counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
  }
  void replace_blob(const oci::Digest& digest, std::string bytes) {
    std::lock_guard lock(mutex_);
    blobs_[digest] = std::make_shared<std::string>(std::move(bytes));
  }
  void drop_blob(const oci::Digest& digest) {
    std::lock_guard lock(mutex_);
    blobs_.erase(digest);
  }
  std::shared_ptr<const std::string> blob(const oci::Digest& digest) const {
    std::lock_guard lock(mutex_);
    auto found = blobs_.find(digest);
    return found == blobs_.end() ? nullptr : found->second;
  }

 private:
  class Reader : public base::ByteSource {
   public:
    Reader(std::shared_ptr<const std::string> bytes, std::uint64_t offset)
        : bytes_(std::move(bytes)),
          text_(std::string_view(*bytes_).substr(std::min(offset, bytes_->size()))) {}
    std::size_t read(char* buffer, std::size_t size) override { return text_.read(buffer, size); }

   private:
    std::shared_ptr<const std::string> bytes_;
    base::TextSource text_;
  };

  [[noreturn]] void refuse(const std::string& reason) const {
    throw base::Error(base::ErrorCode::kRegistry, reason + " in " + name_ + ".");
  }

  const oci::RawManifest* look_up(const std::string& ref) const {
    auto digest = oci::Digest::parse(ref);
    if (!digest) {
      auto tag = tags_.find(ref);
      if (tag == tags_.end()) return nullptr;
      digest = tag->second;
    }
    auto found = manifests_.find(*digest);
    return found == manifests_.end() ? nullptr : &found->second;
  }

  const std::string name_;
  const bool mounts_;
  mutable std::mutex mutex_;
  Counts counts_;
  std::map<oci::Digest, std::shared_ptr<const std::string>> blobs_;
  std::map<oci::Digest, oci::RawManifest> manifests_;
  std::map<std::string, oci::Digest> tags_;
};

}  // namespace ixian::testing
