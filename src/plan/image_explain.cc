// The documents may come from a registry, which may hold anything: a part that is not as it should be counts
// as empty, and what is shown is made fit to be shown.
#include "plan/image_explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "dockerfile/source.h"
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

// A text_fact() as lines.
std::vector<std::string> lines_of(const base::Json& document, const char* name) {
  std::vector<std::string> lines;
  const base::Json& escaped = object_of(document, name);
  if (const auto found = escaped.find("escaped"); found != escaped.end() && found->is_array()) {
    for (const auto& line : *found) lines.push_back(line.is_string() ? line.get<std::string>() : "");
    return lines;
  }
  std::string text = string_of(document, name);
  if (text.ends_with('\n')) text.pop_back();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string told(const base::Json& value) {
  if (value.is_null()) return "nothing";
  const std::string text = value.is_string() ? value.get<std::string>() : base::canonical_json(value);
  return text.empty() ? "empty" : cut(dockerfile::shown(text), kLineColumns);
}

class ImageComparison {
 public:
  ImageComparison(const base::Json& before, const base::Json& now) : before_(before), now_(now) {}

  std::vector<Change> run() {
    for (const char* name : {"schema", "stage", "target", "platform"}) compare_value(name);
    compare_images();
    compare_arguments();
    compare_dockerfiles();
    compare_files("context");
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
    if (before != now) add(name, fmt::format("was {}, now {}", told(before), told(now)));
  }

  // Name → key or digest. Of one name for several platforms the digests are told together.
  static std::map<std::string, std::string> images_of(const base::Json& document) {
    std::map<std::string, std::string> images;
    const base::Json list = value_of(document, "images");
    if (!list.is_array()) return images;
    for (const auto& image : list) {
      const std::string key = string_of(image, "stage");
      const std::string name = dockerfile::shown(string_of(image, "name"));
      if (key.empty()) {
        images[name] += string_of(image, "digest");
      } else {
        images[name + " (stage)"] = key;
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
        add(name, name.ends_with(" (stage)") ? "changed" : "another digest");
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
      const std::string what = "argument " + dockerfile::shown(name);
      if (!now.contains(name)) {
        add(what, "removed");
      } else if (value != now.at(name)) {
        compare_argument(what, value, now.at(name));
      }
    }
    for (const auto& [name, value] : now.items()) {
      if (!before.contains(name)) add("argument " + dockerfile::shown(name), "added");
    }
  }

  void compare_argument(const std::string& what, const base::Json& before, const base::Json& now) {
    const std::string stage = string_of(now, "name");
    if (stage.empty() || string_of(before, "name") != stage) {
      add(what, fmt::format("was {}, now {}", argument_text(before), argument_text(now)));
    } else if (string_of(before, "part") != string_of(now, "part")) {
      add(what, "another part of its name");
    } else if (!changed_stages_.contains(dockerfile::shown(stage) + " (stage)")) {
      add(what, fmt::format("stands for {}, which changed", dockerfile::shown(stage)));
    }
  }

  static std::string argument_text(const base::Json& value) {
    const std::string stage = string_of(value, "name");
    return stage.empty() ? told(value) : "the image of " + dockerfile::shown(stage);
  }

  void compare_dockerfiles() {
    const auto differing = line_differences(lines_of(before_, "dockerfile"), lines_of(now_, "dockerfile"));
    const auto line = [](const std::string& text) {
      return text.empty() ? std::string("an empty line") : cut(dockerfile::shown(text), kLineColumns);
    };
    std::size_t told_lines = 0;
    for (const LineDifference& each : differing) {
      if (told_lines++ == kMostLinesTold) {
        add("Dockerfile", fmt::format("and {} more lines", differing.size() - kMostLinesTold));
        break;
      }
      const std::string what = fmt::format("Dockerfile:{}", each.line);
      if (each.before && each.now) {
        add(what, fmt::format("was {}, now {}", line(*each.before), line(*each.now)));
      } else if (each.before) {
        add(what, "removed: " + line(*each.before));
      } else {
        add(what, "added: " + line(*each.now));
      }
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
      add(dockerfile::shown(change.what), dockerfile::shown(change.how));
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
