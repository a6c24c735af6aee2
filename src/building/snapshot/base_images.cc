// A name is looked for in three places: as an image in the store; as a note, manifest and configuration
// alone, of an earlier build whose layers were never needed; and in the registry. A tag is believed from the
// first two unless the pull policy says otherwise; a digest always, since it cannot come to mean something
// else.
#include "snapshot/base_images.h"

#include <fmt/format.h>

#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "base/sha256.h"
#include "oci/artifact.h"
#include "oci/copy_image.h"
#include "oci/made_for.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "snapshot/late_repo.h"

namespace ixian::snapshot {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLargestConfig = 16 << 20;

std::string note_key(const oci::Reference& reference, const oci::Platform& platform) {
  // What a digest stands for is the same under every name.
  return base::sha256_hex(
      base::canonical_json({{"kind", "base image"},
                            {"name", reference.digest ? reference.digest->text() : reference.text()},
                            {"platform", platform.text()}}));
}

}  // namespace

std::optional<oci::RawManifest> read_there(oci::ImageRepo& repo, const oci::Reference& reference,
                                           const oci::Platform& platform) {
  try {
    return oci::read_image(repo, reference.identifier(), platform);
  } catch (const Error& error) {
    // The registry may have refused a name that was meant for another one: the advice says which was asked.
    throw Error(error.code(), error.message() + oci::without_asking(reference), error.context());
  }
}

std::string oci_layer_type(const std::string& media_type) {
  if (media_type == oci::kDockerLayerGzip) return std::string(oci::kOciLayerGzip);
  if (media_type == oci::kDockerLayer) return std::string(oci::kOciLayer);
  return media_type;
}

// With kNever whoever needs a part of it that is not here fails, and no registry is asked.
std::shared_ptr<oci::ImageRepo> BaseImages::origin(const oci::Reference& reference) {
  if (pull_ != engine::PullPolicy::kNever) return std::make_shared<LateRepo>(open_, reference);
  const auto refuse = [](const oci::Reference& asked) -> std::shared_ptr<oci::ImageRepo> {
    throw Error(ErrorCode::kRegistry,
                fmt::format("image {} is not in the store, or not all of it, and --pull=never asks no "
                            "registry\nhint: `ix image copy` stores it, or leave out --pull",
                            asked.text()));
  };
  return std::make_shared<LateRepo>(refuse, reference);
}

std::shared_ptr<const BaseImage> BaseImages::get(const std::string& name, const oci::Platform& platform) {
  oci::Reference reference = oci::parse_reference(name);
  if (const auto pinned = pinned_.find(name); pinned != pinned_.end())
    reference.digest = oci::Digest::parse(pinned->second);
  // Held during the request: two stages that begin with one image ask for it once.
  const std::lock_guard lock(mutex_);
  auto& known = known_[reference.text() + " " + platform.text()];
  if (!known) known = find(reference, platform);
  return known;
}

std::shared_ptr<const BaseImage> BaseImages::read(const oci::RawManifest& manifest, const std::string& config,
                                                  const std::shared_ptr<oci::ImageRepo>& origin,
                                                  const oci::Reference& reference) {
  const std::string name = reference.text();
  const auto parsed = std::get<oci::Manifest>(manifest.parsed());
  oci::ImageConfig image;
  try {
    image = oci::parse_image_config(config);
  } catch (const std::invalid_argument& error) {
    if (const std::string artifact = oci::artifact_type(parsed); !artifact.empty()) {
      throw Error(ErrorCode::kRegistry, fmt::format("{} is an artifact ({}), not an image", name, artifact));
    }
    throw Error(ErrorCode::kRegistry, fmt::format("cannot use image {}: {}", name, error.what()));
  }
  if (image.diff_ids.size() != parsed.layers.size()) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("image {} is damaged: {} layers in its manifest, {} in its configuration", name,
                            parsed.layers.size(), image.diff_ids.size()));
  }
  BaseImage base{manifest.descriptor.digest, std::move(image), {}};
  for (std::size_t i = 0; i < parsed.layers.size(); ++i) {
    oci::Descriptor blob = parsed.layers[i];
    blob.media_type = oci_layer_type(blob.media_type);
    check_claim(services_.store(), blob, base.config.diff_ids[i]);
    base.layers.push_back(std::make_shared<LazyLayer>(services_, std::move(blob), base.config.diff_ids[i],
                                                      origin, remaking(reference)));
  }
  return std::make_shared<const BaseImage>(std::move(base));
}

