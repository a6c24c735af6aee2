// A layer's blob has no index, but a listing says where in the tar each file begins. So the files that are
// wanted are put into that order and picked up in one pass; and what the tar has there must be what the
// listing said.
#include "layer/read_layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "compression/compression.h"
#include "compression/unpacking.h"
#include "files/fs.h"
#include "layer/layer_reader.h"

namespace ixian::layer {
namespace {

// The rest of the current file of a tar.
class Content : public base::ByteSource {
 public:
  Content(tar::TarReader& tar, base::Cancellation& cancellation) : tar_(tar), cancellation_(cancellation) {}
  std::size_t read(char* buffer, std::size_t size) override {
    cancellation_.throw_if_requested();
    return tar_.read(buffer, size);
  }

 private:
  tar::TarReader& tar_;
  base::Cancellation& cancellation_;
};

[[noreturn]] void missing(const ListedEntry& file) {
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("file {} is not where the file listing of its layer has it",
                                base::printable_path(file.path)));
}

}  // namespace

ScannedLayer scan(base::ByteSource& blob, const oci::Descriptor& descriptor,
                  const std::optional<oci::Digest>& diff_id, const compression::Limits& limits,
                  base::Cancellation& cancellation) {
  compression::DecompressingReader tar(blob, descriptor, diff_id, limits, cancellation);
  LayerReader reader(tar, descriptor.digest.text(), limits);
  while (reader.next()) {
  }
  const auto result = tar.finish();
  return {reader.take_listing(), result.diff_id, result.tar_size};
}

void read_files(base::ByteSource& blob, std::vector<ListedEntry> files,
                const std::function<void(const ListedEntry& file, base::ByteSource& content)>& on_file,
                base::Cancellation& cancellation) {
  std::sort(files.begin(), files.end(),
            [](const ListedEntry& a, const ListedEntry& b) { return a.offset < b.offset; });
  if (files.empty()) return;
  const auto source = compression::unpack(blob);
  tar::TarReader tar(*source, tar::TarReader::Dialect{.sparse = true, .remains = true});
  Content content(tar, cancellation);
  try {
    for (const ListedEntry& file : files) {
      auto entry = tar.next();
      while (entry && tar.offset() < file.offset) {
        cancellation.throw_if_requested();
        entry = tar.next();
      }
      if (!entry || tar.offset() != file.offset || entry->type != tar::TarType::kFile ||
          entry->size != file.size) {
        missing(file);
      }
      on_file(file, content);
    }
  } catch (const tar::TarError& error) {
    throw base::Error(base::ErrorCode::kRegistry, fmt::format("a layer is damaged: {}", error.what()));
  }
}

std::string read_file(base::ByteSource& blob, const ListedEntry& file, std::size_t limit,
                      base::Cancellation& cancellation) {
  std::string text;
  read_files(
      blob, {file},
      [&](const ListedEntry&, base::ByteSource& content) {
        text = base::read_all(content, limit, base::printable_path(file.path));
      },
      cancellation);
  return text;
}

}  // namespace ixian::layer
