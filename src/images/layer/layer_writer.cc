// Writes members one after the other: header, body, padding into the packing, and a line into the listing.
// Whoever fills a body gets the packing's own memory, so bytes are not copied. What is of the machine and not
// of the image (names of owners, times beyond a limit) goes here.
#include "layer/layer_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.h"
#include "layer/listing_sorter.h"
#include "layer/packing.h"
#include "layer/whiteout.h"
#include "tar/writer.h"

namespace ixian::layer {
EntryType entry_type_of(tar::TarType type) {
  switch (type) {
    case tar::TarType::kFile:
      return EntryType::kFile;
    case tar::TarType::kHardLink:
      return EntryType::kHardLink;
    case tar::TarType::kSymlink:
      return EntryType::kSymlink;
    case tar::TarType::kCharacterDevice:
      return EntryType::kCharacterDevice;
    case tar::TarType::kBlockDevice:
      return EntryType::kBlockDevice;
    case tar::TarType::kFolder:
      return EntryType::kFolder;
    case tar::TarType::kFifo:
      return EntryType::kFifo;
  }
  throw std::logic_error("An entry of a layer has no type.");
}

ListedEntry listed(const tar::TarEntry& entry, std::string path, std::uint64_t offset) {
  ListedEntry listed;
  listed.path = std::move(path);
  listed.type = entry_type_of(entry.type);
  listed.mode = entry.mode;
  listed.uid = entry.uid;
  listed.gid = entry.gid;
  listed.size = entry.size;
  listed.mtime = entry.mtime;
  listed.link = entry.link;
  listed.device_major = entry.device_major;
  listed.device_minor = entry.device_minor;
  listed.offset = listed.type == EntryType::kFile ? offset : 0;
  return listed;
}

class LayerWriter::Impl {
 public:
  Impl(files::ByteSink& blob, const WriteOptions& options, base::Cancellation& cancellation)
      : options_(options),
        packing_(blob, options.compression, options.threads, cancellation, options.level) {}

  void add(tar::TarEntry entry) {
    const std::string path = entry.name;
    if (listed_path(path) != path) {
      throw std::logic_error("Not a path of a layer: " + base::printable_path(path));
    }
    // Names are of the machine that writes; numbers are what an image has.
    entry.user.clear();
    entry.group.clear();
    clamp(entry);
    put_header(entry, path);
    sorter_.add(listed(entry, path, packing_.size()));
    body_ = entry.size;
    padding_ = tar::tar_padding(entry.size);
  }

  void mark(const std::string& path, EntryType type) {
    tar::TarEntry entry;
    entry.name = type == EntryType::kWhiteout ? whiteout_name(path) : opaque_name(path);
    entry.mode = 0;
    // An opaque mark sorts as the first thing in its folder, as which it stands in the tar.
    put_header(entry, type == EntryType::kOpaque ? path + '/' : entry.name);
    ListedEntry listed;
    listed.path = path;
    listed.type = type;
    sorter_.add(listed);
  }

  Space space() {
    Space space = packing_.space();
    space.size = static_cast<std::size_t>(std::min<std::uint64_t>(space.size, body_));
    return space;
  }

  void filled(std::size_t size) {
    if (size > body_) throw std::logic_error("More of a file was written than its entry says.");
    packing_.filled(size);
    body_ -= size;
  }

  void write(std::string_view bytes) {
    if (bytes.size() > body_) throw std::logic_error("More of a file was written than its entry says.");
    packing_.write(bytes);
    body_ -= bytes.size();
  }

  WrittenLayer finish() {
    end_body();
    packing_.write(tar::tar_end());
    const std::uint64_t tar_size = packing_.size();
    const auto result = packing_.finish();
    return {.blob = {.media_type = std::string(compression::media_type_of(options_.compression)),
                     .digest = result.digest,
                     .size = result.blob_size,
                     .platform = {},
                     .annotations = {},
                     .urls = {},
                     .artifact_type = {}},
            .diff_id = result.diff_id,
            .tar_size = tar_size,
            .listing = sorter_.finish()};
  }

 private:
  void clamp(tar::TarEntry& entry) const {
    if (!options_.nanoseconds) entry.mtime_ns = 0;
    if (options_.latest_mtime && entry.mtime >= *options_.latest_mtime) {
      entry.mtime = *options_.latest_mtime;
      entry.mtime_ns = 0;
    }
  }

  void put_header(const tar::TarEntry& entry, const std::string& key) {
    end_body();
    if (started_ && !path_less(last_key_, key)) {
      throw std::logic_error(fmt::format("The entry {} of a layer is not in order behind {}.",
                                         base::printable_path(key), base::printable_path(last_key_)));
    }
    started_ = true;
    last_key_ = key;
    tar::TarEntry root;
    if (entry.name.empty()) {
      root = entry;
      // A member must have a name.
      root.name = "./";
    }
    packing_.write(tar::tar_header(entry.name.empty() ? root : entry));
  }

  void end_body() {
    if (body_ != 0) throw std::logic_error("Less of a file was written than its entry says.");
    packing_.write(std::string(padding_, '\0'));
    padding_ = 0;
  }

  const WriteOptions options_;
  CompressingWriter packing_;
  ListingSorter sorter_;
  std::uint64_t body_ = 0;  // bytes of the current file that are still to come
  std::size_t padding_ = 0;
  bool started_ = false;
  std::string last_key_;
};

LayerWriter::LayerWriter(files::ByteSink& blob, const WriteOptions& options, base::Cancellation& cancellation)
    : impl_(std::make_unique<Impl>(blob, options, cancellation)) {}

LayerWriter::~LayerWriter() = default;

void LayerWriter::add(tar::TarEntry entry) {
  impl_->add(std::move(entry));
}

void LayerWriter::whiteout(const std::string& path) {
  impl_->mark(path, EntryType::kWhiteout);
}

void LayerWriter::opaque(const std::string& path) {
  impl_->mark(path, EntryType::kOpaque);
}

void LayerWriter::write(std::string_view bytes) {
  impl_->write(bytes);
}

LayerWriter::Space LayerWriter::space() {
  return impl_->space();
}

void LayerWriter::filled(std::size_t size) {
  impl_->filled(size);
}

WrittenLayer LayerWriter::finish() {
  return impl_->finish();
}

}  // namespace ixian::layer
