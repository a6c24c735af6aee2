// An image of an OCI layout is read where it is, as if a registry had it: under a name that no registry can
// have, with the digest that was found when the build began. Nothing of it is copied that no step needs.
#include "build_context/named_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/source_text.h"
#include "base/text.h"
#include "build_context/usage_error.h"
#include "files/fs.h"
#include "layout/layout_repo.h"
#include "oci/reference.h"
#include "stages/named_context.h"

namespace ixian::build_context {
namespace {

constexpr std::string_view kLayout = "oci-layout://";
constexpr std::string_view kImages[] = {"docker-image://", "container-image://", "docker://"};

std::string image_of(const std::string& text, const std::string& what) {
  try {
    oci::parse_reference(text);
    return text;
  } catch (const base::Error& error) {
    usage(fmt::format("invalid {}: {}", what, error.message()));
  }
}

void take_layout(std::string text, const std::string& what, const std::string& here, NamedSource& source) {
  source.kind = NamedSource::Kind::kLayout;
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    source.image = text.substr(at + 1);
    if (!oci::Digest::parse(source.image)) {
      usage(fmt::format("invalid {}: \"{}\" is no digest (expected: sha256:…)", what,
                        base::shown(source.image)));
    }
    text.resize(at);
  }
  const std::size_t colon = text.rfind(':');
  const std::size_t slash = text.rfind('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    if (source.image.empty()) source.image = text.substr(colon + 1);
    text.resize(colon);
  }
  if (text.empty()) usage(fmt::format("invalid {}: oci-layout:// without a directory", what));
  source.folder = files::absolute_path(text, here);
}

// The digest of the image, or of the index that it is one of.
oci::Digest find_in(oci::ImageRepo& layout, const NamedSource& source) {
  std::vector<std::string> names = {source.image};
  if (source.image.empty()) names = {"latest", ""};
  for (const std::string& name : names) {
    if (const auto found = layout.find(name)) return found->digest;
  }
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("image not found: {} in the OCI layout {}",
                                source.image.empty() ? "latest" : base::shown(source.image), source.folder));
}

}  // namespace

NamedSource parse_named_source(const std::string& name, const std::string& value, const std::string& flag,
                               const std::string& here) {
  NamedSource source;
  source.name = stages::context_name(name);
  if (source.name.empty() || value.empty()) {
    usage(fmt::format("invalid value \"{}={}\" for {} (expected: NAME=VALUE)", base::shown(name),
                      base::shown(value), flag));
  }
  const std::string what = fmt::format("build context \"{}\"", base::shown(name));
  for (const std::string_view scheme : kImages) {
    if (!value.starts_with(scheme)) continue;
    source.kind = NamedSource::Kind::kImage;
    source.image = image_of(value.substr(scheme.size()), what);
    return source;
  }
  if (value.starts_with(kLayout)) {
    take_layout(value.substr(kLayout.size()), what, here, source);
    return source;
  }
  if (value.starts_with("target:")) {
    usage(
        fmt::format("invalid {}: `target:` names a target of a bake file, and there is none\nhint: build "
                    "that image first, and name it as docker-image://REFERENCE",
                    what));
  }
  if (value == "-") usage(fmt::format("invalid {}: standard input is for the build's own context", what));
  source.files = parse_context_source(value, what, here);
  return source;
}

NamedSource parse_named_source(const std::string& text, const std::string& flag, const std::string& here) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    usage(fmt::format("invalid value \"{}\" for {} (expected: NAME=VALUE)", base::shown(text), flag));
  }
  return parse_named_source(text.substr(0, equals), text.substr(equals + 1), flag, here);
}

OpenedNames open_named_sources(const std::vector<NamedSource>& sources, const ContextTools& tools) {
  OpenedNames opened;
  for (const NamedSource& source : sources) {
    engine::NamedContext context{source.name, source.image};
    if (source.kind == NamedSource::Kind::kFiles && source.files.is_remote()) {
      context.remote = source.files.url;
    } else if (source.kind == NamedSource::Kind::kFiles) {
      OpenedContext files = open_context(source.files, tools);
      context.folder = files.folder;
      context.has_ignore_file = files.is_local;
      if (files.kept) opened.kept.push_back(std::move(files.kept));
    } else if (source.kind == NamedSource::Kind::kLayout) {
      std::shared_ptr<oci::ImageRepo> layout =
          layout::open_layout(source.folder, layout::LayoutUse::kRead, tools.cancellation);
      const oci::Digest digest = find_in(*layout, source);
      const std::string repository = "oci-layout.invalid/" + std::string(digest.hex());
      context.image = repository + "@" + digest.text();
      opened.layouts.insert_or_assign(repository, std::move(layout));
    }
    // Of several with one name the last counts.
    std::erase_if(opened.contexts, [&](const auto& each) { return each.name == context.name; });
    opened.contexts.push_back(std::move(context));
  }
  return opened;
}

oci::OpenRepo with_layouts(oci::OpenRepo open,
                           std::map<std::string, std::shared_ptr<oci::ImageRepo>> layouts) {
  if (layouts.empty()) return open;
  return [open = std::move(open), layouts = std::move(layouts)](const oci::Reference& reference) {
    const auto found = layouts.find(reference.name());
    return found == layouts.end() ? open(reference) : found->second;
  };
}

}  // namespace ixian::build_context
