// Refusals and breakdowns of registries, as sentences that say what to do.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"
#include "oci/refused.h"
#include "registry_auth/error_body.h"

namespace ixian::registry {

// What was being done, in words that complete "cannot …": "read the manifest of localhost:5000/app:1".
struct Operation {
  std::string text;
  std::string host;  // of the registry
  bool writes = false;
};

// "cannot push layer 3f2a… to registry.local/app: registry.local answered 413 (Payload Too Large): …"
// and a hint. `body` is the answer's, for what the registry itself says.
oci::Refused failure(const Operation& work, const http::ResponseHead& head, std::string_view body);

// The same for an exchange that got no answer, and for whatever else was said by somebody who did not know
// the image.
base::Error failure(const Operation& work, const base::Error& error);

// The same, in words of our own.
base::Error failure(const Operation& work, const std::string& sentence, std::string context = "");

// Whether an answer is a page for people: no registry gives one, but a proxy or a login page before it.
bool is_web_page(const http::ResponseHead& head);

// "registry.local answered with a web page (Log in) where …": who answered, what was expected, what came.
std::string web_page(const http::ResponseHead& head, std::string_view body);

// Whether one of the errors in a body has this code ("NAME_UNKNOWN").
bool says(const http::ResponseHead& head, std::string_view body, std::string_view code);

}  // namespace ixian::registry
