// A stage while it is built: its layers so far, and what became of each instruction that makes files.
//
// The front door of this room: an image while it is built. A stage begins with a BaseImage (base_images.h)
// and grows by LazyLayers (lazy_layer.h), each of which is fetched, or waited for, when somebody needs its
// bytes; a LayersView (layers_view.h) is all of them as one tree of files.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "snapshot/lazy_layer.h"

namespace ixian::snapshot {

// Of one instruction that makes files.
struct StepResult {
  std::string created;               // RFC 3339
  std::shared_ptr<LazyLayer> layer;  // null: the cache answered
  bool changed_nothing = false;      // then it has no layer in the image

  bool is_empty() const { return changed_nothing || (layer && layer->empty()); }
};

struct StageSnapshot {
  LayerStack layers;                 // perhaps with some that turn out empty
  std::vector<StepResult> outcomes;  // since the base image, those of the stages below included
  std::string content_key;

  // The stages that it stands on or took files from, whatever way they were reached: the last key by
  // definition of each → fingerprint() of what that stage had come to.
  std::map<std::string, std::string> took;
};

// The layers that are not empty.
LayerStack non_empty(const LayerStack& layers);

// One for equal layers, whoever made them. Waits for layers that are being written.
std::string fingerprint(const LayerStack& layers);
std::string fingerprint(const std::vector<std::string>& diff_ids);  // of those that are not empty

base::Json to_json(const std::vector<StepResult>& outcomes);
// Throws base::Json::exception for what is none.
std::vector<StepResult> outcomes_from_json(const base::Json& json);

}  // namespace ixian::snapshot
