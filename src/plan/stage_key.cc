// A key is made in steps, so that whatever must wait does so beside the others: all Dockerfiles that one
// stands on are read first, those below before those that stand on them; then all foreign images are asked
// for at once; then contexts are read in parallel; then documents are made from below upwards.
#include "plan/stage_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "base/thread_pool.h"
#include "context/file_view.h"
#include "oci/reference.h"
#include "plan/key_document.h"
#include "plan/stage_draft.h"

namespace ixian::plan {
namespace {

using task::TaskId;

constexpr unsigned kDigestsAtOnce = 16;

std::string digest_in_name(const DockerfileInputs::Image& image, const std::string& name) {
  try {
    const auto digest = oci::parse_reference(name).digest;
    return digest ? digest->text() : "";
  } catch (const base::Error& error) {
    throw image.source->error(image.at, error.message());
  }
}

}  // namespace

struct StageKeys::Impl {
  Impl(const task::TaskGraph& task_graph, KeySources key_sources)
      : graph(task_graph), sources(std::move(key_sources)), drafts(task_graph, sources.cancellation) {}

  using Question = std::pair<std::string, std::string>;  // a foreign image, a platform

  const task::TaskGraph& graph;
  const KeySources sources;
  std::recursive_mutex mutex;
  StageDrafts drafts;
  std::map<TaskId, std::vector<std::shared_ptr<KeyedStage>>> forgotten;  // somebody may still look at them
  std::map<Question, std::string> digests;
  std::set<std::string> warnings;

  const std::string& name(const StageDraft& draft) const { return graph[draft.keyed->id].name; }

  void warn(const std::string& text) {
    if (warnings.insert(text).second) sources.sink.log(base::kNoActivity, base::LogLevel::kWarning, text);
  }

  void make(const std::vector<TaskId>& ids) {
    std::set<TaskId> seen;
    std::vector<StageDraft*> todo;
    for (const TaskId id : ids) {
      drafts.read(id);
      collect(id, seen, todo);
    }
    if (todo.empty()) return;
    ask_for_digests(todo);
    read_contexts(todo);
    for (StageDraft* each : todo) named(name(*each), [&] { finish(*each); });
  }

  // Those without a key, from below upwards.
  void collect(TaskId id, std::set<TaskId>& seen, std::vector<StageDraft*>& todo) {
    StageDraft& each = drafts.at(id);
    if (each.done || !seen.insert(id).second) return;
    for (const TaskId below : each.needs) collect(below, seen, todo);
    todo.push_back(&each);
  }

  void ask_for_digests(const std::vector<StageDraft*>& todo) {
    std::vector<std::pair<Question, const StageDraft*>> questions;
    std::set<Question> asked;
    for (const StageDraft* each : todo) {
      for (const auto& image : each->inputs.images) {
        if (image.stage != nullptr || holds_stage_argument(image.name)) continue;
        const Question question(image.name, image.platform);
        if (digests.contains(question) || !asked.insert(question).second) continue;
        const std::string known = named(name(*each), [&] { return digest_in_name(image, image.name); });
        if (known.empty()) {
          questions.emplace_back(question, each);
        } else {
          digests[question] = known;
        }
      }
    }
    std::vector<std::string> answers(questions.size());
    base::parallel_for(questions.size(), kDigestsAtOnce, [&](std::size_t i) {
      sources.cancellation.throw_if_requested();
      const Question& question = questions[i].first;
      named(name(*questions[i].second),
            [&] { answers[i] = sources.foreign_digest(question.first, question.second); });
    });
    for (std::size_t i = 0; i < questions.size(); ++i) digests[questions[i].first] = std::move(answers[i]);
  }

  void read_contexts(const std::vector<StageDraft*>& todo) {
    const unsigned processors = base::processor_count();
    ContextOptions options{sources.excluded, sources.content_digest, 1};
    if (todo.size() < processors) options.threads = processors / static_cast<unsigned>(todo.size());
    base::parallel_for(todo.size(), processors, [&](std::size_t i) {
      StageDraft& each = *todo[i];
      named(name(each), [&] {
        each.context = context_inputs(each.keyed->declared, each.inputs, options, sources.cancellation);
      });
    });
  }

  const KeyedStage& stage_of(const task::StageArgument& argument) {
    return *drafts.at(drafts.task_of(argument)).keyed;
  }

  OwnImage own_image(const task::StageArgument& argument) {
    const KeyedStage& below = stage_of(argument);
    return {below.key, below.declared.name};
  }

  std::string foreign_digest(const DockerfileInputs::Image& image, const std::string& real_name) {
    std::string& known = digests[Question(real_name, image.platform)];
    if (known.empty()) known = digest_in_name(image, real_name);
    if (known.empty()) known = sources.foreign_digest(real_name, image.platform);
    return known;
  }

