#include "base/json.h"

#include <stdexcept>

namespace ixian::base {

std::string canonical_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_json(std::string_view text, std::size_t max_bytes, int max_depth) {
  if (text.size() > max_bytes) {
    throw std::invalid_argument("larger than " + std::to_string(max_bytes) + " bytes");
  }
  bool too_deep = false;
  auto guard = [&](int depth, Json::parse_event_t event, Json&) {
    const bool starts =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (starts && depth >= max_depth) too_deep = true;
    return !too_deep;
  };
  try {
    Json value = Json::parse(text.begin(), text.end(), guard);
    if (too_deep) {
      throw std::invalid_argument("nested deeper than " + std::to_string(max_depth) + " levels");
    }
    return value;
  } catch (const Json::exception& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace ixian::base
