// The distribution protocol, and what registries make of it. What is asked has a short time limit, what is
// pushed is repeated with patience. Bytes are believed only by their digest; headers are used where they save
// a request, and where they are missing or odd, the document itself is read. Pushes are judged by what they
// lead to: a tag that names the image already is a success, whatever the registry said.
#include "registry/registry_repo.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "oci/media_types.h"
#include "oci/referrers.h"
#include "registry/blob_reader.h"
#include "registry/referrers.h"
#include "registry/tag_list.h"
#include "registry/upload.h"

namespace ixian::registry {
namespace {

// A registry that answers does so at once; one that does not should not hold up a build for minutes.
constexpr std::chrono::seconds kQuestionLimit{15};

using base::Error;
using base::ErrorCode;

constexpr int kTriesToSettle = 4;

std::string blob_text(const oci::Descriptor& blob) {
  return "blob " + blob.digest.text();
}

std::string media_type(const http::ResponseHead& head) {
  return std::string(oci::without_parameters(head.headers.find("Content-Type").value_or("")));
}

bool is_manifest(std::string_view type) {
  return oci::is_manifest_type(type) || oci::is_index_type(type);
}

}  // namespace

RegistryRepo::RegistryRepo(std::shared_ptr<HostClient> host, std::string repository, bool pushes,
                           bool patient)
    : host_(std::move(host)),
      repository_(std::move(repository)),
      patient_(patient),
      reading_(pushes ? registry_auth::push_scope(repository_) : registry_auth::pull_scope(repository_)) {}

std::string RegistryRepo::image(const std::string& ref) const {
  return name() + (oci::Digest::parse(ref) ? "@" : ":") + ref;
}

std::optional<std::chrono::milliseconds> RegistryRepo::patience() const {
  return patient_ ? host_->http().push_patience() : std::nullopt;
}

// What a push asks is worth waiting for: what is built is lost with the machine that built it.
http::Response RegistryRepo::send(const Operation& work, http::Request request,
                                  const registry_auth::Scopes& scopes) {
  request.patience = patience();
  try {
    return host_->send(work, std::move(request), scopes);
  } catch (const http::TransportError& error) {
    throw failure(work, error);
  }
}

std::optional<oci::Descriptor> RegistryRepo::find(const std::string& ref) {
  const Operation asked = work("look up " + image(ref));
  http::Request request;
  request.method = "HEAD";
  request.url = path("manifests/" + ref);
  request.headers.add("Accept", std::string(oci::kAcceptManifests));
  request.time_limit = kQuestionLimit;
  const http::Response response = send(asked, request, reading_);
  if (response.head.status == 404) return std::nullopt;
  if (response.head.ok()) {
    const std::optional<oci::Digest> digest = oci::Digest::parse(
        oci::Digest::parse(ref) ? std::string_view(ref)
                                : response.head.headers.find("Docker-Content-Digest").value_or(""));
    const std::optional<std::uint64_t> size = response.head.content_length();
    std::string type = media_type(response.head);
    if (digest && size && is_manifest(type))
      return oci::Descriptor{std::move(type), *digest, *size, {}, {}, {}, {}};
  }
  // A HEAD may lack what was asked for, and has no body to say why not.
  const std::optional<oci::RawManifest> manifest = read_manifest(ref);
  if (!manifest) return std::nullopt;
  return manifest->descriptor;
}

void RegistryRepo::pause_before(int attempt) {
  http::Client& client = host_->http();
  client.clock().sleep_for(client.pause_before(attempt), client.cancellation());
}

std::optional<oci::RawManifest> RegistryRepo::read_manifest(const std::string& ref) {
  const Operation reading = work("read the manifest of " + image(ref));
  http::Request request;
  request.url = path("manifests/" + ref);
  request.headers.add("Accept", std::string(oci::kAcceptManifests));
  // A body that breaks off is asked for again, as one that never began is by the client below.
  for (int n = 1;; ++n) {
    try {
      return manifest_in(send(reading, request, reading_), ref, reading);
    } catch (const http::TransportError& error) {
      if (!error.transient() || n > host_->http().options().retries) throw failure(reading, error);
      pause_before(n);
    }
  }
}

std::optional<oci::RawManifest> RegistryRepo::manifest_in(http::Response response, const std::string& ref,
                                                          const Operation& reading) const {
  if (response.head.status == 404) return std::nullopt;
  if (!response.head.ok()) throw failure(reading, response.head, response.text());
  if (const auto encoding = response.head.headers.find("Content-Encoding");
      encoding && *encoding != "identity") {
    throw failure(
        reading,
        fmt::format(
            "unexpected Content-Encoding {1} from {0}\nhint: check for a proxy or firewall in between",
            host_->host(), *encoding));
  }
  const http::ResponseHead head = response.head;
  std::string bytes = base::read_all(*response.body, oci::kMaxManifestBytes, "manifest of " + image(ref));
  const std::optional<oci::Digest> named = oci::Digest::parse(ref);
  oci::Digester digester(named ? named->algorithm() : "sha256");
  // A tag can name anything; a digest names these bytes, or the answer is refused.
  digester.update(bytes);
  const oci::Digest digest = digester.finish();
  if (named && digest != *named) {
    throw failure(reading, "digest mismatch: received a document with the digest " + digest.text() +
                               ", not used\nhint: check for a proxy or firewall in between");
  }
  std::string type = media_type(response.head);
  try {
    const oci::AnyManifest parsed = oci::parse_manifest(bytes, is_manifest(type) ? type : "");
    type = std::visit([](const auto& manifest) { return manifest.media_type; }, parsed);
  } catch (const std::invalid_argument& error) {
    if (base::trim(bytes).starts_with("<")) throw failure(reading, web_page(head, bytes));
    throw failure(reading, fmt::format("{} did not return a manifest: {}; nothing of it was used\nhint: push "
                                       "the image again, or check for a proxy or firewall in between",
                                       host_->host(), error.what()));
  }
  oci::Descriptor descriptor{std::move(type), digest, bytes.size(), {}, {}, {}, {}};
  return oci::RawManifest{std::move(descriptor), std::move(bytes)};
}

bool RegistryRepo::has_blob(const oci::Descriptor& blob) {
  const Operation asked = work(fmt::format("look up {1} in {0}", name(), blob_text(blob)));
  http::Request request;
  request.method = "HEAD";
  request.url = path("blobs/" + blob.digest.text());
  const http::Response response = send(asked, request, reading_);
  if (response.head.status == 404) return false;
  if (!response.head.ok()) throw failure(asked, response.head, "");
  const std::optional<std::uint64_t> size = response.head.content_length();
  return !size || *size == blob.size;
}

std::unique_ptr<base::ByteSource> RegistryRepo::open_blob(const oci::Descriptor& blob, std::uint64_t offset) {
  return std::make_unique<BlobReader>(*host_, work(fmt::format("pull {} of {}", blob_text(blob), name())),
                                      repository_, blob, offset);
}

void RegistryRepo::put_blob(const oci::Descriptor& blob, const base::OpenSource& open) {
  Upload(*host_, work(fmt::format("push {} to {}", blob_text(blob), name()), true), repository_, blob,
         take_session(blob.digest), patience())
      .run(open);
}

std::string RegistryRepo::take_session(const oci::Digest& digest) {
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(digest);
  if (found == sessions_.end()) return "";
  std::string location = std::move(found->second);
  sessions_.erase(found);
  return location;
}

// Whatever keeps a registry from mounting, the bytes can be sent.
bool RegistryRepo::mount_blob(const oci::Descriptor& blob, const ImageRepo& from) {
  const auto* source = dynamic_cast<const RegistryRepo*>(&from);
  // Mounting is within one registry; the same client is the same registry.
  if (source == nullptr || source->host_ != host_) return false;
  const Operation mounting =
      work(fmt::format("mount {} from {} in {}", blob_text(blob), from.name(), name()), true);
  http::Request request;
  request.method = "POST";
  request.url = path("blobs/uploads/");
  request.url = http::with_query(request.url, "mount", blob.digest.text());
  request.url = http::with_query(request.url, "from", source->repository_);
  request.body = http::text_body("");
  // Not worth more: the bytes can be sent.
  request.retries = 1;
  try {
    const http::Response response =
        host_->send(mounting, std::move(request),
                    registry_auth::merge(registry_auth::push_scope(repository_),
                                         registry_auth::pull_scope(source->repository_)));
    if (response.head.status == 201) return true;
    const auto location = response.head.headers.find("Location");
    const std::optional<http::Url> url = http::parse_url(response.head.url);
    const std::optional<http::Url> session =
        response.head.ok() && location && url ? http::resolve_url(*url, *location) : std::nullopt;
    if (session && http::same_origin(*session, *url)) {
      std::lock_guard lock(mutex_);
      // A registry that does not mount begins an upload instead (202), which put_blob() goes on with.
      sessions_[blob.digest] = session->text();
    }
  } catch (const Error&) {
    return false;  // put_blob will say what is wrong, if it is
  }
  return false;
}

void RegistryRepo::put_manifest(const std::string& ref, const oci::RawManifest& manifest) {
  const Operation pushing = work("push the manifest of " + image(ref), true);
  http::Request request;
  request.method = "PUT";
  request.url = path("manifests/" + ref);
  request.headers.add("Content-Type", manifest.descriptor.media_type);
  request.body = http::text_body(manifest.bytes);
  http::Response response = send(pushing, request, registry_auth::push_scope(repository_));
  std::string body = response.text();
  if (response.head.status == 404 && says(response.head, body, "NAME_UNKNOWN") &&
      host_->create_repository(repository_)) {
    response = send(pushing, request, registry_auth::push_scope(repository_));
    body = response.text();
  }
  // All that it names has been acknowledged, but docker-registry does not see a blob for the moment in which
  // somebody else who pushes the same one rewrites its link.
  for (int n = 1;
       n <= kTriesToSettle && !response.head.ok() && says(response.head, body, "MANIFEST_BLOB_UNKNOWN");
       ++n) {
    pause_before(n);
    response = send(pushing, request, registry_auth::push_scope(repository_));
    body = response.text();
  }
  if (!response.head.ok()) {
    // An immutable tag that names this image already is what was wanted.
    if (response.head.status == 400 || response.head.status == 409) {
      const std::optional<oci::Descriptor> there = find(ref);
      if (there && there->digest == manifest.descriptor.digest) return;
      if (there && says(response.head, body, "TAG_INVALID")) {
        throw failure(
            pushing,
            fmt::format(
                "the tag exists, refers to another image ({}), and is immutable\nhint: use another tag",
                there->digest.text()));
      }
    }
    throw failure(pushing, response.head, body);
  }
  const auto stored = oci::Digest::parse(response.head.headers.find("Docker-Content-Digest").value_or(""));
  // A registry that stores something else than it was sent is found out here, and not by whoever pulls.
  if (stored && stored->algorithm() == manifest.descriptor.digest.algorithm() &&
      *stored != manifest.descriptor.digest) {
    throw failure(
        pushing,
        fmt::format(
            "digest mismatch: {} stored {} instead of {}\nhint: check for a proxy or firewall in between",
            host_->host(), stored->text(), manifest.descriptor.digest.text()));
  }
  if (!response.head.headers.find("OCI-Subject")) add_to_fallback_index(*this, manifest);
}

std::vector<std::string> RegistryRepo::tags() {
  return list_tags(*host_, work("list the tags of " + name()), repository_);
}

std::vector<oci::Descriptor> RegistryRepo::referrers(const oci::Digest& subject) {
  if (lists_referrers_) {
    const Operation listing = work("list the referrers of " + image(subject.text()));
    if (auto found = list_referrers(*host_, listing, repository_, subject)) return *std::move(found);
    lists_referrers_ = false;
  }
  return oci::referrers_by_tag(*this, subject);
}

bool RegistryRepo::remove(const std::string& ref) {
  const Operation removing = work("remove " + image(ref), true);
  http::Request request;
  request.method = "DELETE";
  request.url = path("manifests/" + ref);
  http::Response response = send(removing, request, registry_auth::delete_scope(repository_));
  if (response.head.ok()) return true;
  if (response.head.status == 404) return false;
  const std::string body = response.text();
  const bool tag_alone =
      !oci::Digest::parse(ref) && (response.head.status == 400 || response.head.status == 405);
  const std::optional<oci::Descriptor> there = tag_alone ? find(ref) : std::nullopt;
  if (tag_alone && !there) return false;
  if (there && !says(response.head, body, "UNSUPPORTED")) {
    throw failure(
        removing,
        fmt::format(
            "{} cannot remove a single tag\nhint: remove its image, with all its tags: `ix image rm {}@{}`",
            host_->host(), name(), there->digest.text()));
  }
  throw failure(removing, response.head, body);
}

}  // namespace ixian::registry
