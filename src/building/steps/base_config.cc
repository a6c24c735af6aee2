// To plan a stage one needs of its base only what its instructions can see: the environment and the ONBUILD
// triggers. They are noted under the digest, so that a later plan asks nobody.
#include "steps/base_config.h"

#include "base/sha256.h"
#include "snapshot/base_images.h"
#include "steps/image_config_builder.h"

namespace ixian::steps {
namespace {

std::string config_note(const oci::Digest& digest, const oci::Platform& platform) {
  return base::sha256_hex(base::canonical_json({{"kind", "what stands on an image sees of it"},
                                                {"digest", digest.text()},
                                                {"platform", platform.text()}}));
}

// Bytes that are no UTF-8 would not survive a note.
base::Json escaped(const std::vector<std::string>& texts) {
  base::Json all = base::Json::array();
  for (const std::string& text : texts) all.push_back(base::printable_path(text));
  return all;
}

std::vector<std::string> unescaped_texts(const base::Json& texts) {
  std::vector<std::string> all;
  for (const base::Json& text : texts) all.push_back(base::from_printable_path(text.get<std::string>()));
  return all;
}

std::vector<std::string> texts_of(const base::Json& runtime, const char* name) {
  std::vector<std::string> all;
  const auto found = runtime.find(name);
  if (found == runtime.end() || !found->is_array()) return all;
  for (const base::Json& text : *found) {
    if (text.is_string()) all.push_back(text.get<std::string>());
  }
  return all;
}

}  // namespace

BaseConfig base_config(const base::Json& runtime) {
  if (!runtime.is_object()) return {};
  return {texts_of(runtime, "Env"), texts_of(runtime, "OnBuild")};
}

std::optional<BaseConfig> known_base_config(store::Store& store, const oci::Digest& digest,
                                            const oci::Platform& platform) {
  const auto note = store.cache_get(config_note(digest, platform));
  if (!note) return std::nullopt;
  try {
    return BaseConfig{unescaped_texts(note->value.at("environment")),
                      unescaped_texts(note->value.at("triggers"))};
  } catch (const base::Json::exception&) {
    return std::nullopt;  // of another version: asked for again
  }
}

BaseConfig read_base_config(const std::shared_ptr<store::Store>& store, const oci::OpenRepo& open,
                            const oci::Reference& reference, const oci::Platform& platform,
                            base::Cancellation& cancellation) {
  base::NullSink sink;
  snapshot::LayerContext services(store, sink, cancellation);
  // By digest: what is in the store or noted there costs no request.
  snapshot::BaseImages images(services, open, engine::PullPolicy::kMissing, {});
  const auto image = images.get(reference.text(), platform);
  BaseConfig config = base_config(image->config.runtime());
  store->cache_put(
      config_note(reference.digest.value(), platform),
      {{{"environment", escaped(config.environment)}, {"triggers", escaped(config.triggers)}}, {}, {}});
  return config;
}

}  // namespace ixian::steps
