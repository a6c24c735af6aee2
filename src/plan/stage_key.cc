// A key is made in steps, so that whatever must wait does so beside the others: all Dockerfiles that one
// stands on are read first, those below before those that stand on them; then all foreign images are asked
// for at once; then contexts are read in parallel; then documents are made from below upwards.
#include "plan/stage_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "context/file_view.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "plan/context_inputs.h"
#include "plan/dockerfile_inputs.h"
#include "plan/key_document.h"

namespace ixian::plan {
namespace {

using base::Error;
using base::ErrorCode;
using task::TaskId;

constexpr unsigned kDigestsAtOnce = 16;

// Already says whose image it is about.
class NamedError : public Error {
 public:
  NamedError(const std::string& task, const Error& error)
      : Error(error.code(), fmt::format("The image of {} cannot be named: {}", task, error.message()),
              error.context()) {}
};

template <typename Body>
auto named(const std::string& task, const Body& body) {
  try {
    return body();
  } catch (const NamedError&) {
    throw;
  } catch (const Error& error) {
    throw NamedError(task, error);
  }
}

std::string platform_of(const task::ImageStage& declared) {
  return (declared.platform.empty() ? oci::host_platform() : oci::parse_platform(declared.platform)).text();
}

std::string digest_in_name(const DockerfileInputs::Image& image, const std::string& name) {
  try {
    const auto digest = oci::parse_reference(name).digest;
    return digest ? digest->text() : "";
  } catch (const Error& error) {
    throw image.source->error(image.at, error.message());
  }
}

// A stage on its way to its key.
struct Draft {
  KeyedStage keyed;
  std::string platform;
  DockerfileInputs inputs;
  std::vector<TaskId> needs;  // whose keys this one holds
  ContextInputs context;
  bool done = false;
};

struct Reading {
  explicit Reading(TaskId task = task::TaskGraph::kNone) : id(task) {}
  TaskId id;
  std::unique_ptr<Draft> draft;
};

}  // namespace

struct StageKeys::Impl {
  Impl(const task::TaskGraph& task_graph, KeySources key_sources)
      : graph(task_graph), sources(std::move(key_sources)) {}

  using Drafts = std::map<TaskId, std::unique_ptr<Draft>>;
  using Question = std::pair<std::string, std::string>;  // a foreign image, a platform

  const task::TaskGraph& graph;
  const KeySources sources;
  std::recursive_mutex mutex;
  Drafts drafts;
  std::vector<Drafts> forgotten;  // somebody may still look at them
  std::vector<Reading> reading;   // each needs the next
  std::map<Question, std::string> digests;
  std::set<std::string> warnings;

  const std::string& name(TaskId id) const { return graph[id].name; }
  Draft& draft(TaskId id) { return *drafts.at(id); }

  void warn(const std::string& text) {
    if (warnings.insert(text).second) sources.sink.log(base::kNoActivity, base::LogLevel::kWarning, text);
  }

  TaskId task_of(const task::StageArgument& argument) const {
    const TaskId id = graph.find(argument.task);
    if (id != task::TaskGraph::kNone && graph[id].is_image()) return id;
    throw Error(ErrorCode::kProject, fmt::format("{} stands for the image of {}, and there is no such image "
                                                 "task.",
                                                 argument.name, argument.task));
  }

  [[noreturn]] void fail_ring(TaskId again) const {
    auto each =
        std::find_if(reading.begin(), reading.end(), [&](const auto& one) { return one.id == again; });
    std::vector<std::string> names;
    for (; each != reading.end(); ++each) names.push_back(name(each->id));
    names.push_back(name(again));
    throw NamedError(name(again), Error(ErrorCode::kProject,
                                        fmt::format("these images need each other: {}. One of them must be "
                                                    "built without the next.",
                                                    base::join(names, " → "))));
  }

  // Reads a Dockerfile, after those of the stages below it: without recursion, since there may be a thousand
  // in a row.
  void read(TaskId root) {
    struct Leave {
      std::vector<Reading>& all;
      std::size_t size;
      ~Leave() { all.resize(size); }
    } leave{reading, reading.size()};
    for (TaskId next = root;;) {
      if (!drafts.contains(next)) {
        const bool again =
            std::any_of(reading.begin(), reading.end(), [&](const auto& one) { return one.id == next; });
        if (again) fail_ring(next);
        reading.emplace_back(next);
      }
      if (reading.size() == leave.size) return;
      const TaskId id = reading.back().id;
      const auto below = named(name(id), [&] { return read_on(id); });
      if (!below) reading.pop_back();
      next = below.value_or(id);
    }
  }

