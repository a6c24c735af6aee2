// What is digested for a stage's key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "task/image_stage.h"

namespace ixian::plan {

// Any bytes as JSON, different ones differently.
base::Json text_fact(std::string_view text);

struct OwnImage {
  std::string key;
  std::string stage;
};
struct ForeignImage {
  std::string name;
  std::string digest;
};

base::Json image_fact(const OwnImage& image);
base::Json image_fact(const ForeignImage& image);
base::Json argument_fact(const OwnImage& image, task::StageArgument::Part part);

// FileHash's details with paths that do not say where the project is: those outside it relative to the folder
// `beside`.
base::Json portable_details(const base::Json& details, const std::string& beside);

// `images` in their order, each once. See KeyedStage::inputs.
base::Json key_document(const task::ImageStage& declared, const std::string& platform, base::Json arguments,
                        const std::vector<base::Json>& images,
                        const std::map<std::string, std::string>& context, base::Json files);

}  // namespace ixian::plan
