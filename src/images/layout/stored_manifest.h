// Manifests among the blobs of a layout.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "layout/blob_folder.h"
#include "oci/manifest.h"

namespace ixian::layout {

// The manifest or index of that digest, verified; nullopt where there is no such blob, or where it is
// something else than a manifest. Throws Error{kRegistry} where the file is damaged.
std::optional<oci::RawManifest> read_stored_manifest(const BlobFolder& blobs, const oci::Digest& digest);

// Throws Error{kRegistry} where the bytes are not those of the descriptor, or `ref` is the digest of others.
// `image` is what messages call it.
void check_manifest_bytes(const oci::RawManifest& manifest, const std::string& ref, const std::string& image);

// Throws Error{kRegistry} where a blob that the manifest names is not among `blobs`: the one check that keeps
// names from standing for half an image. Of an index, only some images may have been wanted.
void check_storable(const oci::RawManifest& manifest, const BlobFolder& blobs, const std::string& image);

// Whether one of the entries of index.json names the manifest, or an index that it is part of; also where
// that cannot be told.
bool is_needed(const oci::Digest& digest, const base::Json& entries, const BlobFolder& blobs);

}  // namespace ixian::layout