  // The stage that must be read before this one can be, nullopt where this one is done.
  std::optional<TaskId> read_on(TaskId id) {
    sources.cancellation.throw_if_requested();
    if (!reading.back().draft) {
      if (!graph[id].is_image()) throw Error(ErrorCode::kUsage, "it is no image task.");
      auto made = std::make_unique<Draft>();
      made->keyed.id = id;
      made->keyed.declared = graph[id].image_stage();  // may ask for keys itself
      made->platform = platform_of(made->keyed.declared);
      reading.back().draft = std::move(made);
    }
    Draft& made = *reading.back().draft;
    std::optional<TaskId> unread;
    auto inputs = dockerfile_inputs(made.keyed.declared, made.platform,
                                    [&](const task::StageArgument& argument) -> const DockerfileInputs* {
                                      const TaskId below = task_of(argument);
                                      if (drafts.contains(below)) return &draft(below).inputs;
                                      unread = below;
                                      return nullptr;
                                    });
    if (!inputs) return unread;
    made.inputs = *std::move(inputs);
    for (const auto& image : made.inputs.images) {
      if (image.stage != nullptr) need(*image.stage, made);
    }
    for (const auto& argument : made.keyed.declared.stage_args) {
      if (stands_for_stage(made, argument)) need(argument, made);
    }
    for (const TaskId below : made.needs) {
      if (!drafts.contains(below)) return below;
    }
    drafts.emplace(id, std::move(reading.back().draft));
    return std::nullopt;
  }

  void need(const task::StageArgument& argument, Draft& by) const {
    const TaskId below = task_of(argument);
    if (std::find(by.needs.begin(), by.needs.end(), below) == by.needs.end()) by.needs.push_back(below);
  }

  static bool stands_for_stage(const Draft& draft, const task::StageArgument& argument) {
    return draft.inputs.arguments.contains(argument.name) &&
           !draft.keyed.declared.build_args.contains(argument.name);
  }

  // Those without a key, from below upwards.
  void collect(TaskId id, std::set<TaskId>& seen, std::vector<Draft*>& todo) {
    Draft& each = draft(id);
    if (each.done || !seen.insert(id).second) return;
    for (const TaskId below : each.needs) collect(below, seen, todo);
    todo.push_back(&each);
  }

  void ask_for_digests(const std::vector<Draft*>& todo) {
    std::vector<std::pair<Question, const Draft*>> questions;
    std::set<Question> asked;
    for (const Draft* each : todo) {
      for (const auto& image : each->inputs.images) {
        if (image.stage != nullptr || holds_stage_argument(image.name)) continue;
        const Question question(image.name, image.platform);
        if (digests.contains(question) || !asked.insert(question).second) continue;
        const std::string known =
            named(name(each->keyed.id), [&] { return digest_in_name(image, image.name); });
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
      const auto& [question, each] = questions[i];
      named(name(each->keyed.id), [&, &question = question] {
        answers[i] = sources.foreign_digest(question.first, question.second);
      });
    });
    for (std::size_t i = 0; i < questions.size(); ++i) digests[questions[i].first] = std::move(answers[i]);
  }

  void read_contexts(const std::vector<Draft*>& todo) {
    const unsigned processors = base::processor_count();
    ContextOptions options{sources.excluded, sources.content_digest, 1};
    if (todo.size() < processors) options.threads = processors / static_cast<unsigned>(todo.size());
    base::parallel_for(todo.size(), processors, [&](std::size_t i) {
      Draft& each = *todo[i];
      named(name(each.keyed.id), [&] {
        each.context = context_inputs(each.keyed.declared, each.inputs, options, sources.cancellation);
      });
    });
  }

  OwnImage own_image(const task::StageArgument& argument) {
    const KeyedStage& below = draft(task_of(argument)).keyed;
    return {below.key, below.declared.name};
  }