std::shared_ptr<const BaseImage> BaseImages::from_store(const oci::Reference& reference,
                                                        const oci::Platform& platform) {
  const std::shared_ptr<oci::ImageRepo> repo = services_.store().images(reference.name());
  const auto manifest = oci::read_image(*repo, reference.identifier(), platform);
  if (!manifest) return nullptr;
  oci::check_made_for(*manifest, reference.name(), reference.digest ? "" : reference.tag);
  const auto parsed = std::get<oci::Manifest>(manifest->parsed());
  std::string config;
  try {
    config = oci::read_blob(*repo, parsed.config, kLargestConfig);
  } catch (const oci::Lost& lost) {
    services_.store().discard_if_damaged(parsed.config);
    if (stages_.contains(reference.text())) throw engine::LostResult(lost, reference.text());
    services_.sink().log(base::kNoActivity, base::LogLevel::kWarning,
                         fmt::format("configuration of {} was damaged in the store and is pulled again: {}",
                                     reference.text(), lost.message()));
    return nullptr;
  }
  const auto base = read(*manifest, config, origin(reference), reference);
  return oci::match(base->config.platform, platform) > 0 ? base : nullptr;
}

std::shared_ptr<const BaseImage> BaseImages::from_notes(const oci::Reference& reference,
                                                        const std::string& key) {
  const auto note = services_.store().cache_get(key);
  if (!note || !note->value.is_object() || !note->value.contains("manifest")) return nullptr;
  try {
    const std::string bytes = note->value.at("manifest").get<std::string>();
    oci::RawManifest manifest{
        {note->value.at("type").get<std::string>(), oci::Digest::of(bytes), bytes.size(), {}, {}, {}, {}},
        bytes};
    return read(manifest, note->value.at("config").get<std::string>(), origin(reference), reference);
  } catch (const std::exception&) {
    return nullptr;  // of another version: asked for again
  }
}

engine::Remaking BaseImages::remaking(const oci::Reference& reference) const {
  if (stages_.contains(reference.text())) return {engine::Remaking::By::kStage, reference.text()};
  return {engine::Remaking::By::kNobody, {}};
}

std::shared_ptr<const BaseImage> BaseImages::find(const oci::Reference& reference,
                                                  const oci::Platform& platform) {
  try {
    return find_promised(reference, platform);
  } catch (const Error& error) {
    // The plan has promised the image of a stage; who gets this can build that stage instead.
    if (error.code() != ErrorCode::kRegistry || !stages_.contains(reference.text())) throw;
    throw engine::LostResult(error, reference.text());
  }
}

std::shared_ptr<const BaseImage> BaseImages::find_promised(const oci::Reference& reference,
                                                           const oci::Platform& platform) {
  const bool may_be_older =
      pull_ == engine::PullPolicy::kMissing || pull_ == engine::PullPolicy::kNever || reference.digest;
  if (may_be_older) {
    if (auto base = from_here(reference, platform)) return base;
  }
  if (pull_ != engine::PullPolicy::kNewer) return from_registry(reference, platform);
  try {
    return from_registry(reference, platform);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRegistry) throw;
    auto base = from_here(reference, platform);
    if (!base) throw;
    services_.sink().log(base::kNoActivity, base::LogLevel::kInfo,
                         fmt::format("using {} from the store: {}", reference.text(), error.message()));
    return base;
  }
}

std::shared_ptr<const BaseImage> BaseImages::from_here(const oci::Reference& reference,
                                                       const oci::Platform& platform) {
  if (auto base = from_store(reference, platform)) return base;
  return from_notes(reference, note_key(reference, platform));
}

std::shared_ptr<const BaseImage> BaseImages::from_registry(const oci::Reference& reference,
                                                           const oci::Platform& platform) {
  const std::shared_ptr<oci::ImageRepo> repo = origin(reference);
  const auto manifest = read_there(*repo, reference, platform);
  if (!manifest) {
    throw Error(ErrorCode::kRegistry, fmt::format("image not found: {}\nhint: check its name and tag; `ix "
                                                  "image tags {}` lists the tags of the repository",
                                                  reference.text(), reference.name()));
  }
  oci::check_made_for(*manifest, reference.name(), reference.digest ? "" : reference.tag);
  const auto parsed = std::get<oci::Manifest>(manifest->parsed());
  const std::string config = oci::read_blob(*repo, parsed.config, kLargestConfig);
  auto base = read(*manifest, config, repo, reference);
  services_.store().cache_put(
      note_key(reference, platform),
      {{{"manifest", manifest->bytes}, {"type", manifest->descriptor.media_type}, {"config", config}},
       {},
       {}});
  return base;
}

}  // namespace ixian::snapshot
