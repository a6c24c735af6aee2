// The tar file that a docker archive becomes, while its blobs come in any order and at once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "files/output_path.h"
#include "layout/temporary_file.h"
#include "oci/descriptor.h"

namespace ixian::layout {

// Thread-safe, but for finish().
class Spool {
 public:
  // Beside `file`, which appears only in finish(). What interrupted runs left there is removed. Throws
  // Error{kUsage} where no file can be.
  Spool(const std::string& file, base::Cancellation& cancellation);

  bool has(const oci::Descriptor& blob);

  // As ImageRepo::put_blob; several threads may put the same blob. `manifest` is its place in the end: after
  // all that is none.
  void put(const oci::Descriptor& blob, const base::OpenSource& open, bool manifest = false);

  // nullptr where there is no such blob.
  std::unique_ptr<base::ByteSource> open(const oci::Descriptor& blob, std::uint64_t offset);

  // Adds these members (name, content), and puts the file in its place. Equal blobs and members make equal
  // files, however the blobs came. Once.
  void finish(const std::vector<std::pair<std::string, std::string>>& members);

 private:
  struct Place {
    oci::Descriptor blob;
    bool manifest;
    std::uint64_t start;   // of its header
    std::uint64_t length;  // with header and padding
    enum { kWriting, kFailed, kWhole } state;
  };

  std::uint64_t take_place(const oci::Descriptor& blob, bool manifest);  // 0: it is there
  void write_body(const oci::Descriptor& blob, std::uint64_t start, const base::OpenSource& open);
  std::vector<Place> in_order() const;
  bool is_in_order(const std::vector<Place>& places) const;

  const std::string file_;
  const files::OutputPath place_;
  base::Cancellation& cancellation_;
  std::shared_ptr<TemporaryFile> spool_;
  // Guards all below. Blobs are written without it, each to the place that it has taken.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<oci::Digest, Place> places_;
  std::uint64_t end_ = 0;
};

}  // namespace ixian::layout
