// A file with several names comes once in an archive, and the others are links to it; but the first name in
// the order of the archive need not be the one under which its layer has the content, and that one may not
// even show in the image. So a file is known by its layer and its path there, and only those are remembered
// that came under another name.
#include "exporter/root_tar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "base/error.h"
#include "layer/first_names.h"
#include "layer/layer_writer.h"
#include "layer/listing_order.h"

namespace ixian::exporter {
namespace {

class RootTar {
 public:
  RootTar(const snapshot::LayersView& image, files::ByteSink& sink, const layer::WriteOptions& options,
          base::Cancellation& cancellation)
      : image_(image), cancellation_(cancellation), writer_(sink, options, cancellation) {}

  layer::WrittenLayer run() {
    for (layer::MergedTree::Descendants below(image_.tree(), ""); below.next();) {
      cancellation_.throw_if_requested();
      const std::string& path = below.found().entry.path;
      try {
        add(below.found());
      } catch (const std::invalid_argument& error) {
        throw base::Error(base::ErrorCode::kTaskFailed,
                          fmt::format("cannot add /{} to an archive: {}", base::printable_path(path),
                                      base::printable_path(error.what())));
      }
    }
    return writer_.finish();
  }

 private:
  using Found = layer::MergedTree::Found;

  void add(const Found& found) {
    tar::TarEntry entry = snapshot::LayersView::entry(found);
    entry.name = found.entry.path;
    if (entry.type == tar::TarType::kSymlink) entry.mode = 0777;
    if (entry.type == tar::TarType::kFolder) entry.xattrs = image_.xattrs(found);
    if (entry.type == tar::TarType::kFile) return add_file(found, std::move(entry));
    writer_.add(std::move(entry));
  }

  void add_file(const Found& found, tar::TarEntry entry) {
    if (found.entry.type != layer::EntryType::kFile) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("/{} in the image is a hard link to /{}: not found", base::printable_path(entry.name),
                      base::printable_path(found.entry.link)));
    }
    if (auto first = first_name(found)) {
      entry.type = tar::TarType::kHardLink;
      entry.size = 0;
      entry.link = std::move(*first);
      return writer_.add(std::move(entry));
    }
    entry.xattrs = image_.xattrs(found);
    std::uint64_t left = entry.size;
    const files::UniqueFd fd = left == 0 ? files::UniqueFd() : image_.open(found);
    writer_.add(std::move(entry));
    while (left > 0) {
      const layer::LayerWriter::Space space = writer_.space();
      const ssize_t count = ::read(fd.get(), space.data, std::min<std::uint64_t>(space.size, left));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        throw base::Error(base::ErrorCode::kTaskFailed,
                          fmt::format("cannot read {}: {}", base::printable_path(found.entry.path),
                                      count < 0 ? base::errno_text(errno) : "truncated while it was read"));
      }
      writer_.filled(static_cast<std::size_t>(count));
      left -= static_cast<std::uint64_t>(count);
    }
  }

  // The name that the file has in the archive already; nullopt where it comes first.
  std::optional<std::string> first_name(const Found& found) {
    const std::string& path = found.entry.path;
    if (auto first = first_names_.find(found.layer, found.content_path)) return first;
    if (found.content_path == path) return std::nullopt;
    const auto itself = image_.tree().find(found.content_path);
    const bool shows = itself && itself->layer == found.layer && itself->content_path == found.content_path;
    if (shows && layer::path_less(found.content_path, path)) return found.content_path;
    first_names_.add(found.layer, found.content_path, path);
    return std::nullopt;
  }

  const snapshot::LayersView& image_;
  base::Cancellation& cancellation_;
  layer::LayerWriter writer_;
  layer::FirstNames first_names_;  // of files that came under another name than that of their content
};

}  // namespace

layer::WrittenLayer write_tar_of(const snapshot::LayersView& image, files::ByteSink& sink,
                                 const layer::WriteOptions& options, base::Cancellation& cancellation) {
  return RootTar(image, sink, options, cancellation).run();
}

}  // namespace ixian::exporter
