// The parser's own limits are none, so depth and size are bounded here, and where several programs must read
// one document alike (strict), keys that come twice are refused. Its messages may quote the document; they
// are cut and made printable.
#include "base/json.h"

#include <functional>
#include <set>
#include <stdexcept>
#include <vector>

#include "base/text.h"

namespace ixian::base {
namespace {

constexpr std::size_t kLongestQuote = 60;

// `text` fit for a message: printable, and not longer than a line.
std::string quote(std::string_view text) {
  if (text.size() <= kLongestQuote) return printable_path(text);
  return printable_path(text.substr(0, kLongestQuote)) + "...";
}

// Called by the parser as it goes. Remembers the keys of each object that is open.
class StrictGuard {
 public:
  explicit StrictGuard(int max_depth) : max_depth_(max_depth) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (depth >= max_depth_) {
          throw std::invalid_argument("nested deeper than " + std::to_string(max_depth_) + " levels");
        }
        if (event == Json::parse_event_t::object_start) keys_.emplace_back();
        break;
      case Json::parse_event_t::key:
        check(parsed.get_ref<const std::string&>());
        break;
      case Json::parse_event_t::object_end:
        keys_.pop_back();
        break;
      default:
        break;
    }
    return true;
  }

 private:
  void check(const std::string& key) {
    if (keys_.back().insert(key).second) return;
    throw std::invalid_argument("duplicate key \"" + quote(key) + "\" in one object");
  }

  const int max_depth_;
  std::vector<std::set<std::string>> keys_;
};

// What the parser says, without its own name in front and without the megabytes that it may quote.
std::string reason(std::string_view text) {
  constexpr std::size_t kLongestReason = 160;
  if (text.starts_with('[')) {
    const std::size_t end = text.find("] ");
    if (end != std::string_view::npos) text.remove_prefix(end + 2);
  }
  if (text.size() <= kLongestReason) return printable_path(text);
  return printable_path(text.substr(0, kLongestReason)) + "...";
}

}  // namespace

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

Json parse_json_strict(std::string_view text, std::size_t max_bytes, int max_depth) {
  if (text.size() > max_bytes) {
    throw std::invalid_argument("larger than " + std::to_string(max_bytes) + " bytes");
  }
  if (text.starts_with("\xef\xbb\xbf")) throw std::invalid_argument("it starts with a byte order mark");
  StrictGuard guard(max_depth);
  try {
    return Json::parse(text.begin(), text.end(), std::ref(guard));
  } catch (const Json::exception& error) {
    throw std::invalid_argument(reason(error.what()));
  }
}

}  // namespace ixian::base
