// Why a name did not resolve, which libcurl does not tell.
#pragma once

#include <chrono>
#include <string>

namespace ixian::http {

// Whether nobody answered, so that it may go better a moment later; false where somebody said that there is
// no such name. `took`: how long the first attempt was. Asks once more, if that can be quick.
bool resolver_is_silent(const std::string& host, std::chrono::milliseconds took);

// EAI_… of getaddrinfo(3).
bool means_no_answer(int resolver_error);

// The name in "Could not resolve host: NAME"; "" where there is none.
std::string name_in_detail(const std::string& detail);

}  // namespace ixian::http