  std::vector<base::Json> images_of(const StageDraft& each) {
    std::vector<base::Json> facts;
    KeyedStage& keyed = *each.keyed;
    const auto image_of = [&](const std::string& task) { return drafts.at(graph.find(task)).keyed->image(); };
    for (const auto& image : each.inputs.images) {
      if (image.stage != nullptr) {
        keyed.stages.push_back(drafts.task_of(*image.stage));
        facts.push_back(image_fact(own_image(*image.stage)));
        continue;
      }
      const std::string real_name = with_real_names(image.name, keyed.declared, image_of);
      auto& names = keyed.foreign_images;
      if (std::find(names.begin(), names.end(), real_name) == names.end()) names.push_back(real_name);
      const std::string digest = foreign_digest(image, real_name);
      keyed.pinned[real_name] = digest;
      facts.push_back(image_fact(ForeignImage{image.name, digest}));
    }
    return facts;
  }

  base::Json arguments_of(const StageDraft& each) {
    KeyedStage& keyed = *each.keyed;
    base::Json facts = base::Json::object();
    for (const std::string& argument : each.inputs.given)
      keyed.arguments.emplace(argument, keyed.declared.build_args.at(argument));
    for (const auto& [argument, value] : keyed.declared.build_args) {
      if (each.inputs.arguments.contains(argument)) facts[base::printable_path(argument)] = text_fact(value);
    }
    for (const auto& argument : keyed.declared.stage_args) {
      if (!each.stands_for_stage(argument)) continue;
      keyed.arguments.emplace(argument.name, argument_value(argument, stage_of(argument).image()));
      facts[argument.name] = argument_fact(own_image(argument), argument.part);
    }
    return facts;
  }

  base::Json files_of(const task::ImageStage& declared) const {
    if (declared.files.empty()) return base::Json::object();
    const std::string beside =
        declared.context.empty() ? context::parent_path(declared.dockerfile_path) : declared.context;
    return portable_details(sources.file_details(declared.files), beside);
  }

  void finish(StageDraft& each) {
    KeyedStage& keyed = *each.keyed;
    keyed.stages.clear();
    keyed.foreign_images.clear();
    keyed.pinned.clear();
    keyed.inputs = key_document(keyed.declared, each.platform, arguments_of(each), images_of(each),
                                each.context.files, files_of(keyed.declared));
    keyed.key = base::sha256_hex(base::canonical_json(keyed.inputs));
    keyed.context_bytes = each.context.bytes;
    for (const std::string& argument : each.inputs.unused) {
      warn(fmt::format("The build argument {} of {} is used by no ARG of {}.", argument, name(each),
                       keyed.declared.dockerfile_name));
    }
    if (each.context.has_git) {
      warn(
          fmt::format("{} reads .git of its build context, which differs from checkout to checkout, so that "
                      "its image is built again for each; put .git into .dockerignore.",
                      name(each)));
    }
    each.context = {};
    each.inputs.images.clear();
    each.done = true;
    take_known(each);
  }

  // Of equal keys the one that somebody may look at is kept, so that forgetting does not add up.
  void take_known(StageDraft& each) {
    const auto found = forgotten.find(each.keyed->id);
    if (found == forgotten.end()) return;
    auto& all = found->second;
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& one) {
      return one->key == each.keyed->key && one->declared == each.keyed->declared &&
             one->arguments == each.keyed->arguments;
    });
    if (same == all.end()) return;
    each.keyed = std::move(*same);
    all.erase(same);
  }

  void forget() {
    for (auto& each : drafts.forget()) forgotten[each->id].push_back(std::move(each));
  }
};

StageKeys::StageKeys(const task::TaskGraph& graph, KeySources sources)
    : impl_(std::make_shared<Impl>(graph, std::move(sources))) {}

const KeyedStage& StageKeys::of(task::TaskId id) {
  std::lock_guard lock(impl_->mutex);
  impl_->make({id});
  return *impl_->drafts.at(id).keyed;
}

void StageKeys::make(const std::vector<task::TaskId>& ids) {
  std::lock_guard lock(impl_->mutex);
  impl_->make(ids);
}

void StageKeys::forget() {
  std::lock_guard lock(impl_->mutex);
  impl_->forget();
}

std::string argument_value(const task::StageArgument& argument, const std::string& image) {
  const std::size_t colon = image.rfind(':');
  switch (argument.part) {
    case task::StageArgument::Part::kImage:
      return image;
    case task::StageArgument::Part::kRepository:
      return image.substr(0, colon);
    case task::StageArgument::Part::kTag:
      return image.substr(colon + 1);
  }
  return image;
}

}  // namespace ixian::plan
