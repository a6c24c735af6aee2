// A registry's repository that notices images of stages which do not say for which key they were made.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "oci/forwarding_repo.h"
#include "oci/made_for.h"

namespace ixian::app {

// The names of the images that were looked up under the key of a stage. Thread-safe.
class LookedUp {
 public:
  void add(const std::string& image) {
    const std::lock_guard lock(mutex_);
    images_.insert(image);
  }
  // Once for each.
  bool take(const std::string& image) {
    const std::lock_guard lock(mutex_);
    return images_.erase(image) > 0;
  }

 private:
  // Guards `images_`.
  std::mutex mutex_;
  std::set<std::string> images_;
};

// What is looked up and then read is to be what was looked up. Throws Error{kRegistry} for an image that was
// made for another key; tells `warn` the name of one that does not say. Asks nothing that was not to be
// asked.
class StageRepo : public oci::ForwardingRepo {
 public:
  using Warn = std::function<void(const std::string& image)>;

  StageRepo(std::shared_ptr<oci::ImageRepo> repo, std::shared_ptr<LookedUp> looked_up, Warn warn)
      : repo_(std::move(repo)), looked_up_(std::move(looked_up)), warn_(std::move(warn)) {}

  std::string name() const override { return repo_->name(); }

  std::optional<oci::Descriptor> find(const std::string& ref) override {
    auto found = repo_->find(ref);
    if (found && oci::key_in_tag(ref)) looked_up_->add(name() + ":" + ref);
    return found;
  }

  std::optional<oci::RawManifest> read_manifest(const std::string& ref) override {
    auto manifest = repo_->read_manifest(ref);
    if (!manifest) return manifest;
    oci::check_made_for(*manifest, name(), ref);
    const bool says_nothing = oci::made_for(*manifest, ref) == oci::MadeFor::kSaysNothing;
    if (says_nothing && looked_up_->take(name() + ":" + ref)) warn_(name() + ":" + ref);
    return manifest;
  }

 protected:
  oci::ImageRepo& repo() override { return *repo_; }

 private:
  const std::shared_ptr<oci::ImageRepo> repo_;
  const std::shared_ptr<LookedUp> looked_up_;
  const Warn warn_;
};

}  // namespace ixian::app
