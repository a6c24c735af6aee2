// Fields of documents whose other readers are written in Go, where the names of fields are found without
// regard to case. "Layers" is then a second spelling of "layers" to some and nothing to others, so it is
// refused. Null counts as absent, as in Go.
#include "oci/json_fields.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace ixian::oci {
namespace {

using base::Json;

constexpr std::size_t kLongestFolded = 64;  // no field's name is near it, whatever its letters' size

[[noreturn]] void fail_field(const std::string& path, const std::string& what) {
  throw std::invalid_argument("field " + path + " " + what);
}

// Lower case as Go's decoder folds keys: besides ASCII, ſ (U+017F) is an s and K (U+212A) is a k.
std::string folded(std::string_view key) {
  std::string result = base::to_lower(key);
  const auto replace = [&result](std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = result.find(from, at)) != std::string::npos;) {
      result.replace(at, from.size(), to);
    }
  };
  replace("\xc5\xbf", "s");
  replace("\xe2\x84\xaa", "k");
  return result;
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  if (text.size() <= kLongest) return base::printable_path(text);
  return base::printable_path(text.substr(0, kLongest)) + "...";
}

Fields::Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (json.is_object()) return;
  if (where_.empty()) throw std::invalid_argument("not a JSON object");
  fail_field(where_, "is not an object");
}

std::string Fields::path(std::string_view key) const {
  return where_.empty() ? std::string(key) : where_ + "." + std::string(key);
}

void Fields::refuse_other_spellings(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : json_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    // Before it is copied.
    if (key.size() > kLongestFolded) continue;
    const std::string fold = folded(key);
    for (const std::string_view field : known) {
      if (fold == base::to_lower(field)) {
        fail_field(path(shown(key)),
                   "is not spelt " + std::string(field) + ", although some tools read it as that");
      }
    }
  }
}

const Json* Fields::find(std::string_view key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return "";
  if (!value->is_string()) fail_field(path(key), "is not a string");
  return value->get<std::string>();
}

bool Fields::flag(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) fail_field(path(key), "is not true or false");
  return value->get<bool>();
}

const Json& Fields::object(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) fail_field(path(key), "is missing");
  if (!value->is_object()) fail_field(path(key), "is not an object");
  return *value;
}

const Json& Fields::array(std::string_view key, std::size_t most) const {
  static const Json empty = Json::array();
  if (!has(key)) fail_field(path(key), "is missing");
  const Json* value = find(key);
  if (value == nullptr) return empty;
  if (!value->is_array()) fail_field(path(key), "is not an array");
  if (value->size() > most) fail_field(path(key), "has more than " + std::to_string(most) + " entries");
  return *value;
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  std::vector<std::string> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_array()) fail_field(path(key), "is not an array");
  for (const Json& entry : *value) {
    if (!entry.is_string()) fail_field(path(key), "has an entry that is not a string");
    result.push_back(entry.get<std::string>());
  }
  return result;
}

std::map<std::string, std::string> Fields::text_map(std::string_view key) const {
  std::map<std::string, std::string> result;
  const Json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) fail_field(path(key), "is not an object");
  for (const auto& [name, entry] : value->items()) {
    if (!entry.is_string()) fail_field(path(key), "has a value that is not a string: " + shown(name));
    result.emplace(name, entry.get<std::string>());
  }
  return result;
}

std::string Fields::media_type(std::string_view key) const {
  const std::string type = text(key);
  const bool clean = std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!type.empty() && (!clean || type.size() > 255 || type.find('/') == std::string::npos)) {
    fail_field(path(key), "is not a media type: " + shown(type));
  }
  return type;
}

}  // namespace ixian::oci
