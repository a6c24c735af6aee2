// What is digested for a stage's key.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "keys/dockerfile_inputs.h"
#include "task/stage_declaration.h"

namespace ixian::keys {

// Any bytes as JSON, different ones differently.
base::Json text_fact(std::string_view text);

struct ProjectImage {
  std::string key;
  std::string stage;
};

base::Json image_fact(const ProjectImage& image);
base::Json image_fact(const std::string& digest);  // of an image that is none of the project's
base::Json argument_fact(const ProjectImage& image, task::StageArgument::Part part);

// Where a stage or an instruction takes files from: the key of a stage of the project, the digest of another
// image, the place of a stage among those that the target needs. Never a name.
using OriginName = std::function<std::string(const stages::InputRef& origin, const std::string& platform)>;

// The stages that the target needs, without the way in which they are written.
base::Json dockerfile_fact(const DockerfileInputs& inputs, const std::string& platform,
                           const OriginName& origin_name);

// FileHash's details with paths that do not say where the project is: those outside it relative to the folder
// `beside`.
base::Json relative_details(const base::Json& details, const std::string& beside);

// `images` in their order, each once. See ResolvedStage::inputs.
base::Json key_document(const task::StageDeclaration& declared, const std::string& platform,
                        base::Json dockerfile, base::Json arguments, const std::vector<base::Json>& images,
                        const std::map<std::string, std::string>& context, base::Json files);

// What stands beside a document, for people: where its instructions stand, and what its images are called. It
// is in no key.
inline constexpr char kShown[] = "shown";
base::Json shown_beside(const DockerfileInputs& inputs, const std::map<std::string, std::string>& names);

}  // namespace ixian::keys
