// Pushing results must not slow the build down, and must not push the same bytes twice. So jobs are queued
// for four threads in the order of the instructions; each image has all layers of the one before it and one
// more, and the repository remembers what it has and what is on its way. A tag that is there is left alone:
// it stands for the same key, and whoever wrote it first was as right.
//
// A failure to write gives the repository up for the process. A failure to read what is to be written (a lost
// layer of a base) only skips that image.
#include "cache/cache_exporter.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cache/cache_image.h"
#include "files/fs.h"
#include "layout/file_io.h"
#include "oci/copy_image.h"
#include "oci/forwarding_repo.h"
#include "snapshot/stage_snapshot.h"

namespace ixian::cache {
namespace {

constexpr unsigned kWriters = 4;
constexpr unsigned kBlobsAtOnce = 4;  // of one image, whose layers but the last are mostly there

std::uint64_t size_of(const files::UniqueFd& file) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot read the file listing of a layer: {}", base::errno_text(errno)));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

// The repository that is written to, which remembers what it has: the images of one stage have most of their
// layers in common. Two that send the same blob at once send it once.
class ExistenceCache : public oci::ForwardingRepo {
 public:
  ExistenceCache(std::shared_ptr<oci::ImageRepo> repo, std::shared_ptr<oci::Losses> losses)
      : repo_(std::move(repo)), losses_(std::move(losses)) {}

  std::string name() const override { return repo_->name(); }

  // Whoever writes has asked for the tag before.
  std::optional<oci::Descriptor> find(const std::string&) override { return std::nullopt; }

  // Writes a tag that is not there, once, whoever wants it: who comes second waits, and finds it there. False
  // where it was there.
  bool write_once(const std::string& tag, const std::function<void()>& write) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !writing_.contains(tag); });
      if (tags_.contains(tag)) return false;
      writing_.insert(tag);
    }
    const auto ended = [&](bool there) {
      {
        const std::lock_guard lock(mutex_);
        writing_.erase(tag);
        if (there) tags_.insert(tag);
      }
      changed_.notify_all();
    };
    bool wrote = false;
    try {
      // Where something is lost, the tag may be what is left of an image.
      const bool there =
          repo_->find(tag) && (!losses_->any_in(name()) || oci::is_complete(*repo_, tag, *losses_));
      if (!there) {
        write();
        wrote = true;
      }
    } catch (...) {
      ended(false);
      throw;
    }
    ended(true);
    return wrote;
  }

  bool mount_blob(const oci::Descriptor& blob, const ImageRepo& from) override {
    if (knows(blob)) return true;
    return remember(repo_->mount_blob(blob, from), blob);
  }

  bool has_blob(const oci::Descriptor& blob) override {
    return knows(blob) || remember(repo_->has_blob(blob), blob);
  }

  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !sending_.contains(blob.digest); });
      if (blobs_.contains(blob.digest) && !losses_->contains(repo_->name(), blob.digest.text())) return;
      sending_.insert(blob.digest);
    }
    const auto ended = [&](bool there) {
      {
        const std::lock_guard lock(mutex_);
        sending_.erase(blob.digest);
        if (there) blobs_.insert(blob.digest);
      }
      changed_.notify_all();
    };
    try {
      repo_->put_blob(blob, open);
    } catch (...) {
      ended(false);
      throw;
    }
    ended(true);
  }

  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override {
    repo_->put_manifest(ref, manifest);
  }

 protected:
  oci::ImageRepo& repo() override { return *repo_; }

 private:
  bool knows(const oci::Descriptor& blob) {
    const std::lock_guard lock(mutex_);
    return blobs_.contains(blob.digest) && !losses_->contains(repo_->name(), blob.digest.text());
  }
  bool remember(bool there, const oci::Descriptor& blob) {
    const std::lock_guard lock(mutex_);
    if (there) blobs_.insert(blob.digest);
    return there;
  }

  const std::shared_ptr<oci::ImageRepo> repo_;
  const std::shared_ptr<oci::Losses> losses_;
  // Guards all below.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<oci::Digest> blobs_;
  std::set<oci::Digest> sending_;
  std::set<std::string> tags_;     // that are there
  std::set<std::string> writing_;  // that are being written
};

struct CacheExporter::Job {
  std::shared_ptr<const Build> build;
  std::shared_ptr<snapshot::PartialImage> image;
  std::vector<std::string> keys;
  std::vector<Layer> layers;
  std::optional<oci::Digest> last_layer;
};

CacheExporter::CacheExporter(std::shared_ptr<store::Store> store, std::shared_ptr<oci::Losses> losses)
    : store_(std::move(store)), losses_(std::move(losses)), threads_(kWriters) {}

CacheExporter::~CacheExporter() {
  wait();
}

void CacheExporter::write(const std::shared_ptr<const Build>& build, steps::AssembledImage image,
                          const std::vector<std::string>& keys, const snapshot::LayerStack& layers) {
  {
    const std::lock_guard lock(mutex_);
    ++progress_.total;
    progress_.repository = build->repo->name();
    if (!build->repo->usable()) {
      ++progress_.failed;
      return;
    }
  }
  const auto job = std::make_shared<Job>();
  job->build = build;
  job->keys = keys;
  for (const auto& layer : snapshot::non_empty(layers))
    job->layers.push_back({layer->blob().digest, layer->diff_id()});
  if (!image.manifest.layers.empty()) job->last_layer = image.manifest.layers.back().digest;
  job->image = std::make_shared<snapshot::PartialImage>(
      store_, oci::raw(image.manifest), std::move(image.config), snapshot::blob_sources(layers, nullptr));
  submit(job);
}

