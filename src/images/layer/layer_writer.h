// Writes a layer: tar, diffID, compression, digest and storing, overlapped on threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "compression/compression.h"
#include "files/byte_sink.h"
#include "layer/listing.h"
#include "oci/descriptor.h"
#include "oci/digest.h"
#include "tar/format.h"

namespace ixian::layer {

struct WriteOptions {
  compression::Compression compression = compression::Compression::kGzip;

  // Times after this one become this one (SOURCE_DATE_EPOCH). Seconds since 1970.
  std::optional<std::int64_t> latest_mtime;

  // Fractions of seconds are written too. Without, equal trees are more often equal layers, and the layer is
  // smaller.
  bool nanoseconds = false;

  unsigned threads = 0;  // that compress; 0: one a processor, at most 8. No influence on the bytes.

  std::optional<int> level = {};  // of the compression; unset is the quick one of BlockCompressor
};

struct WrittenLayer {
  oci::Descriptor blob;  // with the OCI media type
  oci::Digest diff_id;   // of the tar
  std::uint64_t tar_size = 0;
  LayerListing listing;  // empty: nothing was added

  bool empty() const { return listing.empty(); }
};

// The same entries give the same bytes, on any machine with any number of processors (gzip: on any x86-64
// with this version of ISA-L; the diffID without any condition). Used by one thread; runs others, which a
// destructor at any moment stops. Memory is bounded: about 16 MiB and the listing.
class LayerWriter {
 public:
  // `blob`, which must outlive the writer, is written by a thread of the writer until finish() has returned.
  LayerWriter(files::ByteSink& blob, const WriteOptions& options, base::Cancellation& cancellation);
  ~LayerWriter();
  LayerWriter(const LayerWriter&) = delete;
  LayerWriter& operator=(const LayerWriter&) = delete;

  // The next entry, whose name is a path of a listing: by path_less(), each once, hard links after what they
  // link to. User and group names are not written. Whiteouts are entries too: whiteout() and opaque(). Where
  // a file's body is not yet whole, and for a wrong order, throws std::logic_error; otherwise what the sink
  // threw, or Cancelled.
  void add(tar::TarEntry entry);

  // The layers below lose `path`, or all that is in the folder `path`. In order like add(); the opaque mark
  // of a folder comes directly behind the folder.
  void whiteout(const std::string& path);
  void opaque(const std::string& path);

  // Goes on with the body of the file that was added last, which is entry.size bytes long in all.
  void write(std::string_view bytes);
  // The same without copying: fill up to `size` bytes at `data`, then call filled() with how many.
  struct Space {
    char* data;
    std::size_t size;
  };
  Space space();
  void filled(std::size_t size);

  // Once. The sink has all bytes when this returns.
  WrittenLayer finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::layer
