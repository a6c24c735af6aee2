// The name under which each of many files came first, in few bytes a file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "layer/hash_table.h"
#include "layer/path_hash.h"
#include "layer/spooled_records.h"

namespace ixian::layer {

// A file is known by its layer and its path there, whatever names it has in the image.
class FirstNames {
 public:
  // nullopt where the file has not come yet.
  std::optional<std::string> find(std::size_t layer, std::string_view path) const {
    const auto* known = first_.find(path_hash(layer, path));
    return known == nullptr ? std::nullopt : std::optional(names_.at(known->value));
  }

  // Once for each file.
  void add(std::size_t layer, std::string_view path, std::string_view name) {
    first_.put(path_hash(layer, path)).value = names_.size();
    names_.add(name);
  }

 private:
  HashMap first_;  // where its name is in names_
  SpooledRecords names_;
};

}  // namespace ixian::layer
