// Requests to a registry about many tags, manifests or records of a repository, several at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "oci/image_repo.h"

namespace ixian::run {

inline constexpr unsigned kRequestsAtOnce = 16;

// body(i) for each i below `count`, on several threads.
template <typename Body>
void request_each(std::size_t count, base::Cancellation& cancellation, const Body& body) {
  base::parallel_for(count, kRequestsAtOnce, [&](std::size_t i) {
    cancellation.throw_if_requested();
    body(i);
  });
}

// What the tags refer to; nullopt where somebody else has removed it.
inline std::vector<std::optional<oci::Descriptor>> find_all(oci::ImageRepo& repo,
                                                            const std::vector<std::string>& tags,
                                                            base::Cancellation& cancellation) {
  std::vector<std::optional<oci::Descriptor>> found(tags.size());
  request_each(tags.size(), cancellation, [&](std::size_t i) { found[i] = repo.find(tags[i]); });
  return found;
}

}  // namespace ixian::run
