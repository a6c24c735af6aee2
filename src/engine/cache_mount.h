// The folders of RUN --mount=type=cache: kept in the store from one build to the next.
#pragma once

#include <functional>
#include <string>

#include "base/cancel.h"
#include "dockerfile/mount.h"
#include "engine/key_lock.h"
#include "store/store.h"

namespace ixian::engine {

// A cache folder for one RUN, held from construction to destruction: `shared` by any number at once, `locked`
// by one after the other, `private` by one at a time, where whoever comes second gets another folder.
class CacheMount {
 public:
  // `fill` is called with the folder when it is made. Throws Error{kTaskFailed}; Cancelled while waiting.
  using Fill = std::function<void(const std::string& folder)>;
  CacheMount(store::Store& store, const dockerfile::Mount& mount, const Fill& fill,
             base::Cancellation& cancellation);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  KeyLock lock_;
};

// Where all of them are.
std::string cache_mounts_folder(store::Store& store);

}  // namespace ixian::engine
