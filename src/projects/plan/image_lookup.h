// Questions about images to many places at once, each registry that fails asked no further.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/image_plan.h"

namespace ixian::plan {

struct ImageQuery {
  std::string repository;
  std::string tag;
};

// Not thread-safe itself; asks in parallel.
class ImageLookup {
 public:
  ImageLookup(const CacheSources& places, base::EventSink& sink, base::Cancellation& cancellation)
      : places_(places), sink_(sink), cancellation_(cancellation) {}

  struct Answer {
    std::optional<oci::Descriptor> image;
    bool known = true;   // false: nobody could be asked, or the answer was none
    bool asked = false;  // and there was an answer
  };
  using Answers = std::vector<Answer>;

  // Of the engine. What it throws comes through.
  Answers ask_local(const std::vector<ImageQuery>& questions);

  // Of registries, all at once. Not known where a registry is not configured or fails. The first failure is a
  // warning, and then nothing more is asked there: of the host, or of a repository of `cache_from` alone,
  // which may be closed to us on a host that is open. A host that answers, though not with what was asked
  // for, may be asked for another image before it is given up. Cancelled and base::MissingCredential come
  // through.
  Answers ask_registries(const std::vector<ImageQuery>& questions);

  // Which of the images, that registries have, are not whole there.
  std::vector<bool> are_complete(const std::vector<ImageQuery>& questions);

  unsigned questions() const { return questions_; }
  unsigned rounds() const { return rounds_; }

 private:
  struct Endpoint {
    std::string host;
    std::string gives_up;  // what is not asked any more after a failure: the host, or the repository alone
    std::shared_ptr<oci::ImageFinder> finder;  // null: not configured
    bool closed = false;                       // the project has no registries at all
  };

  const Endpoint& registry(const std::string& repository);
  bool may_ask(const Endpoint& place);
  void note_down(const Endpoint& place, const std::string& reason);
  void note_refusal(const Endpoint& place, const ImageQuery& question, const std::string& reason);

  const CacheSources& places_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  // Filled by the calling thread alone, between rounds.
  std::map<std::string, std::shared_ptr<oci::ImageFinder>> engine_;
  std::map<std::string, Endpoint> registries_;  // by repository
  std::mutex mutex_;                            // guards what follows
  std::set<std::string> down_;                  // hosts and repositories
  std::set<std::string> refused_;               // those that have not answered as they should once
  unsigned questions_ = 0;
  unsigned rounds_ = 0;
};

}  // namespace ixian::plan
