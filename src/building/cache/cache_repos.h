// The repositories that hold the instruction cache.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/cancel.h"
#include "base/event.h"
#include "layout/layout_repo.h"
#include "oci/open_repo.h"

namespace ixian::cache {

// One of them. Nothing but time depends on a cache, so whoever cannot use it gives it up. Thread-safe.
class CacheRepo {
 public:
  // `warned`: whether anybody has been told that something is wrong with it.
  CacheRepo(std::string name, std::shared_ptr<oci::ImageRepo> images,
            std::shared_ptr<std::atomic<bool>> warned)
      : name_(std::move(name)), images_(std::move(images)), warned_(std::move(warned)) {}

  const std::string& name() const { return name_; }  // as it was asked for
  const std::shared_ptr<oci::ImageRepo>& images() const { return images_; }

  bool usable() const { return !given_up_; }

  // Nobody asks it any more. Warned of once, for reading and writing together; `reason` is a sentence.
  void give_up(base::EventSink& sink, std::string_view reason);

 private:
  const std::string name_;
  const std::shared_ptr<oci::ImageRepo> images_;
  const std::shared_ptr<std::atomic<bool>> warned_;
  std::atomic<bool> given_up_{false};
};

// For the life of an engine, so that a registry that is down is waited for once. Thread-safe.
class CacheRepos {
 public:
  CacheRepos(oci::OpenRepo for_reading, oci::OpenRepo for_writing)
      : for_reading_(with_folders(std::move(for_reading), layout::LayoutUse::kRead)),
        for_writing_(with_folders(std::move(for_writing), layout::LayoutUse::kWrite)) {}
  CacheRepos(const CacheRepos&) = delete;

  // `name` is a repository, without a tag, or a folder by the name that it has as one
  // (layout/folder_reference.h). Throws Error{kUsage} where it is none.
  std::shared_ptr<CacheRepo> to_read(const std::string& name) { return get(name, reading_, for_reading_); }
  std::shared_ptr<CacheRepo> to_write(const std::string& name) { return get(name, writing_, for_writing_); }

 private:
  using Known = std::map<std::string, std::shared_ptr<CacheRepo>>;
  std::shared_ptr<CacheRepo> get(const std::string& name, Known& known, const oci::OpenRepo& open);

  oci::OpenRepo with_folders(oci::OpenRepo open, layout::LayoutUse use);

  base::Cancellation never_;
  const oci::OpenRepo for_reading_;
  const oci::OpenRepo for_writing_;
  // Guards the three maps.
  std::mutex mutex_;
  Known reading_;
  Known writing_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> warned_;
};

}  // namespace ixian::cache
