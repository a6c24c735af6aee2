// What turned out to be missing or damaged where it was said to be is lost for this process: noted once, and
// from then on the repository is seen without it, so that plans and copies take another way (build anew, pull
// from elsewhere). Whoever stores it anew has mended it. Nothing is removed at the place itself, which may
// only be out of reach.
#include "oci/losses.h"

#include <atomic>
#include <stdexcept>
#include <variant>
#include <vector>

#include "base/thread_pool.h"
#include "oci/forwarding_repo.h"
#include "oci/media_types.h"

namespace ixian::oci {
namespace {

constexpr unsigned kQuestionsAtOnce = 24;
constexpr int kDeepestIndex = 4;

class WithoutLost : public ForwardingRepo {
 public:
  WithoutLost(std::shared_ptr<ImageRepo> repo, std::shared_ptr<Losses> losses)
      : repo_(std::move(repo)), losses_(std::move(losses)) {}

  std::string name() const override { return repo_->name(); }

  std::optional<Descriptor> find(const std::string& ref) override {
    return is_lost(ref) ? std::nullopt : repo_->find(ref);
  }
  std::optional<RawManifest> read_manifest(const std::string& ref) override {
    return is_lost(ref) ? std::nullopt : repo_->read_manifest(ref);
  }
  bool has_blob(const Descriptor& blob) override {
    return !is_lost(blob.digest.text()) && repo_->has_blob(blob);
  }
  bool mount_blob(const Descriptor& blob, const ImageRepo& from) override {
    const std::string digest = blob.digest.text();
    // A registry would mount what it has itself lost.
    if (is_lost(digest) || losses_->contains(from.name(), digest)) return false;
    return repo_->mount_blob(blob, from);
  }
  void put_blob(const Descriptor& blob, const base::OpenSource& open) override {
    repo_->put_blob(blob, open);
    losses_->mended(name(), blob.digest.text());
  }
  void put_manifest(const std::string& ref, const RawManifest& manifest) override {
    repo_->put_manifest(ref, manifest);
    losses_->mended(name(), ref);
    losses_->mended(name(), manifest.descriptor.digest.text());
  }

 protected:
  ImageRepo& repo() override { return *repo_; }

 private:
  bool is_lost(const std::string& ref) const { return losses_->contains(repo_->name(), ref); }

  const std::shared_ptr<ImageRepo> repo_;
  const std::shared_ptr<Losses> losses_;
};

bool has_all(ImageRepo& repo, const RawManifest& manifest, int depth) {
  const AnyManifest parsed = manifest.parsed();
  if (const auto* index = std::get_if<Index>(&parsed)) {
    for (const Descriptor& entry : index->manifests) {
      const auto inner = depth < kDeepestIndex ? repo.read_manifest(entry.digest.text()) : std::nullopt;
      if (!inner || !has_all(repo, *inner, depth + 1)) return false;
    }
    return true;
  }
  const auto& image = std::get<Manifest>(parsed);
  std::vector<Descriptor> blobs = {image.config};
  for (const Descriptor& layer : image.layers) {
    if (!is_foreign_layer_type(layer.media_type)) blobs.push_back(layer);
  }
  std::atomic<bool> all{true};
  base::parallel_for(blobs.size(), kQuestionsAtOnce, [&](std::size_t i) {
    if (all && !repo.has_blob(blobs[i])) all = false;
  });
  return all;
}

}  // namespace

bool Losses::note(const std::string& repository, const std::string& ref) {
  const std::lock_guard lock(mutex_);
  repositories_.insert(repository);
  return lost_.insert({repository, ref}).second;
}

bool Losses::may_warn_of(const std::string& repository) {
  const std::lock_guard lock(mutex_);
  return warned_of_.insert(repository).second;
}

bool Losses::contains(const std::string& repository, const std::string& ref) const {
  const std::lock_guard lock(mutex_);
  return lost_.contains({repository, ref});
}

bool Losses::any_in(const std::string& repository) const {
  const std::lock_guard lock(mutex_);
  return repositories_.contains(repository);
}

void Losses::mended(const std::string& repository, const std::string& ref) {
  const std::lock_guard lock(mutex_);
  lost_.erase({repository, ref});
}

std::shared_ptr<ImageRepo> without_lost(std::shared_ptr<ImageRepo> repo, std::shared_ptr<Losses> losses) {
  return std::make_shared<WithoutLost>(std::move(repo), std::move(losses));
}

bool is_complete(ImageRepo& repo, const std::string& ref, Losses& losses) {
  if (losses.contains(repo.name(), ref)) return false;
  const auto note = [&] {
    losses.note(repo.name(), ref);
    return false;
  };
  try {
    const auto manifest = repo.read_manifest(ref);
    // A tag that leads nowhere is a loss; no tag is none.
    if (!manifest) return repo.find(ref) ? note() : false;
    return has_all(repo, *manifest, 0) || note();
  } catch (const base::Error&) {
    return note();
  } catch (const std::invalid_argument&) {
    return note();
  }
}

}  // namespace ixian::oci
