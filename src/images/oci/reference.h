// Names of images, as people type them and as registries know them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace ixian::oci {

// host/repository[:tag][@digest] in full. docker.io is spelt "docker.io", with "library/" before a single
// component.
struct Reference {
  std::string host;        // "docker.io", "localhost:5000", "[::1]:5000", as people write it, in lower case
  std::string repository;  // "library/debian", at most 255 characters with the host
  std::string tag;         // "" is none
  std::optional<Digest> digest;

  // host/repository. A host that nothing but its capitals makes one ("MyHost/app") is spelt in capitals, so
  // that it is read as a host again.
  std::string name() const;
  std::string text() const;  // in full, with tag and digest as far as they are there
  std::string identifier()
      const;  // what to ask for: the digest where there is one, else the tag, else "latest"

  friend bool operator==(const Reference&, const Reference&) = default;
};

// Parses by the rules of the distribution specification (tag, component) and of Docker (what is a host:
// "localhost", or has a dot, a colon or an upper-case letter in the first component). "docker.io",
// "index.docker.io" and "registry-1.docker.io" are one. A name that is the 64 hexadecimal digits of an
// image's ID is refused, as Docker does. parse_reference(r.text()) == r. Throws Error{kUsage} with a sentence
// that says which part is wrong and what is allowed.
Reference parse_reference(std::string_view text);

// The parts, each checked alone.
bool is_valid_tag(std::string_view tag);                // [A-Za-z0-9_][A-Za-z0-9._-]{0,127}
bool is_valid_repository(std::string_view repository);  // components joined by "/"
bool is_valid_host(std::string_view host);              // name, IPv4 or [IPv6], with a port or without

// Whether the first component of a name names a host.
bool looks_like_host(std::string_view component);

// The host that answers for a registry: "registry-1.docker.io" for docker.io, otherwise itself.
std::string wire_host(std::string_view host);

// How to do without asking what a tag stands for: two sentences, for a registry that does not answer.
std::string without_asking(const Reference& image);

}  // namespace ixian::oci
