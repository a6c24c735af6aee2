// To ask for every image of a project at every registry would be safe and slow. Most runs need one answer:
// the image that was asked for is there. So the plan goes from the end:
//
// 1. Local look-ups of what is wanted. They cost nothing.
// 2. One round for what is wanted and not local, each at its own repository; then, for those still missing,
//    one round at all repositories of `cache_from`.
// 3. Only if one must be built: local look-ups of all that it stands on, and one round for all of these that
//    are not local and are reached through images that are not local either, own repositories and
//    `cache_from` together.
//
// So a plan takes three rounds at most, however deep the stages stand on each other. Level by level would ask
// fewer questions and take a round for each level; questions in one round run side by side, rounds do not.
//
// A push needs an answer of its own: that an image is local says nothing about its repository. Such questions
// go along with the first round, for all images to be pushed that are local or wanted; of what is wanted and
// there, missing parts are looked for. What is to be built in round 3 is asked for at its repository anyway.
// An image that is not reached ("not needed") is pushed only if it is local.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "plan/image_lookup.h"
#include "plan/image_order.h"
#include "plan/image_plan.h"

namespace ixian::plan {
namespace {

using task::TaskId;

// What is known of one image.
struct ImageNode {
  const keys::ResolvedStage* keyed = nullptr;
  ImageStep step;
  bool wanted = false;
  bool forced = false;
  bool push_due = false;
  bool asked_here = false;
  bool here = false;
  bool asked_there = false;  // at its own repository
  bool there = false;
  std::string elsewhere;  // the repository of `cache_from` that has it
  bool asked_elsewhere = false;
  std::vector<std::string> unknown_at;  // repositories
  std::vector<std::string> missing_at;  // repositories
  std::uint64_t bytes = 0;
  bool reached = false;

  bool is_anywhere() const { return here || there || !elsewhere.empty(); }
  bool is_built() const { return forced || !is_anywhere(); }
};

class PlanBuilder {
 public:
  PlanBuilder(const task::TaskGraph& graph, keys::StageResolver& keys, const CacheSources& places,
              const ImageRequest& request, base::EventSink& sink, base::Cancellation& cancellation)
      : graph_(graph),
        keys_(keys),
        places_(places),
        request_(request),
        sink_(sink),
        cancellation_(cancellation),
        lookup_(places, sink, cancellation) {}

  ImagePlan run() {
    std::vector<TaskId> roots = request_.wanted;
    roots.insert(roots.end(), request_.forced.begin(), request_.forced.end());
    make_nodes(roots);
    look_for_wanted();
    if (needs_build()) look_below();
    for (const TaskId root : roots) reach(root);
    return finish();
  }

 private:
  ImageNode& node(TaskId id) { return nodes_.at(id); }

  void make_nodes(const std::vector<TaskId>& roots) {
    // For its errors: rings, and names that are not there.
    for (const TaskId root : roots) graph_.order(root);
    keys_.make(roots);
    ImageOrder order(graph_, keys_);
    for (const TaskId id : order.run(roots)) {
      // No image stands on it: it is a step of the plan, and nobody asks for its image.
      if (!order.is_standing(id)) {
        ImageStep idle;
        idle.id = id;
        idle.task = graph_[id].name;
        idle_.push_back(std::move(idle));
        continue;
      }
      order_.push_back(id);
      ImageNode made;
      made.keyed = &keys_.of(id);
      made.step.id = id;
      made.step.task = graph_[id].name;
      made.step.stage = made.keyed->declared.name;
      made.step.key = made.keyed->key;
      made.step.image = made.keyed->image();
      nodes_.emplace(id, std::move(made));
    }
    for (const TaskId id : request_.wanted) node(id).wanted = true;
    for (const TaskId id : request_.forced) node(id).forced = true;
    if (request_.push == PushPolicy::kNever) return;
    const bool all = request_.push != PushPolicy::kFinal;
    for (const TaskId id : all ? with_below(request_.wanted) : request_.wanted) node(id).push_due = true;
  }

