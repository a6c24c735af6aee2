// An engine and registries that hold names of images, and count what they are asked.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "oci/image_repo.h"
#include "plan/image_plan.h"

namespace ixian::testing {

// Thread-safe once it is set up.
class FakeCacheSources {
 public:
  void put(const std::string& image, std::uint64_t size = 100) { images_[image] = size; }

  std::shared_ptr<oci::ImageFinder> finder(const std::string& repository) {
    if (unknown.contains(repository)) return nullptr;
    return std::make_shared<Finder>(*this, repository);
  }

  std::vector<std::string> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  unsigned most_at_once() const {
    std::lock_guard lock(mutex_);
    return most_at_once_;
  }

  std::set<std::string> down;     // repositories that fail
  std::set<std::string> unknown;  // repositories that are not configured
  std::function<void()> on_find;

 private:
  class Finder : public oci::ImageFinder {
   public:
    Finder(FakeCacheSources& site, std::string repository)
        : site_(site), repository_(std::move(repository)) {}
    std::string name() const override { return repository_; }
    std::optional<oci::Descriptor> find(const std::string& ref) override {
      return site_.find(repository_, repository_ + ":" + ref);
    }

   private:
    FakeCacheSources& site_;
    const std::string repository_;
  };

  std::optional<oci::Descriptor> find(const std::string& repository, const std::string& image) {
    {
      std::lock_guard lock(mutex_);
      asked_.push_back(image);
      most_at_once_ = std::max(most_at_once_, ++at_once_);
    }
    if (on_find) on_find();
    {
      std::lock_guard lock(mutex_);
      --at_once_;
    }
    if (down.contains(repository)) base::fail_registry("It does not answer.");
    const auto found = images_.find(image);
    if (found == images_.end()) return std::nullopt;
    return oci::Descriptor{"", oci::Digest::of(image), found->second, {}, {}, {}, ""};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> images_;
  std::vector<std::string> asked_;
  unsigned at_once_ = 0;
  unsigned most_at_once_ = 0;
};

}  // namespace ixian::testing
