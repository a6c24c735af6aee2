// Docker writes short names into archives and means full ones: "web" is docker.io/library/web:latest. Names
// are compared in full, and written as Docker does.
#include "layout/docker_name.h"

#include "base/error.h"
#include "oci/reference.h"

namespace ixian::layout {
namespace {

constexpr std::string_view kHost = "docker.io/";
constexpr std::string_view kOfficial = "library/";

oci::Reference with_tag(const std::string& name) {
  oci::Reference reference = oci::parse_reference(name);
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

std::string without(std::string text, std::string_view start) {
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

}  // namespace

std::string full_name(const std::string& name) {
  try {
    return with_tag(name).text();
  } catch (const base::Error&) {
    // What is no name at all stays what it is, and equals only itself.
    return name;
  }
}

std::string familiar_name(const std::string& name) {
  oci::Reference reference = with_tag(name);
  if (reference.tag.empty()) return "";
  reference.digest.reset();
  const std::string full = reference.text();
  if (!full.starts_with(kHost)) return full;
  const std::string path = without(full, kHost);
  const std::string short_path = without(path, kOfficial);
  return short_path.find('/') == std::string::npos ? short_path : path;
}

std::string tag_of(const std::string& name) {
  try {
    return with_tag(name).tag;
  } catch (const base::Error&) {
    return "";
  }
}

}  // namespace ixian::layout
