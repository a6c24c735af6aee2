#include "plan/key_document.h"

#include <algorithm>

#include "base/fs.h"
#include "base/text.h"
#include "plan/stage_key.h"

namespace ixian::plan {
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

base::Json text_fact(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  base::Json lines = base::Json::array();
  for (const std::string_view line : base::split(text, '\n')) lines.push_back(base::printable_path(line));
  return {{"escaped", std::move(lines)}};
}

base::Json image_fact(const OwnImage& image) {
  return {{"stage", image.key}, {"name", image.stage}};
}

base::Json image_fact(const ForeignImage& image) {
  return {{"name", text_fact(image.name)}, {"digest", image.digest}};
}

base::Json argument_fact(const OwnImage& image, task::StageArgument::Part part) {
  base::Json fact = image_fact(image);
  fact["part"] = part_name(part);
  return fact;
}

base::Json portable_details(const base::Json& details, const std::string& beside) {
  base::Json portable = base::Json::object();
  for (const auto& [path, fact] : details.items()) {
    const bool outside = path.starts_with('/') && !beside.empty();
    portable[outside ? base::printable_path(base::relative_path(base::from_printable_path(path), beside))
                     : path] = fact;
  }
  return portable;
}

base::Json key_document(const task::ImageStage& declared, const std::string& platform, base::Json arguments,
                        const std::vector<base::Json>& images,
                        const std::map<std::string, std::string>& context, base::Json files) {
  base::Json list = base::Json::array();
  for (const base::Json& image : images) {
    if (std::find(list.begin(), list.end(), image) == list.end()) list.push_back(image);
  }
  return {{"schema", kStageKeySchema},
          {"stage", declared.name},
          {"dockerfile", text_fact(declared.dockerfile)},
          {"target", text_fact(declared.target)},
          {"platform", platform},
          {"arguments", std::move(arguments)},
          {"images", std::move(list)},
          {"context", context},
          {"files", std::move(files)}};
}

}  // namespace ixian::plan
