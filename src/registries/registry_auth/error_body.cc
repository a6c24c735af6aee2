// Registries, and the proxies, object stores and login pages in front of them, have many ways of saying no.
// What they say goes into messages, so it is cut, made one line, and stripped of everything that could take a
// terminal over. That it may hold lies is the reader's to know: it is shown as what the server said.
#include "registry_auth/error_body.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

namespace ixian::registry_auth {
namespace {

using base::Json;

constexpr std::size_t kLongestMessage = 300;
constexpr std::size_t kLongestCode = 64;
constexpr std::size_t kMostErrors = 5;
constexpr std::size_t kLongestBody = 64 << 10;

bool is_control(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (character.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;  // C1
  if (character.size() != 3 || byte(0) != 0xe2) return false;
  // U+200B…200F, U+2028…202E, U+2066…2069: invisible, or turning the direction of text.
  return (byte(1) == 0x80 &&
          ((byte(2) >= 0x8b && byte(2) <= 0x8f) || (byte(2) >= 0xa8 && byte(2) <= 0xae))) ||
         (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

// One line of printable UTF-8, runs of white space and controls as one space.
std::string one_line(std::string_view text) {
  std::string line;
  bool gap = false;
  while (!text.empty() && line.size() < kLongestMessage) {
    const std::size_t length = base::utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    if (length == 0 || character == " " || is_control(character)) {
      gap = true;
      continue;
    }
    if (gap && !line.empty()) line += ' ';
    gap = false;
    line += character;
  }
  if (!base::trim(text).empty()) line += "…";
  return line;
}

std::string error_code(std::string_view text) {
  std::string code = base::to_upper(text.substr(0, kLongestCode));
  std::replace_if(
      code.begin(), code.end(),
      [](char c) { return !((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'); }, '_');
  return code;
}

// A member that is text, or a number or list that can be shown.
std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  const std::string json = found->dump(-1, ' ', false, Json::error_handler_t::replace);
  return json == "{}" || json == "[]" ? "" : json;
}

RegistryError from_object(const Json& object) {
  std::string message = text_of(object, "message");
  for (const char* name : {"detail", "details", "error_description", "Message", "msg"})
    if (message.empty()) message = text_of(object, name);
  std::string code = text_of(object, "code");
  // AWS: {"__type": "com.amazonaws…#Name"}.
  if (code.empty()) {
    code = text_of(object, "__type");
    code.erase(0, code.rfind('#') == std::string::npos ? 0 : code.rfind('#') + 1);
  }
  return {error_code(code), one_line(message)};
}

void add(std::vector<RegistryError>& errors, RegistryError error) {
  if (errors.size() < kMostErrors && !(error.code.empty() && error.message.empty()))
    errors.push_back(std::move(error));
}

void add_list(std::vector<RegistryError>& errors, const Json& list) {
  for (const Json& entry : list) {
    if (entry.is_object()) add(errors, from_object(entry));
    if (entry.is_string()) add(errors, {"", one_line(entry.get<std::string>())});
  }
}

std::vector<RegistryError> from_json(const Json& body) {
  std::vector<RegistryError> errors;
  if (body.is_string()) add(errors, {"", one_line(body.get<std::string>())});
  if (body.is_array()) add_list(errors, body);
  if (!body.is_object()) return errors;
  if (const auto list = body.find("errors"); list != body.end() && list->is_array()) add_list(errors, *list);
  if (!errors.empty()) return errors;
  if (const auto inner = body.find("error"); inner != body.end() && inner->is_object())
    add(errors, from_object(*inner));
  if (errors.empty()) add(errors, from_object(body));
  if (errors.empty()) add(errors, {"", one_line(text_of(body, "error"))});
  return errors;
}

std::string unescape(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities)
    for (std::size_t at = 0; (at = text.find(entity, at)) != std::string::npos; at += character.size())
      text.replace(at, entity.size(), character);
  return text;
}

// What stands between <name …> and </name>, whatever the case; nullopt where there is none.
std::optional<std::string> element(std::string_view text, std::string_view lower, std::string_view name) {
  for (std::size_t at = 0; (at = lower.find('<', at)) != std::string_view::npos; ++at) {
    if (lower.substr(at + 1, name.size()) != name) continue;
    const std::size_t after = at + 1 + name.size();
    if (after >= lower.size() || std::string_view(" \t\r\n>").find(lower[after]) == std::string_view::npos)
      continue;
    const std::size_t begin = lower.find('>', after);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::size_t end = lower.find("</" + std::string(name), begin);
    if (end == std::string_view::npos) return std::nullopt;
    return unescape(std::string(text.substr(begin + 1, end - begin - 1)));
  }
  return std::nullopt;
}

std::string without_tags(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('<'), text.size());
    words += text.substr(0, open);
    words += ' ';
    const std::size_t close = text.find('>', open);
    text.remove_prefix(close == std::string_view::npos ? text.size() : close + 1);
  }
  return unescape(std::move(words));
}

// S3 and other object stores: <Error><Code>…</Code><Message>…</Message></Error>. HTML: its title.
std::vector<RegistryError> from_markup(std::string_view body) {
  std::vector<RegistryError> errors;
  const std::string lower = base::to_lower(body);
  if (const auto error = element(body, lower, "error")) {
    const std::string inner = base::to_lower(*error);
    add(errors, {error_code(element(*error, inner, "code").value_or("")),
                 one_line(element(*error, inner, "message").value_or(""))});
  }
  for (const char* name : {"title", "h1", "body"}) {
    if (!errors.empty()) return errors;
    if (const auto text = element(body, lower, name)) add(errors, {"", one_line(without_tags(*text))});
  }
  if (errors.empty()) add(errors, {"", one_line(without_tags(body))});
  return errors;
}

}  // namespace

std::vector<RegistryError> parse_error_body(std::string_view body, std::string_view content_type) {
  body = base::trim(body.substr(0, kLongestBody));
  if (body.empty()) return {};
  if (body.front() == '{' || body.front() == '[' || body.front() == '"') {
    try {
      return from_json(base::parse_json(body, kLongestBody, 32));
    } catch (const std::exception&) {  // cut, or never was JSON: shown as text
    }
  }
  const std::string type = base::to_lower(content_type);
  const bool markup =
      body.front() == '<' || type.find("html") != std::string::npos || type.find("xml") != std::string::npos;
  if (markup) return from_markup(body);
  const std::string text = one_line(body);
  return text.empty() ? std::vector<RegistryError>{} : std::vector<RegistryError>{{"", text}};
}

}  // namespace ixian::registry_auth
