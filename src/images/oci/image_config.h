// The configuration of an image (OCI image-spec, config.md), which Docker's is too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "oci/digest.h"
#include "oci/platform.h"

namespace ixian::oci {

struct HistoryEntry {
  std::string created;
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;

  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

// What ix reads of it; `document` keeps everything, so that unknown fields survive being written again.
struct ImageConfig {
  Platform platform;
  std::string created;           // RFC 3339, "" where absent
  std::vector<Digest> diff_ids;  // of the uncompressed layers, lowest first
  std::vector<HistoryEntry> history;
  base::Json document;

  // The `config` object: Env, Entrypoint, Cmd, … An empty object where absent.
  const base::Json& runtime() const;
};

// Strict about what it reads: rootfs.type "layers", digests that parse, types as specified, no key twice, at
// most 4096 layers, 16 MiB, no field that differs from one of these only in case. Throws
// std::invalid_argument with a sentence for people that does not name the image.
ImageConfig parse_image_config(std::string_view bytes);

// `document` with the values of the other members put in place, as canonical JSON.
std::string to_bytes(const ImageConfig& config);

}  // namespace ixian::oci
