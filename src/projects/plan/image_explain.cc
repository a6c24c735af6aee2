// The documents may come from a registry, which may hold anything: a part that is not as it should be counts
// as empty, and what is shown is made fit to be shown.
//
// Two key documents are compared part by part, and what follows from a change that was told is not told
// again: an argument that stands for a stage that changed, a line that is different since an argument is
// given.
#include "plan/image_explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/source_text.h"
#include "dockerfile/canonical.h"
#include "keys/key_document.h"
#include "plan/line_difference.h"
#include "plan/wording.h"

namespace ixian::plan {
namespace {

constexpr std::size_t kMostLinesTold = 36;
constexpr std::size_t kLineColumns = 60;

const base::Json& object_of(const base::Json& document, const char* name) {
  static const base::Json empty = base::Json::object();
  if (!document.is_object()) return empty;
  const auto found = document.find(name);
  return found == document.end() || !found->is_object() ? empty : *found;
}

std::string string_of(const base::Json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

std::string text_of(const base::Json& fact) {
  if (fact.is_string()) return fact.get<std::string>();
  std::string text;
  if (const auto found = fact.is_object() ? fact.find("escaped") : fact.end(); found != fact.end()) {
    for (const auto& line : *found) {
      if (line.is_string()) text += (text.empty() ? "" : "\n") + line.get<std::string>();
    }
  }
  return text;
}

// What people call the image of that digest or key.
std::string image_name(const base::Json& document, const std::string& id) {
  const base::Json& images = object_of(object_of(document, keys::kShown), "images");
  const auto found = images.find(id);
  return found == images.end() ? id : text_of(*found);
}

// An instruction on one line, the images that it takes from under their names.
std::string instruction_line(const base::Json& document, const base::Json& groups) {
  dockerfile::CanonicalInstruction words;
  if (groups.is_array()) {
    for (const auto& group : groups) {
      words.emplace_back();
      if (!group.is_array()) continue;
      for (const auto& word : group) words.back().push_back(text_of(word));
    }
  }
  constexpr std::string_view kFrom = "--from=";
  for (std::size_t i = 0; !words.empty() && i < words[0].size(); ++i) {
    std::string& flag = words[0][i];
    if (flag.starts_with(kFrom)) flag = std::string(kFrom) + image_name(document, flag.substr(kFrom.size()));
  }
  return dockerfile::one_line(words);
}

struct ShownLine {
  std::string text;
  std::size_t number = 0;  // 0: unknown
};

// The stages and instructions in their order.
std::vector<ShownLine> lines_of(const base::Json& document) {
  std::vector<ShownLine> lines;
  const base::Json& shown = object_of(document, keys::kShown);
  const auto numbers = shown.find("lines");
  const auto add = [&](std::string text) {
    std::int64_t number = 0;
    if (numbers != shown.end() && numbers->is_array() && lines.size() < numbers->size() &&
        numbers->at(lines.size()).is_number_integer())
      number = numbers->at(lines.size()).get<std::int64_t>();
    lines.push_back({std::move(text), number > 0 ? static_cast<std::size_t>(number) : 0});
  };
  const auto stages = document.is_object() ? document.find("dockerfile") : document.end();
  if (stages == document.end() || !stages->is_array()) return lines;
  for (const auto& stage : *stages) {
    const std::string platform = string_of(stage, "platform");
    add("FROM " + (platform.empty() ? "" : "--platform=" + platform + " ") +
        image_name(document, string_of(stage, "from")));
    const auto steps = stage.is_object() ? stage.find("do") : stage.end();
    if (steps == stage.end() || !steps->is_array()) continue;
    for (const auto& step : *steps) add(instruction_line(document, step));
  }
  return lines;
}

std::vector<std::string> texts_of(const std::vector<ShownLine>& lines) {
  std::vector<std::string> texts;
  for (const ShownLine& line : lines) texts.push_back(line.text);
  return texts;
}

std::string told(const base::Json& value) {
  if (value.is_null()) return "nothing";
  const std::string text = value.is_string() ? value.get<std::string>() : base::canonical_json(value);
  return text.empty() ? "empty" : cut(base::shown(text), kLineColumns);
}

constexpr const char* kStage = "stage ";

class ImageComparison {
 public:
  ImageComparison(const base::Json& before, const base::Json& now) : before_(before), now_(now) {}

  std::vector<Change> run() {
    if (value_of(before_, "schema") != value_of(now_, "schema")) {
      // Nothing in them can be compared.
      add("ix", "another version, which computes cache keys in another way");
      return std::move(changes_);
    }
    for (const char* name : {"stage", "platform", "escape"}) compare_value(name);
    compare_images();
    compare_arguments();
    compare_dockerfiles();
    compare_remotes();
    compare_files("context");
    compare_files("contexts");
    compare_files("files");
    return std::move(changes_);
  }

 private:
  void add(const std::string& what, const std::string& how) {
    const bool known = std::any_of(changes_.begin(), changes_.end(), [&](const Change& change) {
      return change.what == what && change.how == how;
    });
    if (!known) changes_.push_back({what, how});
  }

  static base::Json value_of(const base::Json& document, const char* name) {
    return document.is_object() ? document.value(name, base::Json()) : base::Json();
  }

  void compare_value(const char* name) {
    const base::Json before = value_of(before_, name);
    const base::Json now = value_of(now_, name);
    if (before != now) add(name, fmt::format("{} → {}", told(before), told(now)));
  }

  // Name → key or digest. Of one name for several platforms the digests are told together.
  static std::map<std::string, std::string> images_of(const base::Json& document) {
    std::map<std::string, std::string> images;
    const base::Json list = value_of(document, "images");
    if (!list.is_array()) return images;
    for (const auto& image : list) {
      const std::string key = string_of(image, "stage");
      if (key.empty()) {
        const std::string digest = string_of(image, "digest");
        images[base::shown(image_name(document, digest))] += digest;
      } else {
        images[kStage + base::shown(string_of(image, "name"))] = key;
      }
    }
    return images;
  }

  void compare_images() {
    const auto before = images_of(before_);
    const auto now = images_of(now_);
    for (const auto& [name, id] : before) {
      const auto found = now.find(name);
      if (found == now.end()) {
        add(name, "removed");
      } else if (found->second != id) {
        add(name, name.starts_with(kStage) ? "changed" : "new digest");
        changed_stages_.insert(name);
      }
    }
    for (const auto& [name, id] : now) {
      if (!before.contains(name)) add(name, "added");
    }
  }

  void compare_arguments() {
    const base::Json& before = object_of(before_, "arguments");
    const base::Json& now = object_of(now_, "arguments");
    for (const auto& [name, value] : before.items()) {
      const std::string what = "build arg " + base::shown(name);
      if (!now.contains(name)) {
        add(what, "removed");
      } else if (value != now.at(name)) {
        compare_argument(what, value, now.at(name));
      }
    }
    for (const auto& [name, value] : now.items()) {
      if (!before.contains(name)) add("build arg " + base::shown(name), "added");
    }
  }

  void compare_argument(const std::string& what, const base::Json& before, const base::Json& now) {
    const std::string stage = string_of(now, "name");
    if (stage.empty() || string_of(before, "name") != stage) {
      add(what, fmt::format("{} → {}", argument_text(before), argument_text(now)));
    } else if (string_of(before, "part") != string_of(now, "part")) {
      add(what, "another part of the image's name");
    } else if (!changed_stages_.contains(kStage + base::shown(stage))) {
      add(what, fmt::format("image of stage {} changed", base::shown(stage)));
    }
  }

  static std::string argument_text(const base::Json& value) {
    const std::string stage = string_of(value, "name");
    return stage.empty() ? told(value) : "image of stage " + base::shown(stage);
  }

  // Whether it declares an argument that is told to be given now, or no more: a default that does not count
  // is left out of its line.
  bool is_told_argument(const std::string& line) const {
    return std::any_of(changes_.begin(), changes_.end(), [&](const Change& change) {
      constexpr std::string_view kArgument = "build arg ";
      if (!change.what.starts_with(kArgument) || (change.how != "added" && change.how != "removed"))
        return false;
      const std::string declared = "ARG " + change.what.substr(kArgument.size());
      return line == declared || line.starts_with(declared + "=");
    });
  }

  void compare_dockerfiles() {
    const std::vector<ShownLine> before = lines_of(before_);
    const std::vector<ShownLine> now = lines_of(now_);
    const auto differing = line_differences(texts_of(before), texts_of(now));
    const auto line = [](const std::string& text) {
      return text.empty() ? std::string("an empty line") : cut(base::shown(text), kLineColumns);
    };
    std::size_t told_lines = 0;
    for (const LineDifference& each : differing) {
      if (each.before && each.now && is_told_argument(*each.before) && is_told_argument(*each.now)) continue;
      if (told_lines++ == kMostLinesTold) {
        add("Dockerfile", fmt::format("and {} more lines", differing.size() - kMostLinesTold));
        break;
      }
      const auto& text = each.now ? now : before;
      const std::size_t number = each.line <= text.size() ? text[each.line - 1].number : 0;
      const std::string what = number == 0 ? "Dockerfile" : fmt::format("Dockerfile:{}", number);
      if (each.before && each.now) {
        add(what, fmt::format("{} → {}", line(*each.before), line(*each.now)));
      } else if (each.before) {
        add(what, "removed: " + line(*each.before));
      } else {
        add(what, "added: " + line(*each.now));
      }
    }
  }

  // Address → what it was, or is.
  static base::Json remotes_of(const base::Json& document) {
    base::Json all = base::Json::object();
    const base::Json list = value_of(document, "remote");
    if (!list.is_array()) return all;
    for (const auto& pair : list) {
      if (pair.is_array() && pair.size() == 2) all[text_of(pair[0])] = pair[1];
    }
    return all;
  }

  void compare_remotes() {
    const base::Json before = remotes_of(before_);
    const base::Json now = remotes_of(now_);
    for (const auto& [address, identity] : now.items()) {
      const auto known = before.find(address);
      if (known != before.end() && *known != identity)
        add(base::shown(address), "returns something else now");
    }
  }

  // Whether anything lies in the folder "lib/" now.
  static bool has_below(const base::Json& files, const std::string& folder) {
    for (const auto& [name, fact] : files.items()) {
      if (name.size() > folder.size() && name.starts_with(folder)) return true;
    }
    return false;
  }

  void compare_files(const char* part) {
    const base::Json& before = object_of(before_, part);
    const base::Json& now = object_of(now_, part);
    for (Change& change : differences(before, now)) {
      // A folder is there as such only while it is empty.
      const bool folder = change.what.ends_with('/');
      if (folder && change.how == "removed" && has_below(now, change.what)) continue;
      if (folder && change.how == "added" && has_below(before, change.what)) change.how = "is empty now";
      add(base::shown(change.what), base::shown(change.how));
    }
  }

  const base::Json& before_;
  const base::Json& now_;
  std::vector<Change> changes_;
  std::set<std::string> changed_stages_;
};

}  // namespace

std::vector<Change> image_changes(const base::Json& before, const base::Json& now) {
  return ImageComparison(before, now).run();
}

}  // namespace ixian::plan
