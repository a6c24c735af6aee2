// A key is made in steps, so that whatever must wait does so beside the others: all Dockerfiles that one
// stands on are read first, those below before those that stand on them; then all foreign images are asked
// for at once, and what they mean for a Dockerfile that stands on them (what they set, what they trigger)
// where nobody on this machine knows it yet. Then the Dockerfiles are read again with that, as often as
// triggers name further images. Then contexts are read in parallel; then documents are made from below
// upwards.
#include "keys/stage_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "base/thread_pool.h"
#include "context/file_view.h"
#include "keys/key_document.h"
#include "keys/outside_inputs.h"
#include "keys/stage_loader.h"
#include "keys/stage_warnings.h"

namespace ixian::keys {

using task::TaskId;

struct StageResolver::Impl {
  Impl(const task::TaskGraph& task_graph, KeyCallbacks key_sources)
      : graph(task_graph),
        sources(std::move(key_sources)),
        outside(sources,
                [this](const LoadedStage& draft, const std::function<void()>& work) { blame(draft, work); }),
        drafts(
            task_graph, facts_of_base, [this](const LoadedStage& draft) { tell_of(draft); },
            sources.cancellation) {}

  const task::TaskGraph& graph;
  const KeyCallbacks sources;
  const FactsOfBase facts_of_base = [this](const std::string& image, const std::string& platform) {
    return outside.known_base(image, platform);
  };
  // Guards all below. Held while keys are made; recursive, as a project's Python may ask for a key while
  // another is made.
  std::recursive_mutex mutex;
  OutsideInputs outside;
  StageLoader drafts;
  std::map<TaskId, std::vector<std::shared_ptr<ResolvedStage>>> forgotten;  // somebody may still look at them
  std::set<std::string> warnings;
  std::mutex failures;
  std::vector<const LoadedStage*> failed;  // since make() began

  const std::string& name(const LoadedStage& draft) const { return graph[draft.keyed->id].name; }

  void warn(const std::string& text) {
    if (warnings.insert(text).second) sources.sink.log(base::kNoActivity, base::LogLevel::kWarning, text);
  }

  // What is odd in a Dockerfile of which no key can be made. Of others tells who builds them.
  void tell_of(const LoadedStage& draft) {
    if (sources.explains && !sources.explains()) return;
    const auto inputs_of = [&](const task::StageArgument& argument) -> const DockerfileInputs* {
      const LoadedStage* below = drafts.find(graph.find(argument.task));
      return below == nullptr ? nullptr : &below->inputs;
    };
    for (const std::string& line :
         stage_warnings(draft.keyed->declared, draft.platform, sources.excluded, inputs_of, facts_of_base)) {
      warn(line);
    }
  }

  // Work for a stage that has been read, by any thread: an Error is one of its image.
  void blame(const LoadedStage& draft, const std::function<void()>& work) {
    with_stage_name(name(draft), [&] {
      try {
        work();
      } catch (const StageError&) {
        throw;  // of another one
      } catch (const base::Error&) {
        const std::lock_guard lock(failures);
        failed.push_back(&draft);
        throw;
      }
    });
  }

  void make(const std::vector<TaskId>& ids) {
    failed.clear();
    try {
      make_all(ids);
    } catch (const base::Error&) {
      for (const LoadedStage* each : failed) tell_of(*each);
      throw;
    }
  }

  void make_all(const std::vector<TaskId>& ids) {
    std::vector<LoadedStage*> todo;
    for (;;) {
      std::set<TaskId> seen;
      todo.clear();
      for (const TaskId id : ids) {
        drafts.read(id);
        collect(id, seen, todo);
      }
      if (todo.empty()) return;
      // Nothing new of any base: reading again would find the same.
      if (!outside.ask(todo)) break;
      std::vector<TaskId> again;
      for (const LoadedStage* each : todo) again.push_back(each->keyed->id);
      drafts.read_again(again);
    }
    read_contexts(todo);
    for (LoadedStage* each : todo) blame(*each, [&] { finish(*each); });
  }

