// The distribution protocol over a FakeRegistryState.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "testing/fake_registry_state.h"

namespace ixian::testing {

// What a path below /v2/ asks for.
struct RegistryPath {
  enum class Kind { kBase, kBlob, kUploads, kUpload, kManifest, kTags, kReferrers, kUnknown };
  Kind kind = Kind::kUnknown;
  std::string repository;
  std::string reference;  // digest, tag or upload id

  static RegistryPath parse(const std::string& path) {
    using enum Kind;
    if (path == "/v2/" || path == "/v2") return {kBase, "", ""};
    if (!path.starts_with("/v2/")) return {};
    const std::pair<const char*, Kind> parts[] = {{"/blobs/uploads/", kUpload},
                                                  {"/blobs/", kBlob},
                                                  {"/manifests/", kManifest},
                                                  {"/tags/list", kTags},
                                                  {"/referrers/", kReferrers}};
    for (const auto& [part, kind] : parts) {
      const std::size_t at = path.rfind(part);
      if (at == std::string::npos || at < 4) continue;
      const std::string rest = ServerRequest::decoded(path.substr(at + std::string(part).size()));
      return {kind == kUpload && rest.empty() ? kUploads : kind, path.substr(4, at - 4), rest};
    }
    return {};
  }
};

class FakeRegistryProtocol : public FakeRegistryState {
 public:
  explicit FakeRegistryProtocol(Quirks quirks_) : quirks(quirks_) {}

  const Quirks quirks;

  Reply answer(const ServerRequest& request) {
    using enum RegistryPath::Kind;
    const RegistryPath path = RegistryPath::parse(request.path);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    std::lock_guard lock(mutex_);
    if (path.kind == kBase) return {200, {{"Content-Type", "application/json"}}, "{}"};
    if (path.kind == kBlob && reads) return get_blob(path, request);
    if (path.kind == kUploads && request.method == "POST") return start_upload(path, request);
    if (path.kind == kUpload) return continue_upload(path, request);
    if (path.kind == kManifest && reads) return get_manifest(path, request);
    if (path.kind == kManifest && request.method == "PUT") return put_manifest(path, request);
    if (path.kind == kManifest && request.method == "DELETE") return delete_manifest(path);
    if (path.kind == kTags && reads) return list_tags(path, request);
    if (path.kind == kReferrers && reads) return list_referrers(path);
    return error_reply(405, "UNSUPPORTED");
  }

