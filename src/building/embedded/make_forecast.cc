// A build without its builds: stages are gone through as a build would, with keys as far as they can be known
// without anybody's files. Three things are told apart: what a cache has, what certainly runs, and what
// nobody can tell yet, since its key stands on the content of something that has not been built. Once
// something runs, all that follows in the stage does.
#include "embedded/make_forecast.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "embedded/cache_lookup.h"
#include "steps/cache_key.h"

namespace ixian::embedded {
namespace {

using Outcome = engine::ForecastStep::Outcome;

// What is known of a stage, or of the part of it that has been looked at.
struct Outlook {
  Outcome outcome = Outcome::kCached;  // of its last instruction: what follows one that runs does so, too
  snapshot::StageSnapshot state;       // where that is cached
  std::string unknown;                 // else the instruction that has to be known first, "runtime 2/3"
  std::vector<engine::ForecastStep> steps;
};

class Forecaster {
 public:
  Forecaster(const steps::BuildPlan& plan, cache::LocalCache& cache, cache::CacheImporter& reading,
             base::Cancellation& cancellation)
      : plan_(plan), cache_(cache), reading_(reading), cancellation_(cancellation) {}

  engine::BuildForecast run() {
    look(plan_.target);
    engine::BuildForecast forecast;
    for (auto& [index, outlook] : stages_)
      forecast.steps.insert(forecast.steps.end(), outlook.steps.begin(), outlook.steps.end());
    return forecast;
  }

 private:
  const Outlook& look(std::size_t index) {
    if (const auto known = stages_.find(index); known != stages_.end()) return known->second;
    cancellation_.throw_if_requested();
    const steps::StagePlan& stage = plan_.stages.at(index);
    const snapshot::LayerStack base = layers_of_base(plan_, stage);
    Outlook outlook;
    std::size_t first = 0;
    if (auto known = find_known_steps(plan_, stage, cache_, reading_, base)) {
      first = known->steps;
      const std::string note = known->place.empty() ? "" : "in " + known->place;
      for (std::size_t i = 0; i < first; ++i) add(outlook, stage, i, Outcome::kCached, note);
      outlook.state = std::move(known->state);
    } else if (const auto* from = std::get_if<stages::FromStage>(&stage.base)) {
      const Outlook& below = look(from->index);
      outlook.outcome = below.outcome;
      outlook.state = below.state;
      outlook.unknown = below.unknown;
    } else {
      outlook.state.content_key = stage.base_key;
      outlook.state.layers = base;
    }
    for (std::size_t i = first; i < stage.steps.size(); ++i) {
      if (stage.steps[i].makes_layer) step(outlook, stage, i, base);
    }
    return stages_.emplace(index, std::move(outlook)).first->second;
  }

  void add(Outlook& outlook, const steps::StagePlan& stage, std::size_t index, Outcome outcome,
           std::string note) const {
    const steps::Step& step = stage.steps[index];
    if (!step.makes_layer) return;
    outlook.steps.push_back(
        {stage.label, index + 1, stage.steps.size(), step.title, outcome, std::move(note)});
  }

  void step(Outlook& outlook, const steps::StagePlan& stage, std::size_t index,
            const snapshot::LayerStack& base) {
    const steps::Step& step = stage.steps[index];
    for (const auto& origin : step.origins) {
      if (const auto* other = std::get_if<stages::FromStage>(&origin)) look(other->index);
    }
    if (outlook.outcome == Outcome::kRuns)
      return add(outlook, stage, index, Outcome::kRuns, "a previous step runs");
    if (!stage.use_cache) {
      outlook.outcome = Outcome::kRuns;
      return add(outlook, stage, index, Outcome::kRuns, "cache disabled by --no-cache");
    }
    if (outlook.outcome == Outcome::kUnknown)
      return add(outlook, stage, index, Outcome::kUnknown,
                 fmt::format("unknown until {} is ready", outlook.unknown));
    const auto origins = known_origins(step);
    if (!origins) {
      outlook.outcome = Outcome::kUnknown;
      outlook.unknown = fmt::format("{} {}/{}", stage.label, index + 1, stage.steps.size());
      return add(outlook, stage, index, Outcome::kUnknown, what_is_missing(step));
    }
    const std::string key = steps::instruction_key(outlook.state.content_key, step.definition, *origins);
    if (auto place = take(outlook, stage, index, key, base))
      return add(outlook, stage, index, Outcome::kCached, *place);
    outlook.outcome = Outcome::kRuns;
    add(outlook, stage, index, Outcome::kRuns, "cache miss");
  }

  // Where the outcome is, as a note; it becomes the stage's state. nullopt: nowhere.
  std::optional<std::string> take(Outlook& outlook, const steps::StagePlan& stage, std::size_t index,
                                  const std::string& key, const snapshot::LayerStack& base) {
    if (auto here = find_here(cache_, key, base, outlook.state.layers)) {
      outlook.state = *std::move(here);
      return "";
    }
    auto hit = find_elsewhere(plan_, stage, index, key, reading_, base, outlook.state.layers);
    if (!hit) return std::nullopt;
    outlook.state = std::move(hit->state);
    return "in " + hit->place;
  }

  // What stands in the key by content, where no files of others have to be read for it.
  std::optional<base::Json> known_origins(const steps::Step& step) {
    if (!std::holds_alternative<dockerfile::Run>(step.instruction.body)) {
      for (const auto& origin : step.origins) {
        if (is_of_others(origin)) return std::nullopt;
      }
      return steps::origin_keys(step, plan_, [](std::size_t) { return std::string(); });
    }
    base::Json mounts = base::Json::array();
    for (std::size_t i = 0; i < step.origins.size(); ++i) {
      if (shows_other_files(step, i) && is_of_others(step.origins[i])) return std::nullopt;
      mounts.push_back(mounted_content(step, i, {}, cancellation_));
    }
    return mounts;
  }

  static bool is_of_others(const stages::InputRef& origin) {
    return std::holds_alternative<stages::FromStage>(origin) ||
           std::holds_alternative<stages::FromImage>(origin);
  }

  std::string what_is_missing(const steps::Step& step) {
    std::string image;
    for (const auto& origin : step.origins) {
      if (const auto* named = std::get_if<stages::FromImage>(&origin)) image = named->name;
      const auto* other = std::get_if<stages::FromStage>(&origin);
      if (other == nullptr) continue;
      const std::string& label = plan_.stages.at(other->index).label;
      const Outlook& outlook = look(other->index);
      if (outlook.outcome == Outcome::kRuns) return fmt::format("unknown until {} is built", label);
      if (outlook.outcome == Outcome::kUnknown)
        return fmt::format("unknown until {} is ready", outlook.unknown);
      image = label;
    }
    return fmt::format("unknown until the files of {} are compared", image);
  }

  const steps::BuildPlan& plan_;
  cache::LocalCache& cache_;
  cache::CacheImporter& reading_;
  base::Cancellation& cancellation_;
  std::map<std::size_t, Outlook> stages_;
};

}  // namespace

engine::BuildForecast make_forecast(const steps::BuildPlan& plan, cache::LocalCache& cache,
                                    cache::CacheImporter& reading, base::Cancellation& cancellation) {
  return Forecaster(plan, cache, reading, cancellation).run();
}

}  // namespace ixian::embedded
