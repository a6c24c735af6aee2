// Reading the fields of a JSON object that a stranger wrote. Internal to this folder.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ixian::oci {

// `text` fit for a message: printable, and cut where it is longer than a line.
std::string shown(std::string_view text);

// One JSON object, and what messages call it: "layers[2]", "" for the whole document. Every call throws
// std::invalid_argument with a sentence that names the field. As in Go's encoders, null is the same as
// absent.
class Fields {
 public:
  // `json` must be an object, and live longer than this.
  Fields(const base::Json& json, std::string where);

  // No field may differ from one of `known` in nothing but case: Go's decoder, and so most other tools, would
  // take it for that.
  void refuse_other_spellings(std::initializer_list<std::string_view> known) const;

  // Whether the key is there, even with null.
  bool has(std::string_view key) const { return json_.contains(key); }

  // nullptr where it is absent.
  const base::Json* find(std::string_view key) const;

  std::string text(std::string_view key) const;  // "" where absent
  bool flag(std::string_view key) const;         // false where absent
  const base::Json& object(std::string_view key) const;
  const base::Json& array(std::string_view key, std::size_t most) const;  // an empty one where it is null
  std::vector<std::string> texts(std::string_view key) const;             // empty where absent
  std::map<std::string, std::string> text_map(std::string_view key) const;

  // A media type that can be sent in a header; "" where absent.
  std::string media_type(std::string_view key) const;

  // "layers[2].size", for messages.
  std::string path(std::string_view key) const;

 private:
  const base::Json& json_;
  std::string where_;
};

}  // namespace ixian::oci
