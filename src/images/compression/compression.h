// How the tar of a layer is packed (OCI image-spec, layer.md, "+gzip Media Types", "+zstd Media Types").
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/byte_source.h"

namespace ixian::compression {

enum class Compression { kNone, kGzip, kZstd };

// Levels go from 0 to this; 0 where there are none.
int highest_level(Compression compression);

// The OCI media type of a layer that is packed so.
std::string_view media_type_of(Compression compression);

// True for the media types of layers, OCI's and Docker's, whatever their packing.
bool is_layer_type(std::string_view media_type);

// How bytes that start so are packed: by their magic numbers, as every engine does it, since there are layers
// whose media type says something else. The first 4 bytes suffice.
Compression compression_of(std::string_view start);

// The unpacked bytes of `packed`, which must outlive the source. gzip may have several members (RFC 1952,
// 2.2), zstd several frames, skippable ones too, with windows up to 64 MiB. Bytes that follow the last member
// or frame and do not start another are refused, but for zeros. Where the packed bytes are damaged or end
// early, read throws Error{kRegistry}. `packed` has been read to its end when the result is.
std::unique_ptr<base::ByteSource> unpack(base::ByteSource& packed);

}  // namespace ixian::compression
