// A registry that keeps track of subjects lists what is pushed by digest alone; to others it is listed under
// a tag, which RegistryRepo writes where a push is answered without a word of the subject. Folders and the
// store are told here. So an index under the source's own tag of that kind is not copied, but what it lists
// is.
#include "oci/copy_referrers.h"

#include <map>
#include <set>
#include <variant>

#include "oci/media_types.h"
#include "oci/referrers.h"

namespace ixian::oci {
namespace {

class ReferrersCopy {
 public:
  ReferrersCopy(ImageRepo& from, ImageRepo& to, const CopyOptions& options, base::Cancellation& cancellation)
      : from_(from), to_(to), options_(options), cancellation_(cancellation) {
    options_.whole_index = true;
    options_.events = nullptr;  // the image's own blobs are what is worth being counted
    for (const std::string& tag : from.tags()) {
      if (const auto subject = subject_of_tag(tag)) tags_[*subject].push_back(tag);
    }
  }

  ReferrersResult run(const Descriptor& image) {
    follow(image);
    while (!waiting_.empty()) {
      cancellation_.throw_if_requested();
      const Digest subject = waiting_.back();
      waiting_.pop_back();
      take_referrers(subject);
      take_tags(subject);
    }
    return std::move(result_);
  }

 private:
  // What may have referrers: a manifest, and the entries of an index.
  void follow(const Descriptor& manifest) {
    if (!seen_.insert(manifest.digest).second) return;
    waiting_.push_back(manifest.digest);
    if (!is_index_type(manifest.media_type)) return;
    const auto raw = from_.read_manifest(manifest.digest.text());
    if (!raw) return;
    const AnyManifest parsed = raw->parsed();
    if (const auto* index = std::get_if<Index>(&parsed)) {
      for (const Descriptor& entry : index->manifests) {
        if (is_manifest_type(entry.media_type) || is_index_type(entry.media_type)) follow(entry);
      }
    }
  }

  void take_referrers(const Digest& subject) {
    const std::vector<Descriptor> listed = from_.referrers(subject);
    if (listed.empty()) return;
    std::set<Digest> there = digests(to_.referrers(subject));
    std::vector<Descriptor> unlisted;
    for (const Descriptor& each : listed) {
      if (!there.contains(each.digest)) {
        const std::string ref = each.digest.text();
        // Garbage collection may have taken it and left the list.
        if (!from_.find(ref)) {
          result_.stays.push_back(ref + ", which is listed but not there");
          continue;
        }
        copy_image(from_, ref, to_, "", options_, cancellation_);
        ++result_.copied;
        unlisted.push_back(each);
      }
      follow(each);
    }
    if (unlisted.empty()) return;
    // Asked again: a registry that keeps track has listed them by now.
    there = digests(to_.referrers(subject));
    std::erase_if(unlisted, [&](const Descriptor& each) { return there.contains(each.digest); });
    if (!unlisted.empty()) list(subject, unlisted);
  }

  void list(const Digest& subject, const std::vector<Descriptor>& entries) {
    const std::string tag = referrers_tag(subject);
    Index index{std::string(kOciIndex), {}, {}, {}, {}};
    if (const auto there = to_.read_manifest(tag)) {
      const AnyManifest parsed = there->parsed();
      const auto* known = std::get_if<Index>(&parsed);
      if (known == nullptr)
        return result_.stays.push_back(tag + ", which refers to something else at the destination");
      index = *known;
    }
    index.manifests.insert(index.manifests.end(), entries.begin(), entries.end());
    to_.put_manifest(tag, raw(index));
  }

  void take_tags(const Digest& subject) {
    const auto tags = tags_.find(subject);
    if (tags == tags_.end()) return;
    for (const std::string& tag : tags->second) {
      const auto here = from_.find(tag);
      if (!here) continue;
      const bool is_list = tag == referrers_tag(subject) && is_index_type(here->media_type);
      if (!is_list) {
        const auto there = to_.find(tag);
        // Somebody else's signature for the same image is not to be written over.
        if (there && there->digest != here->digest) {
          result_.stays.push_back(tag + ", which refers to something else at the destination");
          continue;
        }
        if (!there) {
          copy_image(from_, tag, to_, tag, options_, cancellation_);
          ++result_.copied;
        }
      }
      follow(*here);
    }
  }

  static std::set<Digest> digests(const std::vector<Descriptor>& entries) {
    std::set<Digest> found;
    for (const Descriptor& each : entries) found.insert(each.digest);
    return found;
  }

  ImageRepo& from_;
  ImageRepo& to_;
  CopyOptions options_;
  base::Cancellation& cancellation_;
  std::map<Digest, std::vector<std::string>> tags_;  // by what they are about
  std::set<Digest> seen_;
  std::vector<Digest> waiting_;
  ReferrersResult result_;
};

}  // namespace

ReferrersResult copy_referrers(ImageRepo& from, const Descriptor& image, ImageRepo& to,
                               const CopyOptions& options, base::Cancellation& cancellation) {
  return ReferrersCopy(from, to, options, cancellation).run(image);
}

}  // namespace ixian::oci
