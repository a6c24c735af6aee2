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
  // It has something in a folder that it has no entry for, so that what this folder is like depends on what
  // the layer lies on.
  bool gaps = false;
};

std::optional<Unpacked> read_unpacked(Transaction& transaction, const oci::Digest& blob);
void write_unpacked(Transaction& transaction, const oci::Digest& blob, const Unpacked& unpacked);

// Forgets blobs that are not there (`is_there`) and whose trees are not either.
void forget_unpacked(Transaction& transaction, const std::function<bool(const oci::Digest& blob)>& is_there);

}  // namespace ixian::store
