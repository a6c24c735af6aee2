// What a fake registry holds, and how a well-behaved one answers (OCI distribution-spec 1.1). Quirks of real
// registries are switches.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/sha256.h"
#include "testing/http_server.h"

namespace ixian::testing {

struct Reply {
  int status = 200;
  Connection::Fields headers;
  std::string body;

  // Replaces a header, or removes it where `value` is nullopt.
  void set(const std::string& name, std::optional<std::string> value) {
    std::erase_if(headers,
                  [&](const auto& field) { return ::strcasecmp(field.first.c_str(), name.c_str()) == 0; });
    if (value) headers.emplace_back(name, *value);
  }
};

inline Reply error_reply(int status, const std::string& code,
                         const std::string& message = "refused by the test") {
  const base::Json body = {{"errors", {{{"code", code}, {"message", message}}}}};
  return {status, {{"Content-Type", "application/json"}}, body.dump()};
}

struct FakeRegistryQuirks {
  bool ranges = true;  // answers 206 to a Range
  bool check_chunks =
      true;  // 416 for a chunk that does not start where the last one ended; else it is appended
  bool single_post = true;  // POST ?digest= stores; else it answers 202
  enum class Mount { kMounts, kSession, kUnauthorized, kForbidden, kNotFound } mount = Mount::kMounts;
  std::size_t largest_chunk = 0;  // 413 for longer PATCHes that have a Content-Range (GHCR: 4 MiB); 0 is none
  std::size_t least_chunk = 0;    // announced as OCI-Chunk-Min-Length
  std::size_t page = 1000;        // tags a page, at most
  std::size_t largest_n = 0;      // 400 for tags/list?n= above (ECR: 1000); 0 is none
  bool immutable_tags = false;    // TAG_INVALID for every PUT of a tag that is there (ECR)
  bool delete_tags = true;        // else 400, as docker-registry 2.8
  bool referrers = true;          // else 404 in plain text
  bool digest_header = true;      // Docker-Content-Digest
  bool create_repositories = true;  // else 404 NAME_UNKNOWN on the first push (ECR)
};

// Thread-safe.
class FakeRegistryState {
 public:
  using Quirks = FakeRegistryQuirks;
  struct Manifest {
    std::string type;
    std::string bytes;
  };

  static std::string digest_of(std::string_view bytes) { return "sha256:" + base::sha256_hex(bytes); }

  std::string add_blob(const std::string& repository, std::string bytes) {
    std::lock_guard lock(mutex_);
    return store(repository, std::move(bytes));
  }
  std::string add_manifest(const std::string& repository, const std::string& tag, const std::string& type,
                           const std::string& bytes) {
    std::lock_guard lock(mutex_);
    Repository& there = repositories_[repository];
    const std::string digest = digest_of(bytes);
    there.manifests[digest] = {type, bytes};
    if (!tag.empty()) there.tags[tag] = digest;
    return digest;
  }
  void add_tag(const std::string& repository, const std::string& tag, const std::string& digest) {
    std::lock_guard lock(mutex_);
    repositories_[repository].tags[tag] = digest;
  }

  std::optional<std::string> tag(const std::string& repository, const std::string& tag) const {
    std::lock_guard lock(mutex_);
    const auto there = repositories_.find(repository);
    if (there == repositories_.end() || !there->second.tags.contains(tag)) return std::nullopt;
    return there->second.tags.at(tag);
  }
  std::size_t tag_count() const {
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [name, repository] : repositories_) count += repository.tags.size();
    return count;
  }
  std::optional<Manifest> manifest(const std::string& repository, const std::string& digest) const {
    std::lock_guard lock(mutex_);
    const auto there = repositories_.find(repository);
    if (there == repositories_.end() || !there->second.manifests.contains(digest)) return std::nullopt;
    return there->second.manifests.at(digest);
  }
  std::optional<std::string> blob(const std::string& repository, const std::string& digest) const {
    std::lock_guard lock(mutex_);
    const auto there = repositories_.find(repository);
    if (there == repositories_.end() || !there->second.blobs.contains(digest)) return std::nullopt;
    return blobs_.at(digest);
  }
  std::size_t blob_count(const std::string& repository) const {
    std::lock_guard lock(mutex_);
    const auto there = repositories_.find(repository);
    return there == repositories_.end() ? 0 : there->second.blobs.size();
  }
  void make_repository(const std::string& repository) {
    std::lock_guard lock(mutex_);
    repositories_[repository];
  }
  // Upload sessions that were neither closed nor given up.
  std::size_t open_uploads() const {
    std::lock_guard lock(mutex_);
    return uploads_.size();
  }
  // What a session has received.
  std::size_t upload_size(const std::string& id) const {
    std::lock_guard lock(mutex_);
    const auto upload = uploads_.find(id);
    return upload == uploads_.end() ? 0 : upload->second.bytes.size();
  }

 protected:
  struct Repository {
    std::set<std::string> blobs;
    std::map<std::string, Manifest> manifests;
    std::map<std::string, std::string> tags;
  };
  struct Upload {
    std::string repository;
    std::string bytes;
    int state = 0;  // counts changes: a Location of an earlier one is stale
  };

  std::string store(const std::string& repository, std::string bytes) {
    const std::string digest = digest_of(bytes);
    repositories_[repository].blobs.insert(digest);
    blobs_.emplace(digest, std::move(bytes));
    return digest;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> blobs_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, Upload> uploads_;
  int last_upload_ = 0;
};

}  // namespace ixian::testing
