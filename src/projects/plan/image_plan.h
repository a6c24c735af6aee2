// Where each image of a project is, and what must be built: found by asking only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "base/json.h"
#include "keys/stage_key.h"
#include "oci/image_repo.h"
#include "task/graph.h"

namespace ixian::plan {

enum class CacheResult {
  kLocalHit,     // the engine has it, and it is asked for, needed by one to be built, or pushed
  kRegistryHit,  // its own repository has it, or one of DOCKER.CACHE_FROM
  kMiss,         // nobody has it
  kNotNeeded,    // nobody asked for it, and all that stands on it is there; whether it is, nobody looked
};

enum class PushPolicy {
  kNever,
  kFinal,   // the images that were asked for
  kStages,  // and those that they stand on
  kAll,     // and every instruction
};

struct ImageStep {
  task::TaskId id = task::TaskGraph::kNone;
  std::string task;
  std::string stage;  // "runtime"; it, key and image are "" where no image stands on the task's
  std::string key;
  std::string image;  // "registry.local/shop/web:runtime-…"
  CacheResult place = CacheResult::kNotNeeded;
  bool forced = false;      // kBuild because the user said so
  std::string found_at;     // kLocal, kRegistry: the image's name there, which may be another repository's
  std::uint64_t bytes = 0;  // kRegistry: of its manifest's descriptor, 0 is unknown; kBuild: of its context
  // kBuild: where nobody could be asked, so that it may be built needlessly. `unasked` says that nobody was
  // to be asked.
  std::vector<std::string> unknown_at = {};
  bool unasked = false;
  std::vector<std::string> missing_at = {};  // the repositories that were asked and have not got it
  std::string push_refused = {};             // why the push cannot succeed, where that is known beforehand
  bool push = false;               // its own repository gets it, which does not have it as far as is known
  std::vector<task::TaskId> for_;  // the stages to be built that need it; empty: asked for, or only pushed
};

// Invariant: what an image to be built stands on is kLocal, kRegistry or kBuild, never kUnneeded.
struct ImagePlan {
  std::vector<ImageStep> steps;  // all image tasks of the order, those that others stand on first
  unsigned questions = 0;        // that registries were asked
  unsigned rounds = 0;           // how many times all questions at once had to be answered before the next

  const ImageStep* find(task::TaskId id) const;
  bool builds() const;
  bool pushes() const;
};

struct CacheSources {
  // The engine's own. Never null.
  std::function<std::shared_ptr<oci::ImageFinder>(const std::string& repository)> local;

  // A registry's. Null for one that is not configured: then the image counts as not there, and the function
  // has warned of it where that is worth a warning.
  std::function<std::shared_ptr<oci::ImageFinder>(const std::string& repository)> registry;

  std::vector<std::string> cache_from;  // further repositories, read only

  // Whether the project has any registry; without one nobody is asked, and an image that is not here is
  // nowhere. May be empty: it has.
  std::function<bool()> has_registries = nullptr;

  // Whether a repository has all parts of an image that it answers for; where it has not, its finder does not
  // find the image from then on. May be empty: that is not looked at.
  std::function<bool(const std::string& repository, const std::string& tag)> is_complete = nullptr;

  // Why nothing can be pushed to a repository, as sentences; "" where nothing is known against it. `closely`:
  // the registry is asked, since much would be built for nothing. May be empty.
  std::function<std::string(const std::string& repository, bool closely)> push_refusal = nullptr;
};

struct ImageRequest {
  std::vector<task::TaskId> wanted;  // image tasks asked for, or needed by what is no image task
  std::vector<task::TaskId> forced;  // built whatever is there
  PushPolicy push = PushPolicy::kNever;
  bool look_up = true;  // false (--no-pull): registries are not asked
};

// Final-first: local look-ups, then one question to each registry for the images wanted (then to `cache_from`
// for those that are missing), and where one is still missing one round of parallel questions for all that it
// stands on and that is not local. Where a push is wanted, what is local is asked for at the registry too, in
// the first round; and what is wanted and there is looked at more closely, since a registry that has lost a
// part of it gets it again. A registry that cannot be asked counts as empty after one warning for its host;
// Cancelled comes through.
ImagePlan plan_images(const task::TaskGraph& graph, keys::StageResolver& keys, const CacheSources& places,
                      const ImageRequest& request, base::EventSink& sink, base::Cancellation& cancellation);

// Throws Error{kRegistry} where a push of the plan is known to be refused: before anything is built.
void require_pushable(const ImagePlan& plan);

base::Json to_json(const ImagePlan& plan);

// "local cache hit", "registry cache hit (registry.local/shop/web)", "cache miss", "not needed".
std::string describe(const ImageStep& step);

PushPolicy parse_push_policy(const std::string& text);  // throws Error{kProject}

}  // namespace ixian::plan
