// How many bytes of blobs a program has moved to and from repositories.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "oci/image_repo.h"

namespace ixian::registry {

struct Traffic {
  std::atomic<std::uint64_t> received = 0;
  std::atomic<std::uint64_t> sent = 0;  // blobs that have arrived, each as often as it was sent
  std::atomic<unsigned> mounted = 0;    // blobs that appeared without
};

// `repo`, with what moves counted in `traffic`.
std::shared_ptr<oci::ImageRepo> counted(std::shared_ptr<oci::ImageRepo> repo,
                                        std::shared_ptr<Traffic> traffic);

}  // namespace ixian::registry
