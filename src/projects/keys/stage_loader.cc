// Which stages a Dockerfile stands on is known only when it has been read, and it can be read only with what
// those stages' Dockerfiles set (ENV, ONBUILD). So reading is a depth-first walk that finds its edges on the
// way: a stage that needs an unread one is put aside on a stack, the other is read, and the first is read
// once more from the start. Reading is cheap (no file but the Dockerfile), which is why nothing is resumed in
// the middle.
#include "keys/stage_loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "oci/platform.h"
#include "oci/reference.h"

namespace ixian::keys {
namespace {

using base::Error;
using base::ErrorCode;
using task::TaskId;

constexpr std::size_t kKeyLength = 64;

void check_name(const task::StageDeclaration& declared) {
  if (oci::is_valid_tag(declared.name + "-" + std::string(kKeyLength, '0'))) return;
  throw Error(ErrorCode::kProject,
              fmt::format("invalid stage name \"{}\" (expected: at most 63 letters, digits, \"_\", \".\" and "
                          "\"-\", beginning with one of the first three)",
                          base::printable_path(declared.name)));
}

}  // namespace

StageError::StageError(const std::string& task, const Error& error)
    : Error(error.code(), fmt::format("cannot compute the cache key of {}: {}", task, error.message()),
            error.context()) {}

bool LoadedStage::stands_for_stage(const task::StageArgument& argument) const {
  return inputs.used.contains(argument.name) && !keyed->declared.build_args.contains(argument.name);
}

TaskId StageLoader::task_of(const task::StageArgument& argument) const {
  const TaskId id = graph_.find(argument.task);
  if (id != task::TaskGraph::kNone && graph_[id].is_image()) return id;
  throw Error(ErrorCode::kProject,
              fmt::format("build argument {} stands for the image of {}, but there is no such image task",
                          argument.name, argument.task));
}

// Without recursion, since there may be a thousand in a row.
void StageLoader::read(TaskId root) {
  struct Leave {
    std::vector<Reading>& all;
    std::size_t size;
    ~Leave() { all.resize(size); }
  } leave{reading_, reading_.size()};
  for (TaskId next = root;;) {
    if (!drafts_.contains(next)) {
      const bool again =
          std::any_of(reading_.begin(), reading_.end(), [&](const auto& one) { return one.id == next; });
      // What is on the stack and is needed again needs itself.
      if (again) fail_ring(next);
      reading_.emplace_back(next);
    }
    if (reading_.size() == leave.size) return;
    const TaskId id = reading_.back().id;
    const auto below = with_stage_name(graph_[id].name, [&] { return read_or_tell(id); });
    if (!below) reading_.pop_back();
    next = below.value_or(id);
  }
}

std::optional<TaskId> StageLoader::read_or_tell(TaskId id) {
  try {
    return read_on(id);
  } catch (const StageError&) {
    throw;  // of another one
  } catch (const Error&) {
    if (reading_.back().draft) failed_(*reading_.back().draft);
    throw;
  }
}

const LoadedStage* StageLoader::find(TaskId id) const {
  const auto found = drafts_.find(id);
  return found == drafts_.end() ? nullptr : found->second.get();
}

// The stage that must be read before this one can be, nullopt where this one is done.
std::optional<TaskId> StageLoader::read_on(TaskId id) {
  cancellation_.throw_if_requested();
  if (!reading_.back().draft) {
    auto made = declared(id);  // which may ask for other stages, and then `reading_` grows for a while
    reading_.back().draft = std::move(made);
  }
  LoadedStage& draft = *reading_.back().draft;
  std::optional<TaskId> unread;
  auto inputs = dockerfile_inputs(
      draft.keyed->declared, draft.platform,
      [&](const task::StageArgument& argument) -> const DockerfileInputs* {
        const TaskId below = task_of(argument);
        if (drafts_.contains(below)) return &at(below).inputs;
        unread = below;
        return nullptr;
      },
      facts_of_base_);
  if (!inputs) return unread;
  draft.inputs = *std::move(inputs);
  add_needs(draft);
  for (const TaskId below : draft.needs) {
    if (!drafts_.contains(below)) return below;
  }
  drafts_.emplace(id, std::move(reading_.back().draft));
  return std::nullopt;
}

void StageLoader::read_again(const std::vector<TaskId>& ids) {
  for (const TaskId id : ids) {
    auto draft = std::move(drafts_.at(id));
    drafts_.erase(id);
    draft->inputs = {};
    draft->needs.clear();
    unread_[id] = std::move(draft);
  }
}

std::unique_ptr<LoadedStage> StageLoader::declared(TaskId id) {
  if (auto known = unread_.extract(id)) return std::move(known.mapped());
  if (!graph_[id].is_image()) throw Error(ErrorCode::kUsage, "not an image task");
  auto draft = std::make_unique<LoadedStage>();
  draft->keyed = std::make_shared<ResolvedStage>();
  draft->keyed->id = id;
  draft->keyed->declared = graph_[id].image_stage();
  const task::StageDeclaration& stage = draft->keyed->declared;
  check_name(stage);
  draft->platform =
      (stage.platform.empty() ? oci::host_platform() : oci::parse_platform(stage.platform)).text();
  return draft;
}

void StageLoader::add_needs(LoadedStage& draft) const {
  const auto need = [&](const task::StageArgument& argument) {
    const TaskId below = task_of(argument);
    if (std::find(draft.needs.begin(), draft.needs.end(), below) == draft.needs.end())
      draft.needs.push_back(below);
  };
  for (const auto& image : draft.inputs.images) {
    if (image.stage != nullptr) need(*image.stage);
  }
  for (const auto& argument : draft.keyed->declared.stage_args) {
    if (draft.stands_for_stage(argument)) need(argument);
  }
}

std::vector<std::shared_ptr<ResolvedStage>> StageLoader::forget() {
  std::vector<std::shared_ptr<ResolvedStage>> all;
  for (auto& [id, draft] : drafts_) {
    if (draft->done) all.push_back(std::move(draft->keyed));
  }
  drafts_.clear();
  unread_.clear();
  return all;
}

void StageLoader::fail_ring(TaskId again) const {
  auto each =
      std::find_if(reading_.begin(), reading_.end(), [&](const auto& one) { return one.id == again; });
  std::vector<std::string> names;
  for (; each != reading_.end(); ++each) names.push_back(graph_[each->id].name);
  names.push_back(graph_[again].name);
  throw StageError(
      graph_[again].name,
      Error(ErrorCode::kProject,
            fmt::format("dependency cycle of images: {}\nhint: build one of them without the next",
                        base::join(names, " → "))));
}

}  // namespace ixian::keys
