// What a name stands for, and why it did not resolve, which libcurl does not tell.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "http/message.h"

namespace ixian::http {

struct NamedAddress {
  std::string text;  // a literal, IPv6 without brackets
  AddressKind kind = AddressKind::kUnknown;
};

// What the host (a name or a literal) stands for now, in the order in which to try; none where it does not
// resolve.
std::vector<NamedAddress> addresses_of(const std::string& host);

// Whether nobody answered, so that it may go better a moment later; false where somebody said that there is
// no such name. `took`: how long the first attempt was. Asks once more, if that can be quick.
bool resolver_is_silent(const std::string& host, std::chrono::milliseconds took);

// EAI_… of getaddrinfo(3).
bool means_no_answer(int resolver_error);

// The name in "Could not resolve host: NAME"; "" where there is none.
std::string name_in_detail(const std::string& detail);

}  // namespace ixian::http
