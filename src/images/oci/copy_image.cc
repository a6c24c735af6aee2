// Copying is three waves, each as wide as possible: ask both sides at once, move the blobs that are missing,
// name the result. What makes it fast is what it does not do: a destination that names the image already ends
// it after the first wave; an index's entries that are there are not even read; blobs that the same registry
// holds elsewhere are mounted.
#include "oci/copy_image.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/thread_pool.h"
#include "oci/losses.h"
#include "oci/made_for.h"
#include "oci/media_types.h"
#include "oci/verifying_source.h"

namespace ixian::oci {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxIndexDepth = 4;  // of indexes within indexes
constexpr unsigned kQuestions = 24;        // at once

class Copy {
 public:
  Copy(ImageRepo& from, ImageRepo& to, const CopyOptions& options, base::Cancellation& cancellation)
      : from_(from), to_(to), options_(options), cancellation_(cancellation) {}

  CopyResult run(const std::string& from_ref, const std::string& to_ref);

 private:
  RawManifest read(const std::string& ref);
  void check_entry(const Descriptor& entry, const RawManifest& manifest) const;
  void collect(const RawManifest& manifest, std::size_t depth);
  void collect_entries(const Index& index, std::size_t depth);
  void collect_blob(const Descriptor& blob);
  void move_blobs();
  bool is_missing(const Descriptor& blob);
  void move(const Descriptor& blob);
  void moved(std::uint64_t count);

  ImageRepo& from_;
  ImageRepo& to_;
  const CopyOptions& options_;
  base::Cancellation& cancellation_;

  std::mutex mutex_;  // of the four below, while entries of an index are read at once
  std::vector<Descriptor> blobs_;
  std::set<Digest> seen_;
  std::vector<std::vector<RawManifest>> entries_{kMaxIndexDepth + 1};  // manifests of an index, by depth

  bool is_there_ = false;  // the destination names the image already
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> bytes_{0};     // that moved
  std::atomic<std::uint64_t> progress_{0};  // and those that did not need to
  std::atomic<unsigned> moved_{0};
  std::atomic<unsigned> mounted_{0};
  std::atomic<unsigned> skipped_{0};
};

RawManifest Copy::read(const std::string& ref) {
  std::optional<RawManifest> manifest;
  try {
    manifest = from_.read_manifest(ref);
  } catch (const Error& error) {
    throw Lost(error, from_.name(), ref);
  }
  if (!manifest) {
    const Error none(ErrorCode::kRegistry, "image not found: " + ref + " in " + from_.name() +
                                               "\nhint: check the name; `ix image ls` shows what is there");
    throw Lost(none, from_.name(), ref);
  }
  return *std::move(manifest);
}

// What an index says of an entry decides what it is chosen for, so it must be true.
void Copy::check_entry(const Descriptor& entry, const RawManifest& manifest) const {
  if (manifest.descriptor.same_content(entry) && manifest.descriptor.media_type == entry.media_type) return;
  throw Error(ErrorCode::kRegistry,
              "manifest " + entry.digest.text() + " in " + from_.name() +
                  " is not what its index says; it was not copied\nhint: push the image again");
}

AnyManifest parse(const RawManifest& manifest, const ImageRepo& repo) {
  try {
    return manifest.parsed();
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::kRegistry, "invalid manifest " + manifest.descriptor.digest.text() + " in " +
                                          repo.name() + ": " + error.what());
  }
}

CopyResult Copy::run(const std::string& from_ref, const std::string& to_ref) {
  std::optional<RawManifest> named;
  std::optional<Descriptor> there;
  base::parallel_for(2, 2, [&](std::size_t side) {
    if (side == 0) named = read(from_ref);
    if (side == 1 && !to_ref.empty()) there = to_.find(to_ref);
  });

  check_made_for(*named, from_.name(), from_ref);
  check_made_for(*named, to_.name(), to_ref);

  if (!options_.whole_index) {
    const AnyManifest parsed = parse(*named, from_);
    if (const Index* index = std::get_if<Index>(&parsed)) {
      const Platform wanted = options_.platform.value_or(host_platform());
      const Descriptor* entry = choose(*index, wanted);
      if (entry == nullptr) {
        throw Error(ErrorCode::kRegistry, "no image for " + wanted.text() + ": " + from_ref + " in " +
                                              from_.name() + " has " + platforms(*index) +
                                              "\nhint: choose one of these with --platform");
      }
      // What the destination has under this name is this very entry: not even its manifest is read.
      if (!there || there->digest != entry->digest || options_.look_closer) {
        named = read(entry->digest.text());
        check_entry(*entry, *named);
      } else {
        named->descriptor = *there;
      }
    }
  }

  CopyResult result{named->descriptor, 0, 0, 0, 0, false};
  is_there_ = there && there->digest == named->descriptor.digest;
  if (is_there_ && (!options_.look_closer || from_.name() == to_.name())) {
    result.unchanged = true;
    return result;
  }
  // Within one repository, what a manifest names is there already.
  if (from_.name() != to_.name()) {
    collect(*named, 0);
    move_blobs();
    // The innermost first: a registry refuses a manifest that names what it does not have.
    for (std::size_t depth = entries_.size(); depth-- > 0;) {
      std::vector<RawManifest>& level = entries_[depth];
      is_there_ = is_there_ && level.empty();
      base::parallel_for(level.size(), options_.parallel, [&](std::size_t i) {
        cancellation_.throw_if_requested();
        to_.put_manifest(level[i].descriptor.digest.text(), level[i]);
      });
    }
  }
  cancellation_.throw_if_requested();
  result.unchanged = is_there_ && moved_ == 0;
  if (result.unchanged) return result;
  to_.put_manifest(to_ref.empty() ? named->descriptor.digest.text() : to_ref, *named);
  result.bytes = bytes_;
  result.moved = moved_;
  result.mounted = mounted_;
  result.skipped = skipped_;
  return result;
}