  // Those without a key, from below upwards.
  void collect(TaskId id, std::set<TaskId>& seen, std::vector<LoadedStage*>& todo) {
    LoadedStage& each = drafts.at(id);
    if (each.done || !seen.insert(id).second) return;
    for (const TaskId below : each.needs) collect(below, seen, todo);
    todo.push_back(&each);
  }

  void read_contexts(const std::vector<LoadedStage*>& todo) {
    const unsigned processors = base::processor_count();
    ContextOptions options{sources.excluded, sources.content_digest, 1};
    if (todo.size() < processors) options.threads = processors / static_cast<unsigned>(todo.size());
    base::parallel_for(todo.size(), processors, [&](std::size_t i) {
      LoadedStage& each = *todo[i];
      blame(each, [&] {
        each.context = context_inputs(each.keyed->declared, each.inputs, options, sources.cancellation);
      });
    });
  }

  const ResolvedStage& stage_of(const task::StageArgument& argument) {
    return *drafts.at(drafts.task_of(argument)).keyed;
  }

  ProjectImage own_image(const task::StageArgument& argument) {
    const ResolvedStage& below = stage_of(argument);
    return {below.key, below.declared.name};
  }

  std::string image_of(const std::string& task) { return drafts.at(graph.find(task)).keyed->image(); }

  // What documents call the images of a stage, and what people do.
  struct ImageNames {
    std::map<std::string, std::string> own;               // by task
    std::map<OutsideInputs::Image, std::string> foreign;  // by name and platform
    std::map<std::string, std::string> shown;             // by digest or key
  };

  // Also notes which images the stage stands on.
  std::vector<base::Json> images_of(const LoadedStage& each, ImageNames& names) {
    std::vector<base::Json> facts;
    ResolvedStage& keyed = *each.keyed;
    for (const auto& image : each.inputs.images) {
      if (image.stage != nullptr) {
        const ProjectImage own = own_image(*image.stage);
        keyed.stages.push_back(drafts.task_of(*image.stage));
        names.shown[own.key] = own.stage;
        names.own[image.stage->task] = own.key;
        facts.push_back(image_fact(own));
        continue;
      }
      const std::string real_name =
          with_real_names(image.name, keyed.declared, [&](const auto& task) { return image_of(task); });
      auto& all = keyed.foreign_images;
      if (std::find(all.begin(), all.end(), real_name) == all.end()) all.push_back(real_name);
      const std::string digest = outside.digest(image, real_name);
      keyed.pinned[real_name] = digest;
      names.shown.try_emplace(digest, image.name);
      names.foreign[OutsideInputs::Image(image.name, image.platform)] = digest;
      facts.push_back(image_fact(digest));
    }
    return facts;
  }

