// The document whose canonical JSON (UTF-8, keys sorted, no blanks) is digested for a stage's key. That of
// `COPY hello.py /srv/` and a CMD on top of a stage `base`:
//
//   {"schema": 2, "stage": "runtime", "platform": "linux/amd64",
//    "dockerfile": [{"from": "<key of base>",
//                    "do": [[["COPY"], ["hello.py", "/srv/"]],
//                           [["CMD"], ["[", "python3", "/srv/hello.py", "]"]]]}],
//    "arguments": {},
//    "images": [{"stage": "<key of base>", "name": "base"}],
//    "context": {"hello.py": "100644 <sha256 of the content>"},
//    "files": {}}
//
// Two machines must come to the same key for the same sources, and two different images to different keys. So
// nothing is in it that differs between checkouts (absolute paths, times, owners, umask, the user, names of
// registries and images, secrets), and everything that an instruction can see is, by digest. Instructions go
// in as words without comments, line breaks or names of stages: to reformat a Dockerfile builds nothing.
//
// The schema number rises when the same document comes to mean another image, or when another document is
// made of the same sources; both rebuild everything everywhere. A new member that is left out where it has
// its usual value ("escape", "remote", a stage's "platform") needs no new number.
#include "keys/key_document.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "dockerfile/canonical.h"
#include "files/fs.h"
#include "keys/stage_key.h"

namespace ixian::keys {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

const char* part_name(task::StageArgument::Part part) {
  switch (part) {
    case task::StageArgument::Part::kImage:
      return "image";
    case task::StageArgument::Part::kRepository:
      return "repository";
    case task::StageArgument::Part::kTag:
      return "tag";
  }
  return "";
}

}  // namespace

// JSON has no bytes: what is no UTF-8 is escaped, and the wrapping keeps it apart from text that looks like
// the escape.
base::Json text_fact(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  base::Json lines = base::Json::array();
  for (const std::string_view line : base::split(text, '\n')) lines.push_back(base::printable_path(line));
  return {{"escaped", std::move(lines)}};
}

base::Json image_fact(const ProjectImage& image) {
  return {{"stage", image.key}, {"name", image.stage}};
}

base::Json image_fact(const std::string& digest) {
  return {{"digest", digest}};
}

base::Json argument_fact(const ProjectImage& image, task::StageArgument::Part part) {
  base::Json fact = image_fact(image);
  fact["part"] = part_name(part);
  return fact;
}

base::Json dockerfile_fact(const DockerfileInputs& inputs, const std::string& platform,
                           const OriginName& origin_name) {
  base::Json stages = base::Json::array();
  for (const DockerfileInputs::Stage& stage : inputs.stages) {
    base::Json steps = base::Json::array();
    for (const stages::StageInstruction& step : stage.steps) {
      std::vector<std::string> origins;
      for (const auto& origin : step.origins) origins.push_back(origin_name(origin, platform));
      base::Json groups = base::Json::array();
      for (const auto& group : dockerfile::canonical(step.instruction, *step.source, origins)) {
        base::Json words = base::Json::array();
        for (const std::string& word : group) words.push_back(text_fact(word));
        groups.push_back(std::move(words));
      }
      steps.push_back(std::move(groups));
    }
    base::Json fact = {{"from", origin_name(stage.base, stage.platform)}, {"do", std::move(steps)}};
    if (stage.platform != platform) fact["platform"] = stage.platform;
    stages.push_back(std::move(fact));
  }
  return stages;
}

base::Json shown_beside(const DockerfileInputs& inputs, const std::map<std::string, std::string>& names) {
  base::Json lines = base::Json::array();
  for (const DockerfileInputs::Stage& stage : inputs.stages) {
    lines.push_back(stage.at.line);
    for (const stages::StageInstruction& step : stage.steps)
      lines.push_back(step.from_trigger ? stage.at.line : step.instruction.where.begin.line);
  }
  base::Json images = base::Json::object();
  for (const auto& [id, name] : names) images[id] = text_fact(name);
  return {{"lines", std::move(lines)}, {"images", std::move(images)}};
}

base::Json relative_details(const base::Json& details, const std::string& beside) {
  base::Json portable = base::Json::object();
  for (const auto& [path, fact] : details.items()) {
    const bool outside = path.starts_with('/') && !beside.empty();
    portable[outside ? base::printable_path(files::relative_path(base::from_printable_path(path), beside))
                     : path] = fact;
  }
  return portable;
}

base::Json key_document(const task::StageDeclaration& declared, const std::string& platform,
                        base::Json dockerfile, base::Json arguments, const std::vector<base::Json>& images,
                        const std::map<std::string, std::string>& context, base::Json files) {
  base::Json list = base::Json::array();
  for (const base::Json& image : images) {
    if (std::find(list.begin(), list.end(), image) == list.end()) list.push_back(image);
  }
  return {{"schema", kStageKeySchema},
          {"stage", declared.name},
          {"dockerfile", std::move(dockerfile)},
          {"platform", platform},
          {"arguments", std::move(arguments)},
          {"images", std::move(list)},
          {"context", context},
          {"files", std::move(files)}};
}

}  // namespace ixian::keys