void CacheExporter::write_listings(const std::shared_ptr<const Build>& build,
                                   const snapshot::LayerStack& layers) {
  const auto job = std::make_shared<Job>();
  job->build = build;
  for (const auto& layer : snapshot::non_empty(layers)) {
    if (layer->blob().size >= snapshot::kSmallLayer)
      job->layers.push_back({layer->blob().digest, layer->diff_id()});
  }
  if (!job->layers.empty()) submit(job);
}

void CacheExporter::submit(const std::shared_ptr<const Job>& job) {
  {
    const std::lock_guard lock(mutex_);
    ++pending_;
    if (job->image) ++progress_.pending;
    if (job->last_layer) last_layers_.insert(*job->last_layer);
  }
  try {
    threads_.submit([this, job] { done(*job, run(*job)); });
  } catch (...) {
    done(*job, false);
    throw;
  }
}

// Whether it has been written, or was there.
bool CacheExporter::run(const Job& job) {
  const Build& build = *job.build;
  if (!build.repo->usable() || build.cancellation.requested()) return false;
  try {
    const auto repo = remembering(build.repo);
    const bool stored = job.image != nullptr && write_image(job, *repo);
    if (job.image == nullptr || stored || losses_->any_in(repo->name()))
      write_listings(build, job.layers, *repo);
    return true;
  } catch (const base::Cancelled&) {
    // Given up, as all that comes after it is.
  } catch (const oci::Lost& lost) {
    // The cache can be written to; what was to be written is lost where it came from.
    build.sink.log(base::kNoActivity, base::LogLevel::kDebug,
                   fmt::format("not pushed to {}: {}", build.repo->name(), lost.message()));
  } catch (const base::Error& error) {
    build.repo->give_up(build.sink, error.advised());
  } catch (const std::exception& error) {
    build.repo->give_up(build.sink, error.what());
  }
  return false;
}

// False where all of its tags were there, and so the listings are.
bool CacheExporter::write_image(const Job& job, ExistenceCache& repo) {
  const oci::RawManifest& manifest = job.image->manifest();
  bool stored = false;
  for (const std::string& key : job.keys) {
    const std::string tag = cache_tag(key);
    const bool wrote = repo.write_once(tag, [&] {
      if (stored) return repo.put_manifest(tag, manifest);
      oci::CopyOptions options;
      options.parallel = kBlobsAtOnce;
      oci::copy_image(*job.image, manifest.descriptor.digest.text(), repo, tag, options,
                      job.build->cancellation);
    });
    if (!wrote) continue;
    stored = true;
    job.build->sink.log(base::kNoActivity, base::LogLevel::kDebug,
                        fmt::format("pushed {}:{}", job.build->repo->name(), tag));
  }
  return stored;
}

// What others say of a layer is not said again: only what was read here.
void CacheExporter::write_listings(const Build& build, const std::vector<Layer>& layers,
                                   ExistenceCache& repo) {
  for (const auto& [blob, diff_id] : layers) {
    build.cancellation.throw_if_requested();
    const auto unpacked = store_->unpacked(blob);
    if (!unpacked || unpacked->diff_id != diff_id) continue;
    const std::string tag = listing_tag(diff_id);
    const auto file = std::make_shared<const files::UniqueFd>(store_->open_listing(diff_id));
    if (!file->valid()) continue;
    repo.write_once(tag, [&, &blob = blob, &diff_id = diff_id] {
      const std::uint64_t size = size_of(*file);
      const auto open = [&](std::uint64_t offset) {
        return layout::read_range(file, tag, offset, size - offset, build.cancellation);
      };
      const ListingArtifact artifact = make_listing_artifact(diff_id, blob, oci::Digest::of(*open(0)), size);
      oci::write_blob(repo, artifact.manifest.config, artifact.config);
      const oci::Descriptor& listing = artifact.manifest.layers[0];
      if (!repo.has_blob(listing)) repo.put_blob(listing, open);
      repo.put_manifest(tag, oci::raw(artifact.manifest));
    });
  }
}

std::shared_ptr<ExistenceCache> CacheExporter::remembering(const std::shared_ptr<CacheRepo>& repo) {
  const std::lock_guard lock(mutex_);
  auto& known = repos_[repo->name()];
  if (!known) known = std::make_shared<ExistenceCache>(repo->images(), losses_);
  return known;
}

void CacheExporter::done(const Job& job, bool written) {
  {
    const std::lock_guard lock(mutex_);
    --pending_;
    if (job.image) {
      --progress_.pending;
      if (!written) ++progress_.failed;
    }
    if (job.last_layer) last_layers_.erase(last_layers_.find(*job.last_layer));
  }
  changed_.notify_all();
}

CacheExporter::Progress CacheExporter::progress() {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void CacheExporter::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return pending_ == 0; });
}

void CacheExporter::wait_for(const std::set<oci::Digest>& layers) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return std::none_of(last_layers_.begin(), last_layers_.end(),
                        [&](const oci::Digest& each) { return layers.contains(each); });
  });
}

}  // namespace ixian::cache
