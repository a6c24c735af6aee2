// What repositories promise and cannot give: a cache that answers for a tag or a blob, and has lost it.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "oci/image_repo.h"

namespace ixian::oci {

// Reading a part of an image failed, whatever the reason: it is not there, refused, cut, or has other bytes.
// Thrown by everything that reads verified blobs, so that a caller who could have the same from elsewhere can
// tell it from a failure of the place that is written to.
class Lost : public base::Error {
 public:
  Lost(const base::Error& why, std::string repository, std::string ref)
      : base::Error(why), repository_(std::move(repository)), ref_(std::move(ref)) {}

  const std::string& repository() const { return repository_; }  // as ImageRepo::name() says
  const std::string& ref() const { return ref_; }                // a digest or a tag

 private:
  std::string repository_;
  std::string ref_;
};

// What has been found lost, for the life of a command. Thread-safe.
class Losses {
 public:
  // False: that was known.
  bool note(const std::string& repository, const std::string& ref);
  // True once for a repository, however many find something lost at the same time: then it is worth a
  // warning.
  bool may_warn_of(const std::string& repository);
  bool contains(const std::string& repository, const std::string& ref) const;
  // Whether something of the repository has been found lost, so that it is worth a closer look.
  bool any_in(const std::string& repository) const;
  // It has been put there again.
  void mended(const std::string& repository, const std::string& ref);

 private:
  // Guards both sets.
  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> lost_;  // repository, ref
  std::set<std::string> repositories_;
  std::set<std::string> warned_of_;
};

// Stands before a repository whose word is not taken for what is known to be lost: neither a tag nor a blob
// of that kind is there, nor can it be mounted, until it has been put again.
std::shared_ptr<ImageRepo> without_lost(std::shared_ptr<ImageRepo> repo, std::shared_ptr<Losses> losses);

// Whether the repository has the image with all its parts, as far as questions can tell: manifests are read,
// blobs asked for. Where the name is there and the image is not whole, the name is noted as lost.
bool is_complete(ImageRepo& repo, const std::string& ref, Losses& losses);

}  // namespace ixian::oci
