// libcurl is lenient with heads: of two lengths it takes the last, with a transfer coding it forgets the
// length, folded lines it hands on as they are. A proxy between us and the server may see another body in the
// same bytes then, so everything ambiguous is refused before any of the body is used (RFC 9112 sections 5 and
// 6).
#include "http/head_parser.h"

#include <algorithm>

#include "base/text.h"
#include "http/transport.h"

namespace ixian::http {
namespace {

constexpr std::size_t kLongestEvidence = 200;
constexpr std::size_t kLongestLength = 18;  // digits that fit into 63 bits

bool token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool control_character(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kLongestEvidence));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return control_character(c) || c < 0; }, '?');
  return shown;
}

}  // namespace

void HeadParser::line(std::string_view line) {
  count(line);
  if (complete_) return;
  line = without_line_end(line);
  if (!in_head_) {
    status_line(line);
  } else if (line.empty()) {
    finish();
  } else {
    field(line);
  }
}

void HeadParser::count(std::string_view line) {
  bytes_ += line.size();
  ++lines_;
  // Two lines of each head are no headers: the first one and the empty one.
  if (bytes_ > limits_.bytes || lines_ > limits_.lines + 2 * static_cast<std::size_t>(interim_ + 1)) {
    refuse("sent too many headers");
  }
}

// "HTTP/1.1 200 OK", "HTTP/2 200".
void HeadParser::status_line(std::string_view line) {
  // Of several heads (interim answers, a proxy's) the last one counts.
  head_ = {};
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view version = line.substr(0, space);
  const std::string_view status = line.substr(std::min(space + 1, line.size()), 3);
  head_.version = version == "HTTP/2" || version == "HTTP/2.0" ? 20 : version == "HTTP/1.0" ? 10 : 11;
  const bool known = head_.version != 11 || version == "HTTP/1.1";
  const bool ends = line.size() <= space + 4 || line[space + 4] == ' ';
  if (!known || !ends || status.size() != 3 || !std::all_of(status.begin(), status.end(), digit)) {
    refuse("did not answer in HTTP", line);
  }
  head_.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  if (head_.status < 100 || head_.status > 599) refuse("returned an invalid status", line);
  if (head_.status == 101) refuse("switched protocols unasked", line);
  in_head_ = true;
}

void HeadParser::field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (line.front() == ' ' || line.front() == '\t') refuse("sent a header folded over several lines", line);
  if (colon == std::string_view::npos || name.empty() ||
      !std::all_of(name.begin(), name.end(), token_character) ||
      std::any_of(line.begin(), line.end(), control_character)) {
    refuse("sent an invalid header", line);
  }
  head_.headers.add(std::string(name), std::string(base::trim(line.substr(colon + 1))));
}

void HeadParser::finish() {
  in_head_ = false;
  if (head_.status >= 200) {
    check_framing();
    complete_ = true;
  } else if (++interim_ > limits_.interim) {
    refuse("sends interim answers without end");
  }
}

void HeadParser::check_framing() const {
  const std::vector<std::string_view> lengths = head_.headers.all("Content-Length");
  const std::vector<std::string_view> codings = head_.headers.all("Transfer-Encoding");
  for (const std::string_view length : lengths) {
    if (length.empty() || length.size() > kLongestLength ||
        !std::all_of(length.begin(), length.end(), digit)) {
      refuse("sent an invalid Content-Length", length);
    }
    if (length != lengths.front()) {
      refuse("sent two lengths for one body", std::string(lengths.front()) + " and " + std::string(length));
    }
  }
  if (codings.empty()) return;
  if (!lengths.empty()) refuse("sent both Content-Length and Transfer-Encoding for one body");
  if (codings.size() > 1 || base::to_lower(codings.front()) != "chunked") {
    refuse("sent its body in an unknown transfer coding", codings.front());
  }
}

void HeadParser::refuse(const std::string& what, std::string_view evidence) const {
  throw TransportError(
      TransportFailure::kProtocol,
      peer_ + " " + what + "; the answer was not used\nhint: check the server, and any proxy in front of it",
      printable(evidence));
}

}  // namespace ixian::http
