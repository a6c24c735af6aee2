// A layer is asked for many things (its diffID, its listing, one file, a tree to mount), and most builds need
// only the cheapest. So each is made at the first call that needs it, from the cheapest source that has it:
//
//   remote ──ensure_blob()──▶ blob in the store ──lower()──▶ extracted tree in the store
//                                   ▲                              ▲
//   being written (a RUN's) ──writer ends──▶ blob in the store     │
//   upper directory of the RUN ─────────────commit()───────────────┘
//
// A listing comes from the writer, from the store, from a registry's `listing-<diffID>`, or from reading the
// blob; the last one is the only one that pulls. A layer under 256 KiB is pulled without asking registries
// for its listing, which would cost as much. A file up to 1 MiB is read straight from the blob, four times at
// most: after that, extracting is cheaper.
//
// Who may change the state: whoever calls, under the object's mutex, which is never held while bytes move.
// Two threads may therefore do the same work at once; the store keeps one result. commit() alone is the
// stage's own, because it moves a directory that an overlay may have mounted.
#include "snapshot/lazy_layer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/activity.h"
#include "base/error.h"
#include "layer/confined.h"
#include "layer/read_layer.h"
#include "oci/verifying_source.h"
#include "process/namespaces.h"
#include "snapshot/blob_sink.h"

