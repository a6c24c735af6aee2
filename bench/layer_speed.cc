// Commits a folder as a layer, or extracts one, for the bench: what `ix build` does with a RUN's files,
// alone.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "files/fs.h"
#include "layer_files/extract.h"
#include "layer_files/from_tree.h"
#include "oci/media_types.h"

namespace {

using namespace ixian;
using Clock = std::chrono::steady_clock;

class FileSource : public base::ByteSource {
 public:
  explicit FileSource(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const ssize_t count = ::read(fd_.get(), buffer, size);
    if (count < 0) throw std::runtime_error("Cannot read the layer.");
    return static_cast<std::size_t>(count);
  }

 private:
  files::UniqueFd fd_;
};

oci::Descriptor descriptor_of(const std::string& path, std::string_view digest) {
  struct stat status = {};
  const auto parsed = oci::Digest::parse(digest);
  if (::stat(path.c_str(), &status) != 0 || !parsed) throw std::runtime_error("There is no such layer.");
  return {.media_type = std::string(oci::kOciLayerGzip),
          .digest = *parsed,
          .size = static_cast<std::uint64_t>(status.st_size),
          .platform = {},
          .annotations = {},
          .urls = {},
          .artifact_type = {}};
}

layer::WrittenLayer commit(const std::string& folder, const std::string& file,
                           compression::Compression compression) {
  const files::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  files::FileSink sink(fd.get(), file);
  base::Cancellation cancellation;
  layer::WriteOptions options;
  options.compression = compression;
  return layer_files::from_tree(folder, sink, options, cancellation);
}

std::uint64_t extract(const oci::Descriptor& descriptor, const std::string& file, const std::string& folder) {
  ::mkdir(folder.c_str(), 0755);
  const files::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  FileSource source(file);
  base::Cancellation cancellation;
  layer_files::ExtractOptions options;
  options.owners = ::geteuid() == 0;
  return layer_files::extract(source, descriptor, std::nullopt, fd.get(), options, cancellation).tar_size;
}

void print(Clock::time_point start, std::uint64_t size, std::string_view digest) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%.0f %s\n", static_cast<double>(size) / 1e6 / seconds, digest.data());
}

}  // namespace

// Prints the MB/s of tar and the digest of the layer.
int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv, argv + argc);
  const std::string what = argc > 1 ? arguments[1] : "";
  const auto start = Clock::now();
  if (argc == 4 && what.starts_with("commit")) {
    const auto kind =
        what == "commit-zstd" ? compression::Compression::kZstd : compression::Compression::kGzip;
    const auto written = commit(arguments[2], arguments[3], kind);
    print(start, written.tar_size, written.blob.digest.text());
  } else if (argc == 5 && what == "extract") {
    print(start, extract(descriptor_of(arguments[2], arguments[4]), arguments[2], arguments[3]),
          arguments[4]);
  } else {
    std::fputs("usage: layer_speed commit|commit-zstd FOLDER FILE | extract FILE FOLDER DIGEST\n", stderr);
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "layer_speed: %s\n", error.what());
  return 1;
}
