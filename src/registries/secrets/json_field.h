// A secret that is a field of a JSON object.
#pragma once

#include <string>

#include "base/json.h"
#include "base/secret.h"

namespace ixian::secrets {

// Parses what a server sent, at most 4 MiB, and wipes the text. Throws std::invalid_argument; its message
// repeats nothing of the text.
base::Json parse_secret_json(std::string& text);

// The field as text: strings as they are, numbers as they are written, objects and lists as JSON. "" asks for
// the only field there is. Throws Error{kRegistry} that lists the names there are, which are no secret, where
// there is no such field, or none or several to choose from; and where the value is null, or a number that
// has lost digits. `where` starts the sentence: "The secret ci/registry in Vault".
base::Secret take_field(const base::Json& object, const std::string& field, const std::string& where);

// Overwrites every string in it.
void wipe(base::Json& value) noexcept;

// Wipes the value when it goes.
class WipedJson {
 public:
  explicit WipedJson(base::Json value) : json(std::move(value)) {}
  ~WipedJson() { wipe(json); }
  WipedJson(WipedJson&&) = default;
  WipedJson(const WipedJson&) = delete;
  WipedJson& operator=(const WipedJson&) = delete;

  base::Json json;
};

}  // namespace ixian::secrets
