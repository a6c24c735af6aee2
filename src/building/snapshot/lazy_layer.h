// One layer of an image that is being built: perhaps still in a registry, perhaps still being written.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/event.h"
#include "engine/lost_result.h"
#include "files/fs.h"
#include "layer/layer_writer.h"
#include "layer/listing.h"
#include "layer_files/attributes.h"
#include "layer_files/checkout.h"
#include "layer_files/extract.h"
#include "layer_files/fill_gaps.h"
#include "oci/image_repo.h"
#include "oci/losses.h"
#include "rootfs/root_fs.h"
#include "store/store.h"

namespace ixian::snapshot {

// What all layers of a build work with. Thread-safe.
class LayerContext {
 public:
  // What is in a layer that the store does not have, where somebody can say so without the layer; else null.
  using FindListing = std::function<std::shared_ptr<const layer::LayerListing>(const oci::Digest& diff_id,
                                                                               const oci::Descriptor& blob)>;

  // `losses` are shared with whoever opens repositories; null is a list of its own.
  LayerContext(std::shared_ptr<store::Store> store, base::EventSink& sink, base::Cancellation& cancellation,
               FindListing find_listing = nullptr, std::shared_ptr<oci::Losses> losses = nullptr)
      : store_(std::move(store)),
        sink_(sink),
        cancellation_(cancellation),
        find_listing_(std::move(find_listing)),
        losses_(losses ? std::move(losses) : std::make_shared<oci::Losses>()) {}

  store::Store& store() { return *store_; }
  base::EventSink& sink() { return sink_; }
  base::Cancellation& cancellation() { return cancellation_; }

  std::shared_ptr<const layer::LayerListing> find_listing(const oci::Digest& diff_id,
                                                          const oci::Descriptor& blob) {
    return find_listing_ ? find_listing_(diff_id, blob) : nullptr;
  }

  oci::Losses& losses() { return *losses_; }

  // Of what an instruction came to: the first of each repository is worth a warning.
  void note_loss(const std::string& repository, const std::string& ref, const std::string& reason);

  // Chosen when the first layer is extracted. Throws as RootFs::choose() does.
  rootfs::RootFs& root_fs();
  layer_files::Marks marks();  // of its trees

 private:
  const std::shared_ptr<store::Store> store_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  const FindListing find_listing_;
  const std::shared_ptr<oci::Losses> losses_;
  std::mutex mutex_;
  // Guarded by `mutex_`; made when it is first needed.
  std::unique_ptr<rootfs::RootFs> root_fs_;
};

// The diffID that it is made with is somebody's claim. Trees and listings of that diffID are those of this
// layer only if this machine has seen the blob unpack to it (Store::unpacked); until then the blob is read.
//
// Thread-safe. Every call may wait for what it needs (a layer that is being written, a blob that is pulled),
// and throws what that throws: LostResult for a layer that can be made again.
// Invariant: blob and diffID never change once known; a tree that lower() has given stays where it is until
// commit(). Owner: shared by the stages that stand on it; the services outlive it.
class LazyLayer {
 public:
  using Written = std::shared_future<layer::WrittenLayer>;

  // In the store, or to be had from `origin` (null: only the store has it); where neither can give it, by
  // `remaking`.
  LazyLayer(LayerContext& services, oci::Descriptor blob, oci::Digest diff_id,
            std::shared_ptr<oci::ImageRepo> origin = nullptr, engine::Remaking remaking = {});

  // A RUN's: `tree` is what the RUN has changed, in the folder `work`.
  LazyLayer(LayerContext& services, Written written, std::unique_ptr<store::WorkDir> work, std::string tree);

  bool empty();
  oci::Descriptor blob();
  oci::Digest diff_id();
  const std::shared_ptr<oci::ImageRepo>& origin() const { return origin_; }
  const engine::Remaking& remaking() const { return remaking_; }
  std::shared_ptr<const layer::LayerListing> listing();

  // A lower directory for overlays, valid until the next commit() at least.
  std::string lower();

  // The same, for fill_gaps(). Does not wait for a layer that is being written.
  layer_files::StackedTree stacked();

  // For whoever writes the image's files into a folder. Puts nothing into the store but what is pulled.
  layer_files::CheckoutLayer for_checkout();

  // A file of this layer, by its name in it.
  files::UniqueFd open(const std::string& path, const layer::ListedEntry& entry);
  std::map<std::string, std::string> xattrs(const std::string& path);

  // The store has the blob when this returns.
  void ensure_blob();

  // Makes the tree of a RUN the layer's tree in the store, where the layer has been written (`wait`: when it
  // has). Call where nothing is mounted that lower() was asked for.
  void commit(bool wait);

 private:
  struct Finished {
    oci::Descriptor blob;
    oci::Digest diff_id;
    bool empty = false;
  };

  const Finished& finish();
  bool is_proven();
  void prove();
  std::shared_ptr<const layer::LayerListing> noted_listing();
  std::shared_ptr<const layer::LayerListing> scanned_listing();
  template <typename Read>
  auto mending(const Read& read) -> decltype(read());
  [[noreturn]] void lost(const base::Error& why);
  std::string extracted();
  layer_files::Extracted extract_into(const std::string& folder, const layer_files::ExtractOptions& options);
  files::UniqueFd open_in_tree(const std::string& tree, const std::string& path, int flags);

  LayerContext& services_;
  const std::shared_ptr<oci::ImageRepo> origin_;
  const engine::Remaking remaking_;
  Written written_;

  std::mutex mutex_;  // of all below
  std::optional<Finished> finished_;
  bool proven_ = false;  // the blob unpacks to the diffID
  std::shared_ptr<const layer::LayerListing> listing_;
  std::unique_ptr<store::WorkDir> work_;
  std::string upper_;  // "" once it has been committed
  std::optional<store::ExtractedLayer> tree_;
  int small_reads_ = 0;  // files that were found by reading the blob from its start
};

// Whether this machine knows what the blob unpacks to. Throws Error{kRegistry} where that is something else.
bool check_claim(store::Store& store, const oci::Descriptor& blob, const oci::Digest& diff_id);

// Layers below this are pulled as quickly as somebody is asked what is in them.
inline constexpr std::uint64_t kSmallLayer = 256 << 10;

using LayerStack = std::vector<std::shared_ptr<LazyLayer>>;  // lowest first

}  // namespace ixian::snapshot
