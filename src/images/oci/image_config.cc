// An image's config has fields that we know and many that we do not (of Docker, Podman, Windows). So the
// parsed document is kept and only what changes is written into it: an image that passes through loses
// nothing.
#include "oci/image_config.h"

#include <stdexcept>

#include "oci/json_fields.h"

namespace ixian::oci {
namespace {

using base::Json;

constexpr std::size_t kMaxBytes = 16 << 20;
constexpr int kMaxConfigDepth = 64;
constexpr std::size_t kMaxLayers = 4096;
constexpr std::size_t kMaxHistory = 16384;  // most entries have no layer

Json parse_config_document(std::string_view bytes) {
  try {
    return base::parse_json_strict(bytes, kMaxBytes, kMaxConfigDepth);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("invalid JSON: ") + error.what());
  }
}

std::vector<Digest> read_diff_ids(const Fields& config) {
  const Fields rootfs(config.object("rootfs"), "rootfs");
  rootfs.refuse_other_spellings({"type", "diff_ids"});
  if (const std::string type = rootfs.text("type"); type != "layers") {
    throw std::invalid_argument("field rootfs.type is not \"layers\" but \"" + shown(type) + "\"");
  }
  std::vector<Digest> result;
  for (const Json& entry : rootfs.array("diff_ids", kMaxLayers)) {
    const auto digest = entry.is_string() ? Digest::parse(entry.get_ref<const std::string&>()) : std::nullopt;
    if (!digest) {
      throw std::invalid_argument("field rootfs.diff_ids[" + std::to_string(result.size()) +
                                  "] is not a SHA-256 or SHA-512 digest");
    }
    result.push_back(*digest);
  }
  return result;
}

HistoryEntry read_history_entry(const Json& json, const std::string& where) {
  const Fields fields(json, where);
  return {.created = fields.text("created"),
          .created_by = fields.text("created_by"),
          .author = fields.text("author"),
          .comment = fields.text("comment"),
          .empty_layer = fields.flag("empty_layer")};
}

std::vector<HistoryEntry> read_history(const Fields& config) {
  std::vector<HistoryEntry> result;
  // It may be missing; where it is there, it need not fit the layers.
  if (!config.has("history")) return result;
  for (const Json& entry : config.array("history", kMaxHistory)) {
    result.push_back(read_history_entry(entry, "history[" + std::to_string(result.size()) + "]"));
  }
  return result;
}

// Writes a value in place, or takes it out where it is empty.
template <typename Value>
void put(Json& json, const std::string& key, const Value& value) {
  if (value.empty()) {
    json.erase(key);
  } else {
    json[key] = value;
  }
}

Json to_json(const HistoryEntry& entry) {
  Json json = Json::object();
  put(json, "created", entry.created);
  put(json, "created_by", entry.created_by);
  put(json, "author", entry.author);
  put(json, "comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

// Whether `json` says what `entry` does; what else it says is kept then.
bool says(const Json& json, const HistoryEntry& entry) {
  try {
    return read_history_entry(json, "") == entry;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

void put_history(Json& document, const std::vector<HistoryEntry>& history) {
  const Json before = document.value("history", Json());
  Json after = Json::array();
  for (std::size_t i = 0; i < history.size(); ++i) {
    // An entry that says the same keeps its fields that we do not know.
    const bool unchanged = before.is_array() && i < before.size() && says(before[i], history[i]);
    after.push_back(unchanged ? before[i] : to_json(history[i]));
  }
  put(document, "history", after);
}

void put_diff_ids(Json& document, const std::vector<Digest>& diff_ids) {
  Json& rootfs = document["rootfs"];
  if (!rootfs.is_object()) rootfs = Json::object();
  rootfs["type"] = "layers";
  rootfs["diff_ids"] = Json::array();
  for (const Digest& digest : diff_ids) rootfs["diff_ids"].push_back(digest.text());
}

}  // namespace

const Json& ImageConfig::runtime() const {
  static const Json empty = Json::object();
  if (!document.is_object()) return empty;
  const auto found = document.find("config");
  return found != document.end() && found->is_object() ? *found : empty;
}

ImageConfig parse_image_config(std::string_view bytes) {
  ImageConfig config;
  config.document = parse_config_document(bytes);
  const Fields fields(config.document, "");
  fields.refuse_other_spellings({"os", "architecture", "variant", "os.version", "os.features", "created",
                                 "config", "rootfs", "history"});
  config.platform = platform_from_json(config.document);
  config.created = fields.text("created");
  config.diff_ids = read_diff_ids(fields);
  config.history = read_history(fields);
  if (fields.find("config") != nullptr) fields.object("config");
  return config;
}

std::string to_bytes(const ImageConfig& config) {
  Json document = config.document.is_object() ? config.document : Json::object();
  put(document, "os", config.platform.os);
  put(document, "architecture", config.platform.architecture);
  put(document, "variant", config.platform.variant);
  put(document, "os.version", config.platform.os_version);
  put(document, "os.features", config.platform.os_features);
  put(document, "created", config.created);
  put_diff_ids(document, config.diff_ids);
  put_history(document, config.history);
  return base::canonical_json(document);
}

}  // namespace ixian::oci
