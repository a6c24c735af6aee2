// A field of a document that holds a secret. The parser's errors are not passed on, since they may quote the
// text; the text and the parsed document are wiped. What is no string is written as JSON writes it, which is
// what a person who stored 12345 means.
#include "secrets/json_field.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace ixian::secrets {
namespace {

constexpr std::size_t kLargestDocument = 4 << 20;
constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers beyond it have lost digits

std::string names_of(const base::Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return base::join(names, ", ");
}

const base::Json& find_field(const base::Json& object, const std::string& field, const std::string& where) {
  if (!object.is_object() || object.empty()) base::fail_registry(where + " has no fields");
  if (!field.empty()) {
    if (const auto found = object.find(field); found != object.end()) return *found;
    base::fail_registry(
        fmt::format("{} has no field {}\nhint: use one of {}", where, field, names_of(object)));
  }
  // Without a name it is clear which one is meant.
  if (object.size() == 1) return object.front();
  base::fail_registry(
      fmt::format("{} has several fields\nhint: name one behind a #: {}", where, names_of(object)));
}

std::string text_of(const base::Json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) base::fail_registry(where + " has no value in this field: null");
  if (value.is_number_float() && std::abs(value.get<double>()) >= kExact) {
    base::fail_registry(
        where +
        " has a number in this field that is too large to be read exactly\nhint: store it as a string");
  }
  return base::canonical_json(value);
}

}  // namespace

base::Json parse_secret_json(std::string& text) {
  try {
    base::Json parsed = base::parse_json(text, kLargestDocument);
    base::wipe(text);
    return parsed;
  } catch (const std::invalid_argument&) {
    base::wipe(text);
    throw std::invalid_argument("not JSON");
  }
}

base::Secret take_field(const base::Json& object, const std::string& field, const std::string& where) {
  base::Secret secret(text_of(find_field(object, field, where), where));
  if (secret.empty()) base::fail_registry(where + " has an empty value in this field");
  return secret;
}

void wipe(base::Json& value) noexcept {
  if (value.is_string()) base::wipe(value.get_ref<std::string&>());
  if (value.is_structured()) {
    for (auto& part : value) wipe(part);
  }
}

}  // namespace ixian::secrets
