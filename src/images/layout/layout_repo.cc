// A layout as a repository, in two ways: `oci:DIR`, where names are as the user writes them, and a directory
// as a registry, whose one layout holds all repositories, told apart by "repository:" before the tag. Blobs
// are shared by all of them, so mounting is looking.
//
// A manifest comes after what it names, and its entry in the index after the manifest is on the disk: at no
// moment does a name lead to what is not whole. Blobs are not removed, but for manifests that nothing names
// any more.
#include "layout/layout_repo.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "files/trust.h"
#include "layout/layout_folder.h"
#include "layout/stored_manifest.h"
#include "oci/manifest.h"
#include "oci/reference.h"

namespace ixian::layout {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// One repository: all names of a layout, or those of a directory registry that start with `prefix`.
class LayoutRepo : public oci::ImageRepo {
 public:
  LayoutRepo(std::string label, std::string prefix, std::string image_name, const std::string& folder,
             LayoutUse use, base::Cancellation& cancellation)
      : label_(std::move(label)),
        prefix_(std::move(prefix)),
        image_name_(std::move(image_name)),
        folder_(folder, use),
        cancellation_(cancellation) {}

  std::string name() const override { return label_; }
  std::optional<oci::Descriptor> find(const std::string& ref) override;
  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override;
  bool has_blob(const oci::Descriptor& blob) override { return folder_.blobs().has(blob); }
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override;
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override;
  bool mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) override;
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override;
  std::vector<std::string> tags() override;
  bool remove(const std::string& ref) override;

 private:
  bool is_ours(const std::string& entry) const { return entry.starts_with(prefix_); }
  std::string entry_name_of(const std::string& ref) const;
  std::optional<oci::Descriptor> named(const std::string& ref);
  const base::Json* only_entry(const IndexContent& content) const;
  bool remove_digest(const oci::Digest& digest);
  std::string image(const std::string& ref) const {
    return ref.empty() ? label_ : fmt::format("{} in {}", ref, label_);
  }

  const std::string label_;
  const std::string prefix_;
  const std::string image_name_;
  LayoutFolder folder_;
  base::Cancellation& cancellation_;
};

std::string LayoutRepo::entry_name_of(const std::string& ref) const {
  if (prefix_.empty() && (ref.size() > kMaxNameBytes || !is_utf8(ref))) {
    base::fail_registry(fmt::format("invalid tag for an image in {} (expected: UTF-8, at most {} bytes)",
                                    label_, kMaxNameBytes));
  }
  if (!prefix_.empty() && !oci::is_valid_tag(ref)) {
    base::fail_registry(
        fmt::format("invalid tag \"{}\" in {} (expected: up to 128 letters, digits, \"_\", \".\" and \"-\", "
                    "beginning with none of the latter two)",
                    base::printable_path(ref), label_));
  }
  return prefix_ + ref;
}

// A nameless ref of a layout: its only image, whatever its name.
const base::Json* LayoutRepo::only_entry(const IndexContent& content) const {
  const auto& entries = content.entries();
  if (entries.size() == 1) return &entries[0];
  for (const auto& entry : entries) {
    if (entry_name(entry).empty()) return &entry;
  }
  if (entries.empty()) return nullptr;
  base::fail_registry(fmt::format("missing tag: {} contains several images\nhint: name one: {}", label_,
                                  base::join(content.names(), ", ")));
}

std::optional<oci::Descriptor> LayoutRepo::named(const std::string& ref) {
  const auto content = folder_.index().read();
  const base::Json* entry =
      ref.empty() && prefix_.empty() ? only_entry(*content) : content->entry(prefix_ + ref, image_name_);
  if (entry == nullptr) return std::nullopt;
  try {
    const auto found = oci::descriptor_from_json(*entry, "manifests");
    return oci::Descriptor{found.media_type, found.digest, found.size, {}, {}, {}, {}};
  } catch (const std::invalid_argument& error) {
    base::fail_registry(
        fmt::format("the entry of {} in {} is damaged\nhint: remove that tag, or copy the image there again",
                    image(ref), base::printable_path(folder_.index().path())),
        error.what());
  }
}

std::optional<oci::Descriptor> LayoutRepo::find(const std::string& ref) {
  if (const auto digest = oci::Digest::parse(ref)) {
    auto manifest = read_stored_manifest(folder_.blobs(), *digest);
    return manifest ? std::optional(manifest->descriptor) : std::nullopt;
  }
  auto image = named(ref);
  if (image) folder_.blobs().open(*image, 0, cancellation_);  // throws where it is damaged
  return image;
}

std::optional<oci::RawManifest> LayoutRepo::read_manifest(const std::string& ref) {
  if (const auto digest = oci::Digest::parse(ref)) return read_stored_manifest(folder_.blobs(), *digest);
  auto found = named(ref);
  if (!found) return std::nullopt;
  if (found->size > oci::kMaxManifestBytes) {
    base::fail_registry(fmt::format("manifest of {} is too large: {} bytes (at most {})", image(ref),
                                    found->size, oci::kMaxManifestBytes));
  }
  folder_.blobs().open(*found, 0, cancellation_);
  auto bytes = folder_.blobs().read(found->digest, oci::kMaxManifestBytes);
  if (!bytes || bytes->size() != found->size) {
    base::fail_registry(
        fmt::format("manifest of {} was removed while it was read\nhint: try again", image(ref)));
  }
  return oci::RawManifest{std::move(*found), std::move(*bytes)};
}