namespace ixian::snapshot {
namespace {

using base::Error;
using base::ErrorCode;

// A file up to this size is read from the blob where the layer has no tree: /etc/passwd, for --chown.
constexpr std::uint64_t kSmallFile = 1 << 20;
// Each reads the blob from its start; to extract it takes as long as a few of them.
constexpr int kSmallReads = 4;

files::UniqueFd memory_file(const std::string& content) {
  files::UniqueFd fd(::memfd_create("layer-file", MFD_CLOEXEC));
  std::size_t done = 0;
  while (fd.valid() && done < content.size()) {
    const ssize_t count = ::write(fd.get(), content.data() + done, content.size() - done);
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (!fd.valid() || done < content.size() || ::lseek(fd.get(), 0, SEEK_SET) != 0)
    throw Error(ErrorCode::kTaskFailed, "not enough memory for a file of a layer");
  return fd;
}

}  // namespace

rootfs::RootFs& LayerContext::root_fs() {
  const std::lock_guard lock(mutex_);
  // The kind of overlay decides which marks trees carry, so all layers of a build must agree on it.
  if (!root_fs_) {
    const auto probe = store_->work();
    root_fs_ = rootfs::RootFs::choose(probe->path());
    if (!root_fs_->reason().empty()) sink_.log(base::kNoActivity, base::LogLevel::kDebug, root_fs_->reason());
  }
  return *root_fs_;
}

layer_files::Marks LayerContext::marks() {
  return root_fs().marks() == "trusted.overlay." ? layer_files::Marks::kTrusted : layer_files::Marks::kUser;
}

void LayerContext::note_loss(const std::string& repository, const std::string& ref,
                             const std::string& reason) {
  losses_->note(repository, ref);
  const bool first = losses_->may_warn_of(repository);
  sink_.log(base::kNoActivity, first ? base::LogLevel::kWarning : base::LogLevel::kDebug,
            fmt::format("cache repository {} lacks a part, which is built again: {}", repository, reason));
}

LazyLayer::LazyLayer(LayerContext& services, oci::Descriptor blob, oci::Digest diff_id,
                     std::shared_ptr<oci::ImageRepo> origin, engine::Remaking remaking)
    : services_(services),
      origin_(std::move(origin)),
      remaking_(std::move(remaking)),
      finished_(Finished{std::move(blob), std::move(diff_id), false}) {}

LazyLayer::LazyLayer(LayerContext& services, Written written, std::unique_ptr<store::WorkDir> work,
                     std::string tree)
    : services_(services),
      written_(std::move(written)),
      proven_(true),
      work_(std::move(work)),
      upper_(std::move(tree)) {}

const LazyLayer::Finished& LazyLayer::finish() {
  // Outside the mutex: whoever asks for lower() meanwhile gets the upper directory at once.
  if (written_.valid()) written_.wait();
  const std::lock_guard lock(mutex_);
  if (!finished_) {
    const layer::WrittenLayer& written = written_.get();
    finished_ = Finished{written.blob, written.diff_id, written.empty()};
    if (!listing_) listing_ = std::make_shared<layer::LayerListing>(written.listing);
  }
  return *finished_;
}

bool LazyLayer::empty() {
  return finish().empty;
}

oci::Descriptor LazyLayer::blob() {
  return finish().blob;
}

oci::Digest LazyLayer::diff_id() {
  return finish().diff_id;
}

void LazyLayer::ensure_blob() {
  const Finished& layer = finish();
  if (!origin_ || services_.store().has_blob(layer.blob)) return;
  base::Activity activity(services_.sink(),
                          {"pull " + layer.blob.digest.short_hex(), "layer of " + origin_->name()});
  std::uint64_t done = 0;
  oci::VerifiedBlob verified(
      layer.blob, [&](std::uint64_t offset) { return origin_->open_blob(layer.blob, offset); },
      origin_->name(),
      [&](std::uint64_t count) {
        done += count;
        activity.progress({done, layer.blob.size, "B"});
      });
  try {
    activity.run([&] {
      services_.store().put_blob(layer.blob, [&](std::uint64_t offset) { return verified.open(offset); });
    });
  } catch (const oci::Lost& why) {
    lost(why);
  }
}

// Nobody can give the layer any more.
void LazyLayer::lost(const base::Error& why) {
  const std::string digest = finish().blob.digest.text();
  if (remaking_.by == engine::Remaking::By::kNobody) throw base::Error(why);
  if (remaking_.by == engine::Remaking::By::kInstruction && origin_)
    services_.note_loss(origin_->name(), digest, why.message());
  else if (origin_)
    services_.losses().note(origin_->name(), digest);
  throw engine::LostResult(why, remaking_.stage);
}

// Calls `read`, which reads the blob in the store. Bytes there that are not the blob's (a disk that fails,
// somebody who wrote into the store) are thrown away, and had once more from where they came.
template <typename Read>
auto LazyLayer::mending(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const base::Error& error) {
    const oci::Descriptor& blob = finish().blob;
    const bool damaged = services_.store().discard_if_damaged(blob);
    const bool right = !damaged && services_.store().has_blob(blob);
    // The right bytes, and not the layer that the cache says they are.
    if (right && origin_ && error.code() == ErrorCode::kRegistry) lost(error);
    if (right || (!damaged && origin_)) throw;
    services_.sink().log(base::kNoActivity, base::LogLevel::kWarning,
                         fmt::format("layer {} was damaged in the store and is {} again: {}",
                                     blob.digest.short_hex(), origin_ ? "pulled" : "built", error.message()));
    if (!origin_) lost(error);
  }
  return read();
}

bool check_claim(store::Store& store, const oci::Descriptor& blob, const oci::Digest& diff_id) {
  const auto known = store.unpacked(blob.digest);
  if (!known) return false;
  if (known->diff_id == diff_id) return true;
  throw Error(ErrorCode::kRegistry,
              fmt::format("layer {} is damaged (digest mismatch of its unpacked content)\nhint: build or "
                          "pull the image again",
                          blob.digest.text()),
              fmt::format("expected {}\nfound {}", diff_id.text(), known->diff_id.text()));
}

// False where the blob has to be read first. Throws where the claim is known to be false.
bool LazyLayer::is_proven() {
  const Finished& layer = finish();
  {
    const std::lock_guard lock(mutex_);
    if (proven_) return true;
  }
  try {
    if (!check_claim(services_.store(), layer.blob, layer.diff_id)) return false;
  } catch (const Error& error) {
    lost(error);
  }
  const std::lock_guard lock(mutex_);
  return proven_ = true;
}

void LazyLayer::prove() {
  if (!is_proven()) scanned_listing();
}

// Without reading the layer, where that is possible; null where it is not.
std::shared_ptr<const layer::LayerListing> LazyLayer::noted_listing() {
  const Finished& layer = finish();
  if (!is_proven()) {
    if (!origin_ || services_.store().has_blob(layer.blob)) return nullptr;
    return services_.find_listing(layer.diff_id, layer.blob);
  }
  try {
    files::UniqueFd noted = services_.store().open_listing(layer.diff_id);
    if (noted.valid())
      return std::make_shared<layer::LayerListing>(layer::LayerListing::parse(std::move(noted)));
  } catch (const std::invalid_argument&) {  // damaged, or of another version: read anew
  }
  return nullptr;
}

std::shared_ptr<const layer::LayerListing> LazyLayer::scanned_listing() {
  const Finished& layer = finish();
  layer::ScannedLayer scanned = mending([&] {
    ensure_blob();
    const auto source = services_.store().open_blob(layer.blob, 0);
    return layer::scan(*source, layer.blob, layer.diff_id, compression::Limits{}, services_.cancellation());
  });
  keep_listing(services_.store(), layer.diff_id, scanned.listing);
  services_.store().note_unpacked(layer.blob.digest, {layer.diff_id, scanned.listing.depends_on_below()});
  const std::lock_guard lock(mutex_);
  proven_ = true;
  return std::make_shared<layer::LayerListing>(std::move(scanned.listing));
}

std::shared_ptr<const layer::LayerListing> LazyLayer::listing() {
  finish();
  {
    const std::lock_guard lock(mutex_);
    if (listing_) return listing_;
  }
  std::shared_ptr<const layer::LayerListing> listing = noted_listing();
  if (!listing) listing = scanned_listing();
  const std::lock_guard lock(mutex_);
  if (!listing_) listing_ = listing;
  return listing_;
}

layer_files::Extracted LazyLayer::extract_into(const std::string& folder,
                                               const layer_files::ExtractOptions& options) {
  const Finished& layer = finish();
  ensure_blob();
  const files::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid())
    throw Error(ErrorCode::kTaskFailed, fmt::format("cannot open {}: {}", folder, base::errno_text(errno)));
  const auto source = services_.store().open_blob(layer.blob, 0);
  return layer_files::extract(*source, layer.blob, layer.diff_id, fd.get(), options,
                              services_.cancellation());
}

