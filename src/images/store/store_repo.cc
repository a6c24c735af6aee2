// The store's images as a repository. Its blobs are the store's own, so copies within it cost nothing. A
// manifest that is read is kept with all that it leads to for as long as the repository is open: a copy that
// has begun can be ended.
#include "store/store_repo.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "layout/stored_manifest.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/reach.h"
#include "store/records.h"
#include "store/snapshot.h"

namespace ixian::store {
namespace {

class StoreRepo : public oci::ImageRepo {
 public:
  StoreRepo(std::shared_ptr<Store> store, Database& database, const Folder& folder,
            const std::string& repository, base::Clock& clock, base::Cancellation& cancellation)
      : store_(std::move(store)),
        database_(database),
        blobs_(folder.blobs()),
        label_("store:" + repository),
        prefix_(repository.empty() ? "" : repository + ":"),
        clock_(clock),
        cancellation_(cancellation) {}

  std::string name() const override { return label_; }
  std::optional<oci::Descriptor> find(const std::string& ref) override;
  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override;
  bool has_blob(const oci::Descriptor& blob) override;
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override;
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override;
  bool mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) override;
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override;
  std::vector<std::string> tags() override;
  bool remove(const std::string& ref) override;

 private:
  Lease& lease() {
    std::lock_guard lock(mutex_);
    if (!lease_) lease_ = store_->lease();
    return *lease_;
  }
  std::string name_of(const std::string& ref) const;
  std::optional<oci::Descriptor> named(const std::string& ref);
  bool is_needed(Transaction& transaction, const oci::Digest& digest);
  bool remove_digest(const oci::Digest& digest);
  std::string image(const std::string& ref) const { return fmt::format("{} in {}", ref, label_); }

  const std::shared_ptr<Store> store_;
  Database& database_;
  const layout::BlobFolder blobs_;
  const std::string label_;
  const std::string prefix_;
  base::Clock& clock_;
  base::Cancellation& cancellation_;
  // Guards `lease_`.
  std::mutex mutex_;
  std::shared_ptr<Lease> lease_;
};

std::string StoreRepo::name_of(const std::string& ref) const {
  if (!prefix_.empty()) {
    if (oci::is_valid_tag(ref)) return prefix_ + ref;
    base::fail_registry(
        fmt::format("invalid tag \"{}\" in {} (expected: up to 128 letters, digits, \"_\", \".\" and \"-\", "
                    "beginning with none of the latter two)",
                    base::printable_path(ref), label_));
  }
  try {
    const oci::Reference reference = oci::parse_reference(ref);
    if (!reference.digest && !reference.tag.empty() && reference.text() == ref) return ref;
  } catch (const base::Error&) {
  }
  base::fail_registry(fmt::format("invalid tag \"{}\" in the store (expected: a full name with its tag)",
                                  base::printable_path(ref)));
}

// Keeps the manifest from the moment that the name is seen.
std::optional<oci::Descriptor> StoreRepo::named(const std::string& ref) {
  const std::string name = prefix_ + ref;
  Lease& lease = this->lease();
  if (Transaction look(database_, TransactionMode::kRead); !read_name(look, name)) return std::nullopt;
  Transaction transaction(database_,
                          database_.only_reads() ? TransactionMode::kRead : TransactionMode::kWrite);
  auto found = read_name(transaction, name);
  if (!found) return std::nullopt;
  const std::vector<Object> objects = {name_object(name), blob_object(found->image.digest)};
  lease.keep(transaction, objects);
  transaction.commit();
  lease.noted(objects);
  return std::move(found->image);
}

std::optional<oci::Descriptor> StoreRepo::find(const std::string& ref) {
  auto manifest = read_manifest(ref);
  return manifest ? std::optional(std::move(manifest->descriptor)) : std::nullopt;
}

std::optional<oci::RawManifest> StoreRepo::read_manifest(const std::string& ref) {
  std::optional<oci::RawManifest> manifest;
  if (const auto digest = oci::Digest::parse(ref)) {
    lease().keep({blob_object(*digest)});
    manifest = layout::read_stored_manifest(blobs_, *digest);
    if (!manifest) return std::nullopt;
  } else {
    auto found = named(ref);
    if (!found) return std::nullopt;
    auto bytes = blobs_.read(found->digest, oci::kMaxManifestBytes);
    if (!bytes || bytes->size() != found->size) {
      base::fail_registry(
          fmt::format("manifest of {} not found\nhint: build or copy the image again", image(ref)));
    }
    manifest = oci::RawManifest{std::move(*found), std::move(*bytes)};
  }
  lease().keep(blobs_of(blobs_, *manifest));
  return manifest;
}

bool StoreRepo::has_blob(const oci::Descriptor& blob) {
  lease();
  return store_->has_blob(blob);
}

std::unique_ptr<base::ByteSource> StoreRepo::open_blob(const oci::Descriptor& blob, std::uint64_t offset) {
  lease();
  return store_->open_blob(blob, offset);
}

void StoreRepo::put_blob(const oci::Descriptor& blob, const base::OpenSource& open) {
  lease();
  store_->put_blob(blob, open);
}

// All repositories of a store share its blobs.
bool StoreRepo::mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) {
  const auto* other = dynamic_cast<const StoreRepo*>(&from);
  return other != nullptr && other->store_->folder() == store_->folder() && has_blob(blob);
}

