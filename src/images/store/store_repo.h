// The store as a repository of images.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "oci/image_repo.h"
#include "store/store.h"

namespace ixian::store {

// As Store::images(); `blobs` and `database` are the store's.
std::unique_ptr<oci::ImageRepo> make_store_repo(std::shared_ptr<Store> store, Database& database,
                                                const Folder& folder, const std::string& repository,
                                                base::Clock& clock, base::Cancellation& cancellation);

}  // namespace ixian::store