 private:
  Reply get_blob(const RegistryPath& path, const ServerRequest& request) {
    const auto repository = repositories_.find(path.repository);
    if (repository == repositories_.end() || !repository->second.blobs.contains(path.reference))
      return error_reply(404, "BLOB_UNKNOWN");
    const std::string& bytes = blobs_.at(path.reference);
    Reply reply{200,
                {{"Content-Type", "application/octet-stream"}, {"Docker-Content-Digest", path.reference}},
                bytes};
    const std::string range = request.header("range");
    if (!quirks.ranges || !range.starts_with("bytes=")) return reply;
    std::size_t first = 0;
    std::size_t last = bytes.size() - 1;
    const char* end = range.data() + range.size();
    const char* dash = std::from_chars(range.data() + 6, end, first).ptr;
    if (dash + 1 < end) std::from_chars(dash + 1, end, last);
    last = std::min(last, bytes.size() - 1);
    if (first >= bytes.size()) return error_reply(416, "RANGE_INVALID");
    reply.status = 206;
    reply.body = bytes.substr(first, last - first + 1);
    reply.set("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                   std::to_string(bytes.size()));
    return reply;
  }

  Reply start_upload(const RegistryPath& path, const ServerRequest& request) {
    if (!quirks.create_repositories && !repositories_.contains(path.repository))
      return error_reply(404, "NAME_UNKNOWN");
    if (const auto mount = request.parameter("mount")) {
      using enum Quirks::Mount;
      if (quirks.mount == kUnauthorized) return error_reply(401, "UNAUTHORIZED");
      if (quirks.mount == kForbidden) return error_reply(403, "DENIED");
      if (quirks.mount == kNotFound) return error_reply(404, "NAME_UNKNOWN");
      const auto from = repositories_.find(request.parameter("from").value_or(""));
      if (quirks.mount == kMounts && from != repositories_.end() && from->second.blobs.contains(*mount)) {
        repositories_[path.repository].blobs.insert(*mount);
        return stored(path, *mount);
      }
    } else if (const auto digest = request.parameter("digest"); digest && quirks.single_post) {
      return commit(path, *digest, request.body);
    }
    const std::string id = "upload-" + std::to_string(++last_upload_);
    uploads_[id] = {path.repository, "", 0};
    return session(202, id);
  }

  Reply continue_upload(const RegistryPath& path, const ServerRequest& request) {
    const auto upload = uploads_.find(path.reference);
    if (upload == uploads_.end() || upload->second.repository != path.repository)
      return error_reply(404, "BLOB_UPLOAD_UNKNOWN");
    if (request.parameter("state") != std::to_string(upload->second.state) && request.method != "GET") {
      return error_reply(404, "BLOB_UPLOAD_INVALID");
    }
    if (request.method == "GET") return session(204, upload->first);
    if (request.method == "DELETE") {
      uploads_.erase(upload);
      return {204, {}, ""};
    }
    if (request.method == "PATCH") {
      if (auto refused = refuse_chunk(upload->second, request)) return session(*refused, upload->first);
      upload->second.bytes += request.body;
      ++upload->second.state;
      return session(202, upload->first);
    }
    if (request.method != "PUT") return error_reply(405, "UNSUPPORTED");
    const std::string bytes = upload->second.bytes + request.body;
    uploads_.erase(upload);
    return commit(path, request.parameter("digest").value_or(""), bytes);
  }

  std::optional<int> refuse_chunk(const Upload& upload, const ServerRequest& request) const {
    const auto range = request.find("content-range");
    if (!range) return std::nullopt;
    if (quirks.largest_chunk != 0 && request.body_size > quirks.largest_chunk) return 413;
    std::size_t first = 0;
    std::from_chars(range->data(), range->data() + range->size(), first);
    if (quirks.check_chunks && first != upload.bytes.size()) return 416;
    return std::nullopt;
  }

  Reply session(int status, const std::string& id) const {
    const Upload& upload = uploads_.at(id);
    const std::size_t end = upload.bytes.empty() ? 0 : upload.bytes.size() - 1;
    Reply reply{status,
                {{"Location", "/v2/" + upload.repository + "/blobs/uploads/" + id +
                                  "?state=" + std::to_string(upload.state)},
                 {"Range", "0-" + std::to_string(end)},
                 {"Docker-Upload-UUID", id}},
                ""};
    if (quirks.least_chunk != 0) reply.set("OCI-Chunk-Min-Length", std::to_string(quirks.least_chunk));
    return reply;
  }

  Reply commit(const RegistryPath& path, const std::string& digest, const std::string& bytes) {
    if (digest != digest_of(bytes))
      return error_reply(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    store(path.repository, bytes);
    return stored(path, digest);
  }
  static Reply stored(const RegistryPath& path, const std::string& digest) {
    return {201,
            {{"Location", "/v2/" + path.repository + "/blobs/" + digest}, {"Docker-Content-Digest", digest}},
            ""};
  }

  Reply get_manifest(const RegistryPath& path, const ServerRequest& request) {
    const auto repository = repositories_.find(path.repository);
    if (repository == repositories_.end()) return error_reply(404, "NAME_UNKNOWN");
    const Repository& there = repository->second;
    const auto tag = there.tags.find(path.reference);
    const auto found = there.manifests.find(tag == there.tags.end() ? path.reference : tag->second);
    if (found == there.manifests.end()) return error_reply(404, "MANIFEST_UNKNOWN");
    const auto& [digest, manifest] = *found;
    const std::string accept = request.header("accept");
    if (accept.find(manifest.type) == std::string::npos)
      return error_reply(404, "MANIFEST_UNKNOWN", "not in the Accept header");
    Reply reply{200, {{"Content-Type", manifest.type}}, manifest.bytes};
    if (quirks.digest_header) reply.set("Docker-Content-Digest", digest);
    return reply;
  }

  Reply put_manifest(const RegistryPath& path, const ServerRequest& request) {
    if (!quirks.create_repositories && !repositories_.contains(path.repository))
      return error_reply(404, "NAME_UNKNOWN");
    Repository& there = repositories_[path.repository];
    const std::string digest = digest_of(request.body);
    const bool by_digest = path.reference.starts_with("sha256:");
    if (by_digest && path.reference != digest) return error_reply(400, "DIGEST_INVALID");
    if (quirks.immutable_tags && there.tags.contains(path.reference)) {
      return error_reply(400, "TAG_INVALID",
                         "The image tag '" + path.reference +
                             "' already exists and cannot be overwritten "
                             "because the repository is immutable.");
    }
    const base::Json document = base::Json::parse(request.body, nullptr, false);
    if (!document.is_object()) return error_reply(400, "MANIFEST_INVALID");
    if (auto missing = missing_content(there, document))
      return error_reply(400, "MANIFEST_BLOB_UNKNOWN", *missing);
    there.manifests[digest] = {request.header("content-type"), request.body};
    if (!by_digest) there.tags[path.reference] = digest;
    Reply reply{
        201,
        {{"Location", "/v2/" + path.repository + "/manifests/" + digest}, {"Docker-Content-Digest", digest}},
        ""};
    if (quirks.referrers && document.contains("subject"))
      reply.set("OCI-Subject", document["subject"]["digest"].get<std::string>());
    return reply;
  }

  // The first digest that a manifest names and the repository does not have.
  static std::optional<std::string> missing_content(const Repository& there, const base::Json& document) {
    for (const base::Json& each : document.value("manifests", base::Json::array())) {
      if (!there.manifests.contains(each["digest"].get<std::string>()))
        return each["digest"].get<std::string>();
    }
    base::Json named = document.value("layers", base::Json::array());
    if (document.contains("config")) named.push_back(document["config"]);
    for (const base::Json& each : named) {
      const bool foreign = each.contains("urls");
      if (!foreign && !there.blobs.contains(each["digest"].get<std::string>()))
        return each["digest"].get<std::string>();
    }
    return std::nullopt;
  }

  Reply delete_manifest(const RegistryPath& path) {
    Repository& there = repositories_[path.repository];
    if (!path.reference.starts_with("sha256:")) {
      if (!quirks.delete_tags) return error_reply(400, "DIGEST_INVALID");
      if (there.tags.erase(path.reference) == 0) return error_reply(404, "MANIFEST_UNKNOWN");
      return {202, {}, ""};
    }
    if (there.manifests.erase(path.reference) == 0) return error_reply(404, "MANIFEST_UNKNOWN");
    std::erase_if(there.tags, [&](const auto& tag) { return tag.second == path.reference; });
    return {202, {}, ""};
  }

  Reply list_tags(const RegistryPath& path, const ServerRequest& request) {
    const auto there = repositories_.find(path.repository);
    if (there == repositories_.end()) return error_reply(404, "NAME_UNKNOWN");
    const std::size_t wanted = std::strtoull(request.parameter("n").value_or("0").c_str(), nullptr, 10);
    if (quirks.largest_n != 0 && wanted > quirks.largest_n)
      return error_reply(400, "UNSUPPORTED", "n is over the maximum of 1000");
    const std::size_t page = wanted == 0 ? quirks.page : std::min(wanted, quirks.page);
    const auto& tags = there->second.tags;
    base::Json names = base::Json::array();
    auto tag = tags.upper_bound(request.parameter("last").value_or(""));
    for (; tag != tags.end() && names.size() < page; ++tag) names.push_back(tag->first);
    Reply reply{200, {{"Content-Type", "application/json"}}, ""};
    if (tag != tags.end()) {
      reply.set("Link", "</v2/" + path.repository + "/tags/list?n=" + std::to_string(page) +
                            "&last=" + names.back().get<std::string>() + ">; rel=\"next\"");
    }
    if (tags.empty()) names = nullptr;
    reply.body = base::Json{{"name", path.repository}, {"tags", names}}.dump();
    return reply;
  }

  Reply list_referrers(const RegistryPath& path) {
    if (!quirks.referrers) return {404, {{"Content-Type", "text/plain"}}, "404 page not found\n"};
    base::Json found = base::Json::array();
    for (const auto& [digest, manifest] : repositories_[path.repository].manifests) {
      const base::Json document = base::Json::parse(manifest.bytes, nullptr, false);
      if (!document.is_object() || !document.contains("subject") ||
          document["subject"]["digest"] != path.reference)
        continue;
      found.push_back({{"mediaType", manifest.type}, {"digest", digest}, {"size", manifest.bytes.size()}});
    }
    const std::string type = "application/vnd.oci.image.index.v1+json";
    return {200,
            {{"Content-Type", type}},
            base::Json{{"schemaVersion", 2}, {"mediaType", type}, {"manifests", found}}.dump()};
  }
};

}  // namespace ixian::testing