std::unique_ptr<base::ByteSource> LayoutRepo::open_blob(const oci::Descriptor& blob, std::uint64_t offset) {
  return folder_.blobs().open(blob, offset, cancellation_);
}

void LayoutRepo::put_blob(const oci::Descriptor& blob, const base::OpenSource& open) {
  folder_.prepare_to_write(cancellation_);
  folder_.blobs().put(blob, open, cancellation_);
}

bool LayoutRepo::mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) {
  const auto* other = dynamic_cast<const LayoutRepo*>(&from);
  return other != nullptr && folder_.same_as(other->folder_) && folder_.blobs().has(blob);
}

void LayoutRepo::put_manifest(const std::string& ref, const oci::RawManifest& manifest) {
  const auto digest = oci::Digest::parse(ref);
  check_manifest_bytes(manifest, ref, image(ref));
  const std::string name = digest ? "" : entry_name_of(ref);
  check_storable(manifest, folder_.blobs(), image(ref));
  folder_.prepare_to_write(cancellation_);

  BlobFolder& blobs = folder_.blobs();
  blobs.put(manifest.descriptor.digest, manifest.bytes);
  blobs.sync();
  if (digest) return;

  base::Json fresh = {{"mediaType", manifest.descriptor.media_type},
                      {"digest", manifest.descriptor.digest.text()},
                      {"size", manifest.descriptor.size}};
  if (!manifest.descriptor.annotations.empty()) fresh["annotations"] = manifest.descriptor.annotations;
  if (!name.empty()) fresh["annotations"][std::string(kRefName)] = name;
  if (!image_name_.empty()) fresh["annotations"][std::string(kImageName)] = image_name_;
  const auto replace = [&](base::Json& entries) {
    if (!blobs.has(manifest.descriptor)) {  // somebody removed it by its digest meanwhile
      blobs.put(manifest.descriptor.digest, manifest.bytes);
      blobs.sync();
    }
    // What is stored last comes first of those with its name, since readers take the first one.
    const auto named = [&](const base::Json& entry) { return entry_name(entry) == name; };
    const auto replaced = [&](const base::Json& entry) {
      const std::string other = entry_image_name(entry);
      return named(entry) && (image_name_.empty() || other.empty() || other == image_name_);
    };
    const auto first = std::find_if(entries.begin(), entries.end(), named);
    if (first != entries.end() && *first == fresh &&
        std::count_if(entries.begin(), entries.end(), replaced) == 1)
      return false;
    const auto place = first - entries.begin();
    entries.erase(std::remove_if(entries.begin(), entries.end(), replaced), entries.end());
    entries.insert(entries.begin() + place, fresh);
    return true;
  };
  folder_.index().update(replace, cancellation_);
}

std::vector<std::string> LayoutRepo::tags() {
  std::vector<std::string> tags;
  for (const std::string& entry : folder_.index().read()->names()) {
    if (is_ours(entry)) tags.push_back(entry.substr(prefix_.size()));
  }
  return tags;
}

bool LayoutRepo::remove(const std::string& ref) {
  if (const auto digest = oci::Digest::parse(ref)) return remove_digest(*digest);
  const std::string name = prefix_ + ref;
  if (folder_.index().read()->entry(name) == nullptr) return false;
  folder_.prepare_to_write(cancellation_);
  bool removed = false;
  const auto erase = [&](base::Json& entries) {
    const auto last = std::remove_if(entries.begin(), entries.end(),
                                     [&](const base::Json& entry) { return entry_name(entry) == name; });
    removed = last != entries.end();
    entries.erase(last, entries.end());
    return removed;
  };
  folder_.index().update(erase, cancellation_);
  return removed;
}

bool LayoutRepo::remove_digest(const oci::Digest& digest) {
  if (!read_stored_manifest(folder_.blobs(), digest)) return false;
  folder_.prepare_to_write(cancellation_);
  bool removed = false;
  const auto erase = [&](base::Json& entries) {
    const auto ours = [&](const base::Json& entry) {
      return entry_digest(entry) == digest.text() && is_ours(entry_name(entry));
    };
    const auto last = std::remove_if(entries.begin(), entries.end(), ours);
    const bool changed = last != entries.end();
    entries.erase(last, entries.end());
    removed = changed || !is_needed(digest, entries, folder_.blobs());
    return changed;
  };
  // In a second step: the index must be on the disk before the blob is gone.
  const auto remove_blob = [&](base::Json& entries) {
    if (!is_needed(digest, entries, folder_.blobs())) folder_.blobs().remove(digest);
    return false;
  };
  folder_.index().update(erase, cancellation_);
  folder_.index().update(remove_blob, cancellation_);
  return removed;
}

}  // namespace

std::unique_ptr<oci::ImageRepo> open_layout(const std::string& folder, LayoutUse use,
                                            base::Cancellation& cancellation, const std::string& label,
                                            const std::string& image_name) {
  return std::make_unique<LayoutRepo>(label.empty() ? "oci:" + folder : label, "", image_name, folder, use,
                                      cancellation);
}

std::unique_ptr<oci::ImageRepo> open_directory_registry(const std::string& folder, const std::string& host,
                                                        const std::string& repository, LayoutUse use,
                                                        base::Cancellation& cancellation) {
  files::warn_if_untrusted(folder);
  return std::make_unique<LayoutRepo>(fmt::format("{}/{}", host, repository), repository + ":", "", folder,
                                      use, cancellation);
}

std::vector<std::string> layout_names(const std::string& folder) {
  return LayoutFolder(folder, LayoutUse::kRead).index().read()->names();
}

}  // namespace ixian::layout