  static std::string origin_name(const LoadedStage& each, const ImageNames& names,
                                 const stages::InputRef& origin, const std::string& platform) {
    if (std::holds_alternative<stages::FromScratch>(origin)) return "scratch";
    if (std::holds_alternative<stages::FromContext>(origin)) return "";
    if (const auto* stage = std::get_if<stages::FromStage>(&origin)) {
      const auto& all = each.inputs.stages;
      const auto found =
          std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.index == stage->index; });
      return fmt::format("stage {}", found - all.begin());
    }
    const std::string& image = std::get<stages::FromImage>(origin).name;
    if (const auto* own = stage_named(each.keyed->declared, image)) return names.own.at(own->task);
    return names.foreign.at(OutsideInputs::Image(image, platform));
  }

  base::Json arguments_of(const LoadedStage& each) {
    ResolvedStage& keyed = *each.keyed;
    base::Json facts = base::Json::object();
    // A name without a registry: the stage and its key.
    const auto keyed_name = [&](const std::string& task) {
      return "stage.invalid/image:" + drafts.at(graph.find(task)).keyed->tag();
    };
    for (const auto& [argument, value] : each.inputs.values)
      facts[base::printable_path(argument)] = text_fact(with_real_names(value, keyed.declared, keyed_name));
    for (const std::string& argument : each.inputs.given)
      keyed.arguments.emplace(argument, keyed.declared.build_args.at(argument));
    for (const auto& [argument, value] : keyed.declared.build_args) {
      if (each.inputs.arguments.contains(argument)) facts[base::printable_path(argument)] = text_fact(value);
    }
    for (const auto& argument : keyed.declared.stage_args) {
      if (!each.stands_for_stage(argument)) continue;
      keyed.arguments.emplace(argument.name, argument_value(argument, stage_of(argument).image()));
      if (each.inputs.arguments.contains(argument.name))
        facts[argument.name] = argument_fact(own_image(argument), argument.part);
    }
    return facts;
  }

  base::Json files_of(const task::StageDeclaration& declared) const {
    if (declared.files.empty()) return base::Json::object();
    const std::string beside =
        declared.context.empty() ? context::parent_path(declared.dockerfile_path) : declared.context;
    return relative_details(sources.file_details(declared.files), beside);
  }

  void finish(LoadedStage& each) {
    ResolvedStage& keyed = *each.keyed;
    keyed.stages.clear();
    keyed.foreign_images.clear();
    keyed.pinned.clear();
    ImageNames names;
    const std::vector<base::Json> images = images_of(each, names);
    const base::Json dockerfile = dockerfile_fact(
        each.inputs, each.platform, [&](const stages::InputRef& origin, const std::string& platform) {
          return origin_name(each, names, origin, platform);
        });
    keyed.inputs = key_document(keyed.declared, each.platform, dockerfile, arguments_of(each), images,
                                each.context.files, files_of(keyed.declared));
    if (each.inputs.escape != '\\') keyed.inputs["escape"] = std::string(1, each.inputs.escape);
    if (!each.context.named.empty()) keyed.inputs["contexts"] = each.context.named;
    base::Json remote = base::Json::array();
    for (const auto& source : each.inputs.remotes)
      remote.push_back({text_fact(source.what.shown()), *outside.identity(source.what)});
    if (!remote.empty()) keyed.inputs["remote"] = std::move(remote);
    keyed.key = base::sha256_hex(base::canonical_json(keyed.inputs));
    // Behind the hash: names and line numbers are for people only.
    keyed.inputs[kShown] = shown_beside(each.inputs, names.shown);
    keyed.context_bytes = each.context.bytes;
    for (const std::string& argument : each.inputs.unused) {
      warn(fmt::format("build argument {} of {} is unused: no such ARG in {}", argument, name(each),
                       keyed.declared.dockerfile_name));
    }
    for (const std::string& source : each.inputs.untold) {
      warn(
          fmt::format("{} in {} is unknown before the images of the project have tags, so it is not part of "
                      "the cache key",
                      base::shown(source), name(each)));
    }
    if (each.context.has_git) {
      warn(
          fmt::format("{} reads .git of its build context, which differs between checkouts, so its image is "
                      "rebuilt in each\nhint: add .git to .dockerignore",
                      name(each)));
    }
    each.context = {};
    each.inputs.images.clear();
    each.inputs.stages.clear();
    each.inputs.remotes.clear();
    each.done = true;
    take_known(each);
  }

  // Of equal keys the one that somebody may look at is kept, so that forgetting does not add up.
  void take_known(LoadedStage& each) {
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

StageResolver::StageResolver(const task::TaskGraph& graph, KeyCallbacks sources)
    : impl_(std::make_shared<Impl>(graph, std::move(sources))) {}

const ResolvedStage& StageResolver::of(task::TaskId id) {
  std::lock_guard lock(impl_->mutex);
  impl_->make({id});
  return *impl_->drafts.at(id).keyed;
}

void StageResolver::make(const std::vector<task::TaskId>& ids) {
  std::lock_guard lock(impl_->mutex);
  impl_->make(ids);
}

void StageResolver::forget() {
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

}  // namespace ixian::keys
