// Extraction: whatever the layer is, a canary beside its folder stays as it is.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "files/fs.h"
#include "fuzz.h"
#include "layer/confined.h"
#include "layer/read_layer.h"
#include "layer_files/extract.h"
#include "oci/media_types.h"
#include "tar.h"

namespace {

using namespace ixian;
namespace fs = std::filesystem;

// Made once, and left to the next reboot where the fuzzer is killed.
class Place {
 public:
  Place() {
    std::string path = (fs::temp_directory_path() / "ixian_fuzz.XXXXXX").string();
    FUZZ_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
    fs::create_directories(path_ + "/out/folder");
    FUZZ_CHECK(files::UniqueFd(::open(canary().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0640)).valid());
    FUZZ_CHECK(::stat(canary().c_str(), &canary_) == 0);
    FUZZ_CHECK(::stat((path_ + "/out").c_str(), &out_) == 0);
    fd_ = files::UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~Place() { layer::ExtractionRoot(fd_.get()).remove(AT_FDCWD, path_); }

  files::UniqueFd root() {
    layer::ExtractionRoot(fd_.get()).remove(fd_.get(), "root");
    FUZZ_CHECK(::mkdirat(fd_.get(), "root", 0755) == 0);
    return files::UniqueFd(::openat(fd_.get(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  void check() const {
    struct stat now = {};
    FUZZ_CHECK(::stat(canary().c_str(), &now) == 0);
    FUZZ_CHECK(now.st_mode == canary_.st_mode && now.st_size == 0 && now.st_uid == canary_.st_uid);
    FUZZ_CHECK(now.st_nlink == 1 && now.st_ctim.tv_nsec == canary_.st_ctim.tv_nsec);
    FUZZ_CHECK(::stat((path_ + "/out").c_str(), &now) == 0);
    FUZZ_CHECK(now.st_mode == out_.st_mode && now.st_ctim.tv_nsec == out_.st_ctim.tv_nsec);
  }

 private:
  std::string canary() const { return path_ + "/out/canary"; }

  std::string path_;
  struct stat canary_ = {};
  struct stat out_ = {};
  files::UniqueFd fd_;
};

oci::Descriptor descriptor_of(std::string_view blob) {
  return {.media_type = std::string(oci::kOciLayer),
          .digest = oci::Digest::of(blob),
          .size = blob.size(),
          .platform = {},
          .annotations = {},
          .urls = {},
          .artifact_type = {}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Place place;
  const std::string archive = fuzz::with_checksums(fuzz::text_of(data, size));
  const auto descriptor = descriptor_of(archive);
  base::Cancellation cancellation;
  for (const auto into : {layer_files::ExtractInto::kTree, layer_files::ExtractInto::kUserOverlay}) {
    layer_files::ExtractOptions options;
    options.into = into;
    options.limits = {.bytes = 1 << 20, .entries = 1000, .ratio = 2000};
    options.owners = false;
    const files::UniqueFd root = place.root();
    try {
      base::TextSource source(archive);
      const auto extracted =
          layer_files::extract(source, descriptor, std::nullopt, root.get(), options, cancellation);
      base::TextSource again(archive);
      const auto scanned = layer::scan(again, descriptor, extracted.diff_id, options.limits, cancellation);
      FUZZ_CHECK(scanned.listing == extracted.listing);
      FUZZ_CHECK(layer::LayerListing::parse(scanned.listing.serialise()) == scanned.listing);
    } catch (const base::Error& error) {
      FUZZ_CHECK(fuzz::is_message(std::string_view(error.message()).substr(0, 2000)));
    }
    place.check();
  }
  return 0;
}
