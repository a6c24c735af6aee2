// `ix image inspect`: an image for people, or its documents byte for byte. Of an index, the image of one
// platform is looked at too; without one for this machine the index alone is shown. What is no image (a
// signature) has a manifest and no config to show.
#include <fmt/format.h>

#include "app/image_location.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/print.h"
#include "image_commands/image_commands.h"
#include "oci/copy_image.h"
#include "oci/image_config.h"
#include "oci/media_types.h"
#include "ui/printable.h"
#include "ui/quantity.h"

namespace ixian::image_commands {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

struct Image {
  oci::RawManifest named;                    // what the name stands for, maybe an index
  std::optional<oci::Index> index;           // that it is
  std::optional<oci::RawManifest> manifest;  // of one platform; none where an index has nothing for it
  std::optional<std::string> config;         // its document, where it is an image and no other artifact
};

oci::Manifest manifest_of(const Image& image) {
  return std::get<oci::Manifest>(image.manifest->parsed());
}

bool is_image_config(std::string_view type) {
  return type == oci::kOciConfig || type == oci::kDockerConfig;
}

Image read(oci::ImageRepo& repo, const app::ImageLocation& place,
           const std::optional<oci::Platform>& platform) {
  std::optional<oci::RawManifest> named = repo.read_manifest(place.ref());
  if (!named) throw Error(ErrorCode::kRegistry, app::not_found_text(place));
  Image image{*named, std::nullopt, std::nullopt, std::nullopt};
  const oci::AnyManifest parsed = named->parsed();
  const oci::Platform wanted = platform.value_or(oci::host_platform());
  if (const auto* index = std::get_if<oci::Index>(&parsed)) {
    image.index = *index;
    // An index without an image for this machine is still worth showing; a platform that was asked for must
    // be there.
    if (oci::choose(*index, wanted) == nullptr && !platform) return image;
  }
  image.manifest = oci::read_image(repo, place.ref(), wanted);
  const oci::Manifest manifest = manifest_of(image);
  if (is_image_config(manifest.config.media_type)) image.config = oci::read_blob(repo, manifest.config);
  return image;
}

std::string words(const Json& runtime, const std::string& key) {
  const auto found = runtime.find(key);
  if (found == runtime.end() || !found->is_array()) return "";
  std::vector<std::string> out;
  for (const Json& word : *found) {
    if (word.is_string()) out.push_back(base::shell_quote(word.get<std::string>()));
  }
  return base::join(out, " ");
}

std::string text_of(const Json& runtime, const std::string& key) {
  const auto found = runtime.find(key);
  return found != runtime.end() && found->is_string() ? found->get<std::string>() : "";
}

class Page {
 public:
  void line(std::string_view title, const std::string& value) {
    if (!value.empty()) text_ += fmt::format("{:<12}{}\n", title, ui::printable_line(value));
  }
  void list(std::string_view title, const std::vector<std::string>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) line(i == 0 ? title : "", values[i]);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_config(Page& page, const std::string& document) {
  const oci::ImageConfig config = oci::parse_image_config(document);
  const Json& runtime = config.runtime();
  page.line("Platform", config.platform.text());
  page.line("Created", config.created);
  page.line("Entrypoint", words(runtime, "Entrypoint"));
  page.line("Command", words(runtime, "Cmd"));
  page.line("User", text_of(runtime, "User"));
  page.line("Directory", text_of(runtime, "WorkingDir"));
  std::vector<std::string> environment;
  if (const auto env = runtime.find("Env"); env != runtime.end() && env->is_array()) {
    for (const Json& one : *env) {
      if (one.is_string()) environment.push_back(one.get<std::string>());
    }
  }
  page.list("Environment", environment);
  std::vector<std::string> labels;
  if (const auto found = runtime.find("Labels"); found != runtime.end() && found->is_object()) {
    for (const auto& [key, value] : found->items()) {
      if (value.is_string()) labels.push_back(key + "=" + value.get<std::string>());
    }
  }
  page.list("Labels", labels);
}

std::string page_of(const std::string& name, const Image& image) {
  Page page;
  page.line("Name", name);
  page.line("Digest", image.named.descriptor.digest.text());
  page.line("Type", image.named.descriptor.media_type);
  if (image.index) page.line("Platforms", oci::platforms(*image.index));
  if (!image.manifest) return page.text();
  if (image.index) page.line("Selected", image.manifest->descriptor.digest.text());
  if (image.config) add_config(page, *image.config);
  std::vector<std::string> layers;
  std::uint64_t size = 0;
  for (const oci::Descriptor& layer : manifest_of(image).layers) {
    layers.push_back(
        fmt::format("{}  {}", layer.digest.text(), ui::format_bytes(static_cast<double>(layer.size))));
    size += layer.size;
  }
  page.line("Size", fmt::format("{} in {}", ui::format_bytes(static_cast<double>(size)),
                                base::counted(layers.size(), "layer")));
  page.list("Layers", layers);
  return page.text();
}

Json json_of(const std::string& name, const Image& image) {
  Json out = {{"name", name},
              {"digest", image.named.descriptor.digest.text()},
              {"mediaType", image.named.descriptor.media_type},
              {"manifest", base::parse_json(image.named.bytes)}};
  if (image.index && image.manifest) {
    out["image"] = {{"digest", image.manifest->descriptor.digest.text()},
                    {"manifest", base::parse_json(image.manifest->bytes)}};
  }
  if (image.config) out["config"] = base::parse_json(*image.config);
  return out;
}

}  // namespace

int image_inspect(const ImageContext& context) {
  const bool raw = context.line.has("--raw");
  const bool config = context.line.has("--config");
  const bool json = context.line.has("--json");
  std::optional<oci::Platform> platform;
  if (const auto text = context.line.value("--platform")) platform = oci::parse_platform(*text);
  const app::ImageLocation place = app::parse_image_location(context.line.arguments[0]);
  const auto repo = app::open_source(place, context.access, context.cancellation, context.dry_run);
  try {
    if (raw) {
      const auto manifest =
          platform ? oci::read_image(*repo, place.ref(), *platform) : repo->read_manifest(place.ref());
      if (!manifest) throw Error(ErrorCode::kRegistry, app::not_found_text(place));
      // Byte for byte, so that `sha256sum` gives the digest.
      cli::print_bytes(manifest->bytes);
      return 0;
    }
    const Image image = read(*repo, place, platform);
    if (config && !image.config)
      throw Error(ErrorCode::kRegistry, place.text() + " has no image configuration");
    if (config)
      cli::print_bytes(*image.config);
    else if (json)
      cli::print_json(json_of(place.text(), image));
    else
      cli::print(page_of(place.text(), image));
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::kRegistry, "cannot use " + place.text() + ": " + error.what());
  }
  return 0;
}

}  // namespace ixian::image_commands
