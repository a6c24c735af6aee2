// Turns the header lines of an answer into a ResponseHead, and refuses what could be read in two ways.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/message.h"

namespace ixian::http {

struct HeadLimits {
  std::size_t bytes = 256 << 10;  // all heads of an answer together, interim ones and trailers too
  std::size_t lines = 1000;
  int interim = 20;  // 1xx heads before the final one
};

// Fed with one line after the other, each with its end. Interim heads are skipped. Refused, as
// TransportError{kProtocol}: both Content-Length and Transfer-Encoding, lengths that differ or are no
// numbers, transfer codings other than chunked, folded lines, names that are no tokens, control characters,
// 101, and all that is over the limits. Lines after the final head (trailers) are counted and forgotten.
// For one response, on one thread.
class HeadParser {
 public:
  HeadParser(std::string peer, HeadLimits limits) : peer_(std::move(peer)), limits_(limits) {}

  void line(std::string_view line);

  bool started() const { return bytes_ > 0; }
  bool complete() const { return complete_; }
  int status() const { return head_.status; }
  ResponseHead& head() { return head_; }

 private:
  void count(std::string_view line);
  void status_line(std::string_view line);
  void field(std::string_view line);
  void finish();
  void check_framing() const;
  [[noreturn]] void refuse(const std::string& what, std::string_view evidence = "") const;

  std::string peer_;
  HeadLimits limits_;
  ResponseHead head_;
  bool in_head_ = false;
  bool complete_ = false;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  int interim_ = 0;
};

}  // namespace ixian::http