  std::string foreign_digest(const DockerfileInputs::Image& image, const std::string& real_name) {
    const Question question(real_name, image.platform);
    std::string& known = digests[question];
    if (known.empty()) known = digest_in_name(image, real_name);
    if (known.empty()) known = sources.foreign_digest(real_name, image.platform);
    return known;
  }

  std::vector<base::Json> images_of(Draft& each) {
    std::vector<base::Json> facts;
    KeyedStage& keyed = each.keyed;
    const auto image_of = [&](const std::string& task) { return draft(graph.find(task)).keyed.image(); };
    for (const auto& image : each.inputs.images) {
      if (image.stage != nullptr) {
        keyed.stages.push_back(task_of(*image.stage));
        facts.push_back(image_fact(own_image(*image.stage)));
        continue;
      }
      const std::string real_name = with_real_names(image.name, keyed.declared, image_of);
      auto& names = keyed.foreign_images;
      if (std::find(names.begin(), names.end(), real_name) == names.end()) names.push_back(real_name);
      facts.push_back(image_fact(ForeignImage{image.name, foreign_digest(image, real_name)}));
    }
    return facts;
  }

  base::Json arguments_of(Draft& each) {
    KeyedStage& keyed = each.keyed;
    base::Json facts = base::Json::object();
    for (const std::string& argument : each.inputs.given)
      keyed.arguments.emplace(argument, keyed.declared.build_args.at(argument));
    for (const auto& [argument, value] : keyed.declared.build_args) {
      if (each.inputs.arguments.contains(argument)) facts[base::printable_path(argument)] = text_fact(value);
    }
    for (const auto& argument : keyed.declared.stage_args) {
      if (!stands_for_stage(each, argument)) continue;
      const KeyedStage& below = draft(task_of(argument)).keyed;
      keyed.arguments.emplace(argument.name, argument_value(argument, below.image()));
      facts[argument.name] = argument_fact(own_image(argument), argument.part);
    }
    return facts;
  }

  void finish(Draft& each) {
    KeyedStage& keyed = each.keyed;
    const task::ImageStage& declared = keyed.declared;
    base::Json files = base::Json::object();
    if (!declared.files.empty()) {
      files = portable_details(
          sources.file_details(declared.files),
          declared.context.empty() ? context::parent_path(declared.dockerfile_path) : declared.context);
    }
    keyed.stages.clear();
    keyed.foreign_images.clear();
    keyed.inputs = key_document(declared, each.platform, arguments_of(each), images_of(each),
                                each.context.files, std::move(files));
    keyed.key = base::sha256_hex(base::canonical_json(keyed.inputs));
    keyed.context_bytes = each.context.bytes;
    for (const std::string& argument : each.inputs.unused) {
      warn(fmt::format("The build argument {} of {} is used by no ARG of {}.", argument, name(keyed.id),
                       declared.dockerfile_name));
    }
    if (each.context.has_git) {
      warn(
          fmt::format("{} reads .git of its build context, which differs from checkout to checkout, so that "
                      "its image is built again for each; put .git into .dockerignore.",
                      name(keyed.id)));
    }
    each.context = {};
    each.done = true;
  }

  void make(const std::vector<TaskId>& ids) {
    std::set<TaskId> seen;
    std::vector<Draft*> todo;
    for (const TaskId id : ids) {
      read(id);
      collect(id, seen, todo);
    }
    if (todo.empty()) return;
    ask_for_digests(todo);
    read_contexts(todo);
    for (Draft* each : todo) named(name(each->keyed.id), [&] { finish(*each); });
  }

  void forget() {
    std::lock_guard lock(mutex);
    forgotten.push_back(std::exchange(drafts, {}));
  }
};

StageKeys::StageKeys(const task::TaskGraph& graph, KeySources sources)
    : impl_(std::make_shared<Impl>(graph, std::move(sources))) {}

const KeyedStage& StageKeys::of(task::TaskId id) {
  std::lock_guard lock(impl_->mutex);
  impl_->make({id});
  return impl_->draft(id).keyed;
}

void StageKeys::make(const std::vector<task::TaskId>& ids) {
  std::lock_guard lock(impl_->mutex);
  impl_->make(ids);
}

void StageKeys::forget() {
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