void Copy::collect(const RawManifest& manifest, std::size_t depth) {
  const AnyManifest parsed = parse(manifest, from_);
  if (const Index* index = std::get_if<Index>(&parsed)) return collect_entries(*index, depth);
  const Manifest& image = std::get<Manifest>(parsed);
  collect_blob(image.config);
  for (const Descriptor& layer : image.layers) {
    if (!is_foreign_layer_type(layer.media_type)) collect_blob(layer);
  }
}

void Copy::collect_entries(const Index& index, std::size_t depth) {
  if (depth + 1 >= entries_.size()) {
    throw Error(ErrorCode::kRegistry, "invalid image in " + from_.name() + ": it nests indexes more than " +
                                          std::to_string(kMaxIndexDepth) +
                                          " deep, or in a loop; it was not copied\nhint: push it again");
  }
  base::parallel_for(index.manifests.size(), options_.parallel, [&](std::size_t i) {
    cancellation_.throw_if_requested();
    const Descriptor& entry = index.manifests[i];
    {
      std::lock_guard lock(mutex_);
      if (!seen_.insert(entry.digest).second) return;
    }
    const bool there = to_.find(entry.digest.text()).has_value();
    if (there && !options_.look_closer) return;
    RawManifest manifest = read(entry.digest.text());
    check_entry(entry, manifest);
    collect(manifest, depth + 1);
    if (there) return;
    std::lock_guard lock(mutex_);
    entries_[depth].push_back(std::move(manifest));
  });
}

void Copy::collect_blob(const Descriptor& blob) {
  std::lock_guard lock(mutex_);
  if (seen_.insert(blob.digest).second) {
    blobs_.push_back(blob);
    total_ += blob.size;
  }
}

void Copy::move_blobs() {
  // Questions are small and wait for the network, so more of them are asked at once than blobs are moved.
  std::vector<char> needed(blobs_.size());
  base::parallel_for(blobs_.size(), std::max(options_.parallel, kQuestions), [&](std::size_t i) {
    cancellation_.throw_if_requested();
    needed[i] = is_missing(blobs_[i]);
  });
  std::vector<Descriptor> missing;
  for (std::size_t i = 0; i < blobs_.size(); ++i) {
    if (needed[i]) missing.push_back(blobs_[i]);
  }
  // The largest takes longest, so it starts first.
  std::stable_sort(missing.begin(), missing.end(),
                   [](const Descriptor& a, const Descriptor& b) { return a.size > b.size; });
  base::parallel_for(missing.size(), options_.parallel, [&](std::size_t i) {
    cancellation_.throw_if_requested();
    move(missing[i]);
  });
}

bool Copy::is_missing(const Descriptor& blob) {
  const ImageRepo& holder = from_.holder(blob);
  // Where the target has the image already it most likely has its blobs: asking is cheaper than mounting.
  if (is_there_ && to_.has_blob(blob)) {
    ++skipped_;
  } else if (holder.name() != to_.name() && to_.mount_blob(blob, holder)) {
    ++mounted_;
  } else if (to_.has_blob(blob)) {
    ++skipped_;
  } else {
    return true;
  }
  moved(blob.size);
  return false;
}

void Copy::move(const Descriptor& blob) {
  VerifiedBlob verified(
      blob, [&](std::uint64_t offset) { return from_.open_blob(blob, offset); }, from_.name(),
      [&](std::uint64_t count) { moved(count); });
  to_.put_blob(blob, [&](std::uint64_t offset) { return verified.open(offset); });
  ++moved_;
  bytes_ += blob.size;
}

void Copy::moved(std::uint64_t count) {
  if (options_.events == nullptr) return;
  const std::uint64_t done = progress_ += count;
  options_.events->progress(options_.activity, {done, total_, "B"});
}

}  // namespace

CopyResult copy_image(ImageRepo& from, const std::string& from_ref, ImageRepo& to, const std::string& to_ref,
                      const CopyOptions& options, base::Cancellation& cancellation) {
  return Copy(from, to, options, cancellation).run(from_ref, to_ref);
}

}  // namespace ixian::oci
