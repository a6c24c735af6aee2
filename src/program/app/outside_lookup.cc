#include "app/outside_lookup.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "oci/platform.h"
#include "steps/base_config.h"

namespace ixian::app {
namespace {

std::string digest_note(const oci::Reference& image) {
  return base::sha256_hex(base::canonical_json({{"kind", "digest of an image"}, {"image", image.text()}}));
}

keys::BaseFacts facts_of(const steps::BaseConfig& config) {
  keys::BaseFacts facts;
  facts.environment.complete = true;
  for (const std::string& variable : config.environment) {
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos)
      facts.environment.values[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  facts.triggers = config.triggers;
  return facts;
}

}  // namespace

// What the embedded engine has under a name has got it on purpose, and goes before what the registry has. A
// daemon's may have been pulled long ago. A registry that does not answer is no reason to stop where the
// image is known.
std::string OutsideLookup::foreign_digest(const std::string& image) {
  const oci::Reference reference = oci::parse_reference(image);
  if (reference.digest) return reference.digest->text();
  if (!services_.is_daemon) {
    if (const auto here = services_.engine.resolve(image)) return here->digest.text();
  }
  const std::string note = digest_note(reference);
  const auto noted = services_.store->cache_get(note);
  if (noted && (!services_.pull || services_.offline())) return noted->value.get<std::string>();
  if (services_.offline()) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("unknown until its registry is queried for {}\nhint: run `ix plan`, which queries it",
                    reference.text()));
  }
  std::optional<base::Error> failed;
  try {
    if (const auto there = services_.open(reference)->find(reference.identifier())) {
      const std::string digest = there->digest.text();
      if (!noted || noted->value != digest) services_.store->cache_put(note, {digest, {}, {}});
      return digest;
    }
  } catch (const base::Error& error) {
    failed = error;
  }
  if (const auto known = services_.engine.resolve(image)) return known->digest.text();
  if (failed && noted) {
    warn_of_age(reference.text(), *failed);
    return noted->value.get<std::string>();
  }
  if (failed)
    throw base::Error(failed->code(), failed->message() + oci::without_asking(reference), failed->context());
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("image not found: {}\nhint: check its name and tag; `ix image tags {}` lists "
                                "the tags of the repository",
                                reference.text(), reference.name()));
}

std::optional<keys::BaseFacts> OutsideLookup::known_base(const std::string& digest,
                                                         const std::string& platform) {
  const auto parsed = oci::Digest::parse(digest);
  const auto config = parsed
                          ? steps::known_base_config(*services_.store, *parsed, oci::parse_platform(platform))
                          : std::nullopt;
  return config ? std::optional(facts_of(*config)) : std::nullopt;
}

keys::BaseFacts OutsideLookup::foreign_base(const std::string& image, const std::string& digest,
                                            const std::string& platform) {
  oci::Reference reference = oci::parse_reference(image);
  if (services_.is_daemon && !reference.digest) {
    // What only the daemon has is known by its ID.
    const auto here = services_.engine.resolve(image);
    if (here && here->digest.text() == digest)
      return facts_of(steps::base_config(services_.engine.image_runtime(image)));
  }
  reference.digest = oci::Digest::parse(digest);
  return facts_of(steps::read_base_config(services_.store, services_.open, reference,
                                          oci::parse_platform(platform), services_.cancellation));
}

// As foreign_digest(): what is not reached is what it was.
std::string OutsideLookup::remote_identity(const stages::RemoteSource& source) {
  const std::string note =
      base::sha256_hex(base::canonical_json({{"kind", "what a source of ADD was"},
                                             {"address", base::printable_path(source.shown())},
                                             {"checksum", base::printable_path(source.checksum)},
                                             {"options", {source.keep_git_dir, source.submodules}}}));
  const auto noted = services_.store->cache_get(note);
  try {
    const std::string identity = services_.remote->identity(source, services_.cancellation);
    if (!noted || noted->value != identity) services_.store->cache_put(note, {identity, {}, {}});
    return identity;
  } catch (const base::Error& error) {
    if (!noted || !noted->value.is_string()) throw;
    warn_of_age(source.shown(), error);
    return noted->value.get<std::string>();
  }
}

void OutsideLookup::warn_of_age(const std::string& name, const base::Error& error) const {
  services_.sink.log(base::kNoActivity, base::LogLevel::kWarning,
                     fmt::format("{} used as last seen: {}", name, error.message()));
}

}  // namespace ixian::app
