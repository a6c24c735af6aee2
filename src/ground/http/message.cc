#include "http/message.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace ixian::http {
namespace {

// Some 30 years; beyond it sums with the present time could overflow.
constexpr std::chrono::seconds kLongestRetryAfter{1'000'000'000};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Text that it keeps alive itself.
class OwnedText : public base::ByteSource {
 public:
  OwnedText(std::shared_ptr<const std::string> text, std::size_t offset)
      : text_(std::move(text)), rest_(std::string_view(*text_).substr(std::min(offset, text_->size()))) {}
  std::size_t read(char* buffer, std::size_t size) override { return rest_.read(buffer, size); }

 private:
  std::shared_ptr<const std::string> text_;
  base::TextSource rest_;
};

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  fields_.emplace_back(name, std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) values.push_back(value);
  }
  return values;
}

RequestBody text_body(std::string text) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  return {shared->size(),
          // Each attempt at a request opens the body again, perhaps after the last reader is gone.
          [shared](std::uint64_t offset) { return std::make_unique<OwnedText>(shared, offset); }};
}

std::optional<std::uint64_t> ResponseHead::content_length() const {
  const auto text = headers.find("Content-Length");
  if (!text || !all_digits(*text)) return std::nullopt;
  std::uint64_t length = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), length);
  return result.ec == std::errc() ? std::optional(length) : std::nullopt;
}

std::optional<std::chrono::milliseconds> ResponseHead::retry_after(
    std::chrono::system_clock::time_point now) const {
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  if (all_digits(*text)) {
    std::int64_t seconds = 0;
    const auto result = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (result.ec != std::errc()) return kLongestRetryAfter;
    return std::min(std::chrono::seconds(seconds), kLongestRetryAfter);
  }
  const auto date = base::parse_http_date(*text, now);
  if (!date) return std::nullopt;
  const auto span = std::chrono::ceil<std::chrono::milliseconds>(*date - now);
  return std::clamp<std::chrono::milliseconds>(span, std::chrono::milliseconds(0), kLongestRetryAfter);
}

std::string Response::text(std::size_t limit) {
  std::string result(limit, '\0');
  std::size_t length = 0;
  try {
    while (body && length < limit) {
      const std::size_t count = body->read(result.data() + length, limit - length);
      if (count == 0) break;
      length += count;
    }
  } catch (const base::Error&) {
    body.reset();  // what came before it broke off is still worth reading
  }
  result.resize(length);
  return result;
}

}  // namespace ixian::http