  std::vector<TaskId> with_below(const std::vector<TaskId>& top) {
    std::vector<TaskId> all;
    std::set<TaskId> seen(top.begin(), top.end());
    std::deque<TaskId> queue(seen.begin(), seen.end());
    while (!queue.empty()) {
      const TaskId id = queue.front();
      queue.pop_front();
      all.push_back(id);
      for (const TaskId below : node(id).keyed->stages) {
        if (seen.insert(below).second) queue.push_back(below);
      }
    }
    return all;
  }

  // What is to be built is not looked for; whether it must be pushed is another question.
  void look_for_wanted() {
    ask_here([](const ImageNode& each) { return each.wanted || each.push_due; });
    if (!request_.look_up) return;
    ask_registries(
        [](const ImageNode& each) {
          const bool missing = each.wanted && each.is_built() && !each.forced;
          return missing || (each.push_due && (each.here || each.forced || each.wanted));
        },
        [](const ImageNode&) { return false; });
    look_closer();
    if (places_.cache_from.empty()) return;
    ask_registries([](const ImageNode&) { return false; },
                   [](const ImageNode& each) { return each.wanted && !each.forced && each.is_built(); });
  }

  // A registry answers for an image that it has lost a part of. A run that may push repairs that.
  void look_closer() {
    std::vector<ImageNode*> asked;
    std::vector<ImageQuery> questions;
    for (const TaskId id : order_) {
      ImageNode& each = node(id);
      if (!each.wanted || !each.push_due || !each.there) continue;
      asked.push_back(&each);
      questions.push_back({each.keyed->declared.repository, each.keyed->tag()});
    }
    const std::vector<bool> complete = lookup_.are_complete(questions);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (complete[i]) continue;
      asked[i]->there = false;
      sink_.log(base::kNoActivity, base::LogLevel::kWarning,
                fmt::format("{} in its registry is incomplete: pushing it again", asked[i]->step.image));
    }
  }

