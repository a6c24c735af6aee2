// What blobs of layers unpack to, as this machine has seen it.
#pragma once

#include <functional>
#include <optional>

#include "oci/digest.h"
#include "store/database.h"

namespace ixian::store {

// Of a blob that has been read, or written, to its end here.
struct Unpacked {
  oci::Digest diff_id;
  // layer::LayerListing::depends_on_below().
  bool gaps = false;
};

// By the digest of the blob as it is stored; nullopt where this machine has not unpacked it.
std::optional<Unpacked> read_unpacked(Transaction& transaction, const oci::Digest& blob);
void write_unpacked(Transaction& transaction, const oci::Digest& blob, const Unpacked& unpacked);

// Forgets blobs that are not there (`is_there`) and whose trees are not either.
void forget_unpacked(Transaction& transaction, const std::function<bool(const oci::Digest& blob)>& is_there);

}  // namespace ixian::store