void StoreRepo::put_manifest(const std::string& ref, const oci::RawManifest& manifest) {
  const auto digest = oci::Digest::parse(ref);
  layout::check_manifest_bytes(manifest, ref, image(ref));
  const std::string name = digest ? "" : name_of(ref);
  Lease& lease = this->lease();
  lease.keep(blobs_of(blobs_, manifest));
  layout::check_storable(manifest, blobs_, image(ref));
  const bool fresh = blobs_.put(manifest.descriptor.digest, manifest.bytes);
  // What has that name already was synced then. A blob that was lost and came back since is not worth a
  // disk's time in every build that changes nothing: at the worst it is lost again.
  const bool had_name = digest ? !fresh : named(ref) == manifest.descriptor;
  if (had_name && !fresh) return;
  blobs_.sync();
  if (digest || had_name) return;

  const std::vector<Object> objects = {name_object(name)};
  Transaction transaction(database_, TransactionMode::kDurable);
  write_name(transaction, {name, manifest.descriptor, unix_time(clock_)});
  lease.keep(transaction, objects);
  transaction.commit();
  lease.noted(objects);
}

std::vector<std::string> StoreRepo::tags() {
  Transaction transaction(database_, TransactionMode::kRead);
  std::vector<std::string> tags;
  for (const ImageName& name : read_names(transaction)) {
    if (name.name.starts_with(prefix_)) tags.push_back(name.name.substr(prefix_.size()));
  }
  return tags;
}

bool StoreRepo::remove(const std::string& ref) {
  if (const auto digest = oci::Digest::parse(ref)) return remove_digest(*digest);
  database_.use_reserve();
  Transaction transaction(database_, TransactionMode::kDurable);
  const bool removed = remove_name(transaction, prefix_ + ref);
  transaction.commit();
  return removed;
}

// By a name, a cache entry, an index, or somebody else's lease.
bool StoreRepo::is_needed(Transaction& transaction, const oci::Digest& digest) {
  if (transaction
          .query("SELECT 1 FROM lease_keeps WHERE object = ?1 AND lease <> ?2 LIMIT 1", blob_object(digest),
                 lease_->id())
          .step()) {
    return true;
  }
  ReachableObjects reach(blobs_);
  const auto roots = read_roots(transaction, reach, 0);
  return std::any_of(roots.begin(), roots.end(),
                     [&](const Inventory::Root& root) { return root.keeps.count(blob_object(digest)) > 0; });
}

bool StoreRepo::remove_digest(const oci::Digest& digest) {
  database_.use_reserve();
  lease();
  if (!layout::read_stored_manifest(blobs_, digest)) return false;
  bool removed = false;
  {
    Transaction transaction(database_, TransactionMode::kDurable);
    for (const ImageName& name : read_names(transaction)) {
      if (name.image.digest != digest || !name.name.starts_with(prefix_)) continue;
      removed = remove_name(transaction, name.name) || removed;
    }
    transaction.commit();
  }
  Transaction transaction(database_, TransactionMode::kWrite);
  if (is_needed(transaction, digest)) return removed;
  blobs_.remove(digest);
  transaction.commit();
  return true;
}

}  // namespace

std::unique_ptr<oci::ImageRepo> make_store_repo(std::shared_ptr<Store> store, Database& database,
                                                const Folder& folder, const std::string& repository,
                                                base::Clock& clock, base::Cancellation& cancellation) {
  return std::make_unique<StoreRepo>(std::move(store), database, folder, repository, clock, cancellation);
}

}  // namespace ixian::store