  bool needs_build() const {
    return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& each) {
      return each.second.forced || (each.second.wanted && each.second.is_built());
    });
  }

  void look_below() {
    std::vector<TaskId> built;
    for (const TaskId id : order_) {
      if (node(id).forced || (node(id).wanted && node(id).is_built())) built.push_back(id);
    }
    const std::vector<TaskId> below = with_below(built);
    std::set<TaskId> concerned(below.begin(), below.end());
    ask_here([&](const ImageNode& each) { return concerned.contains(each.step.id); });
    if (!request_.look_up) return;
    // Only what is reached through images that are not here matters.
    concerned.clear();
    std::deque<TaskId> queue(built.begin(), built.end());
    while (!queue.empty()) {
      const TaskId id = queue.front();
      queue.pop_front();
      if (!node(id).is_built()) continue;
      if (!concerned.insert(id).second) continue;
      for (const TaskId next : node(id).keyed->stages) queue.push_back(next);
    }
    const auto asks = [&](const ImageNode& each) {
      return concerned.contains(each.step.id) && (!each.forced || each.push_due);
    };
    ask_registries(asks, [&](const ImageNode& each) { return asks(each) && !each.forced && !each.there; });
  }

  template <typename Asks>
  void ask_here(const Asks& asks) {
    std::vector<ImageNode*> asked;
    std::vector<ImageQuery> questions;
    for (const TaskId id : order_) {
      ImageNode& each = node(id);
      // A forced image is built whatever is there, so its place is not asked for.
      if (each.asked_here || each.forced || !asks(each)) continue;
      each.asked_here = true;
      asked.push_back(&each);
      questions.push_back({each.keyed->declared.repository, each.keyed->tag()});
    }
    const auto answers = lookup_.ask_local(questions);
    for (std::size_t i = 0; i < asked.size(); ++i) asked[i]->here = answers[i].image.has_value();
  }

  // One round: own repositories, and those of `cache_from`.
  template <typename AsksOwn, typename AsksElsewhere>
  void ask_registries(const AsksOwn& asks_own, const AsksElsewhere& asks_elsewhere) {
    std::vector<ImageNode*> asked;
    std::vector<ImageQuery> questions;
    const auto ask = [&](ImageNode& each, const std::string& repository) {
      asked.push_back(&each);
      questions.push_back({repository, each.keyed->tag()});
    };
    for (const TaskId id : order_) {
      ImageNode& each = node(id);
      const bool own = !each.asked_there && asks_own(each);
      const bool elsewhere = !each.asked_elsewhere && asks_elsewhere(each);
      if (own) ask(each, each.keyed->declared.repository);
      if (!elsewhere) continue;
      each.asked_elsewhere = true;
      for (const std::string& repository : places_.cache_from) {
        if (repository != each.keyed->declared.repository) ask(each, repository);
      }
    }
    const auto answers = lookup_.ask_registries(questions);
    for (std::size_t i = 0; i < asked.size(); ++i) note(*asked[i], questions[i].repository, answers[i]);
  }

  static void note(ImageNode& each, const std::string& repository, const ImageLookup::Answer& answer) {
    const bool own = repository == each.keyed->declared.repository;
    if (own) each.asked_there = true;
    if (!answer.known) each.unknown_at.push_back(repository);
    if (answer.asked && !answer.image) each.missing_at.push_back(repository);
    if (!answer.image) return;
    if (own) {
      each.there = true;
      each.bytes = answer.image->size;
    } else if (each.elsewhere.empty()) {
      each.elsewhere = repository;
      if (!each.there) each.bytes = answer.image->size;
    }
  }

  void reach(TaskId id) {
    std::deque<TaskId> queue{id};
    while (!queue.empty()) {
      const TaskId next = queue.front();
      queue.pop_front();
      ImageNode& each = node(next);
      if (each.reached) continue;
      each.reached = true;
      if (!each.is_built()) continue;
      for (const TaskId below : each.keyed->stages) {
        node(below).step.for_.push_back(next);
        queue.push_back(below);
      }
    }
  }

  ImagePlan finish() {
    cancellation_.throw_if_requested();
    ImagePlan plan;
    plan.steps = std::move(idle_);
    for (const TaskId id : order_) {
      ImageNode& each = node(id);
      ImageStep& step = each.step;
      step.push = each.push_due && !each.there && (each.reached || each.here);
      if (each.reached || step.push) place(each);
      std::sort(step.for_.begin(), step.for_.end());
      plan.steps.push_back(std::move(step));
    }
    note_refusals(plan);
    plan.questions = lookup_.questions();
    plan.rounds = lookup_.rounds();
    return plan;
  }

  // What a registry will refuse is told before anything is built for it.
  void note_refusals(ImagePlan& plan) {
    if (!places_.push_refusal) return;
    std::map<std::string, std::string> known;
    const bool closely = plan.builds();
    for (ImageStep& step : plan.steps) {
      if (!step.push) continue;
      const std::string& repository = node(step.id).keyed->declared.repository;
      const auto [found, is_new] = known.try_emplace(repository);
      if (is_new) found->second = places_.push_refusal(repository, closely);
      step.push_refused = found->second;
    }
  }

  void place(ImageNode& each) const {
    ImageStep& step = each.step;
    step.missing_at = each.missing_at;
    if (each.is_built()) {
      step.unknown_at = each.unknown_at;
      step.unasked = !request_.look_up;
      step.place = CacheResult::kMiss;
      step.forced = each.forced;
      step.bytes = each.keyed->context_bytes;
    } else if (each.here) {
      step.place = CacheResult::kLocalHit;
      step.found_at = step.image;
    } else {
      step.place = CacheResult::kRegistryHit;
      step.found_at = each.there ? step.image : each.elsewhere + ":" + each.keyed->tag();
      step.bytes = each.bytes;
    }
  }

  const task::TaskGraph& graph_;
  keys::StageResolver& keys_;
  const CacheSources& places_;
  const ImageRequest& request_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  ImageLookup lookup_;
  std::vector<TaskId> order_;    // those that have a node
  std::vector<ImageStep> idle_;  // of the others
  std::unordered_map<TaskId, ImageNode> nodes_;
};

}  // namespace

ImagePlan plan_images(const task::TaskGraph& graph, keys::StageResolver& keys, const CacheSources& places,
                      const ImageRequest& request, base::EventSink& sink, base::Cancellation& cancellation) {
  return PlanBuilder(graph, keys, places, request, sink, cancellation).run();
}

}  // namespace ixian::plan
