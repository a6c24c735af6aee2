// An engine in memory: building is naming.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "oci/reference.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::testing {

// Thread-safe. An image's content is its first name, so that equal names are equal images.
class FakeEngine : public engine::Engine {
 public:
  std::optional<oci::Descriptor> resolve(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = images_.find(name);
    return found == images_.end() ? std::nullopt : std::optional(found->second.raw.descriptor);
  }

  engine::BuiltStage build(const engine::StageJob& job, base::EventSink&, base::Cancellation&) override {
    if (on_build) on_build(job);
    const SampleImage image = sample_image(job.tags.at(0));
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
    for (const std::string& name : job.tags) images_.insert_or_assign(name, image);
    return {image.raw, image.manifest.config, true, 1, 0, {}};
  }

  void import_image(oci::ImageRepo&, const std::string&, const std::string& name,
                    base::Cancellation&) override {
    const std::lock_guard lock(mutex_);
    images_.insert_or_assign(name, sample_image(name));
  }

  oci::Descriptor export_image(const std::string& name, oci::ImageRepo& to, const std::string& ref,
                               base::Cancellation&) override {
    SampleImage image = sample_image(name);
    put_image(to, ref, image);
    return image.raw.descriptor;
  }

  bool remove_image(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return images_.erase(name) > 0;
  }

  // What has been built, in the order in which it was done.
  std::vector<engine::StageJob> jobs() const {
    const std::lock_guard lock(mutex_);
    return jobs_;
  }

  std::function<void(const engine::StageJob&)> on_build;  // called first; may throw

 private:
  mutable std::mutex mutex_;
  std::map<std::string, SampleImage> images_;
  std::vector<engine::StageJob> jobs_;
};

}  // namespace ixian::testing