std::string LazyLayer::extracted() {
  const Finished& layer = finish();
  const auto fill = [&](const std::string& folder) {
    layer_files::ExtractOptions options;
    options.into = services_.marks() == layer_files::Marks::kTrusted ? layer_files::ExtractInto::kOverlay
                                                                     : layer_files::ExtractInto::kUserOverlay;
    // With one mapped user, or none, other owners cannot be given.
    options.owners = process::namespaces().privileges != process::UserMode::kSingle &&
                     process::namespaces().privileges != process::UserMode::kNone;
    const layer_files::Extracted extracted = extract_into(folder, options);
    keep_listing(services_.store(), layer.diff_id, extracted.listing);
    services_.store().note_unpacked(layer.blob.digest, {layer.diff_id, extracted.listing.depends_on_below()});
  };
  store::ExtractedLayer tree = mending([&] { return services_.store().tree(layer.diff_id, fill); });
  prove();  // it may have been there, for another blob
  const std::lock_guard lock(mutex_);
  if (!tree_) tree_ = std::move(tree);
  return tree_->path;
}

std::string LazyLayer::lower() {
  {
    const std::lock_guard lock(mutex_);
    if (!upper_.empty()) return upper_;
    if (tree_) return tree_->path;
  }
  return extracted();
}

layer_files::StackedTree LazyLayer::stacked() {
  layer_files::StackedTree tree{lower(), nullptr, written_.valid()};
  if (tree.knows_root) return tree;
  const auto unpacked = services_.store().unpacked(finish().blob.digest);
  if (!unpacked || unpacked->gaps) tree.listing = listing();
  return tree;
}

layer_files::CheckoutLayer LazyLayer::for_checkout() {
  const auto contents = listing();
  return {blob(), diff_id(), contents, [this] {
            ensure_blob();
            return services_.store().open_blob(blob(), 0);
          }};
}

void LazyLayer::commit(bool wait) {
  {
    const std::lock_guard lock(mutex_);
    if (upper_.empty()) return;
  }
  if (!wait && written_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const Finished& layer = finish();
  const std::lock_guard lock(mutex_);
  if (upper_.empty()) return;
  tree_ = services_.store().adopt_tree(layer.diff_id, upper_);
  upper_.clear();
  work_.reset();
}

files::UniqueFd LazyLayer::open_in_tree(const std::string& tree, const std::string& path, int flags) {
  const files::UniqueFd root(::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  // The path was resolved in the merged listing already. A link in the tree itself is an image's, and leads
  // anywhere.
  files::UniqueFd fd(layer::open_below(root.get(), path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  if (!fd.valid()) {
    throw Error(ErrorCode::kTaskFailed, fmt::format("cannot open {}/{}: {}", tree, base::printable_path(path),
                                                    base::errno_text(errno)));
  }
  return fd;
}

files::UniqueFd LazyLayer::open(const std::string& path, const layer::ListedEntry& entry) {
  bool has_tree = false;
  {
    const std::lock_guard lock(mutex_);
    has_tree = !upper_.empty() || tree_ || ++small_reads_ > kSmallReads;
  }
  if (!has_tree && entry.size <= kSmallFile && !(is_proven() && services_.store().find_tree(diff_id()))) {
    layer::ListedEntry file = entry;
    file.path = path;
    return memory_file(mending([&] {
      ensure_blob();
      const auto source = services_.store().open_blob(blob(), 0);
      return layer::read_file(*source, file, kSmallFile, services_.cancellation());
    }));
  }
  return open_in_tree(lower(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

std::map<std::string, std::string> LazyLayer::xattrs(const std::string& path) {
  const files::UniqueFd fd = open_in_tree(lower(), path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
  return layer_files::kept_attributes(layer_files::read_attributes(fd.get(), path), services_.marks());
}

}  // namespace ixian::snapshot
