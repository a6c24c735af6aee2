// A repository that is opened when it is first asked.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "oci/forwarding_repo.h"
#include "oci/open_repo.h"

namespace ixian::snapshot {

// Nobody is asked for layers that are in the store.
// Thread-safe, as every repository is; shared by the layers that may come from it.
class LateRepo : public oci::ForwardingRepo {
 public:
  LateRepo(oci::OpenRepo open, oci::Reference reference)
      : open_(std::move(open)), reference_(std::move(reference)) {}

  std::string name() const override { return reference_.name(); }

 protected:
  oci::ImageRepo& repo() override {
    const std::lock_guard lock(mutex_);
    if (!repo_) repo_ = open_(reference_);
    return *repo_;
  }

 private:
  const oci::OpenRepo open_;
  const oci::Reference reference_;
  // Guards `repo_`, and is held while it is opened.
  std::mutex mutex_;
  std::shared_ptr<oci::ImageRepo> repo_;
};

}  // namespace ixian::snapshot
