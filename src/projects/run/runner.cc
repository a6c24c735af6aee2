// Steps become ready as what they depend on ends, and go to one of two queues: the calling thread's, or
// everybody's. The calling thread takes from both, and is preferred while it is idle. It alone runs the task
// that was asked for, and every task with one job: it is Python's main thread, where Ctrl-C can interrupt
// code at once, and the terminal is given to one task at a time.
//
// The plan was made before anything ran, and is believed only as long as that is true. As soon as one task
// has run, every step is decided again just before its turn, under its lock and with its record read anew: a
// task may have written what another one checks, and another ix in the same project may have done the work
// meanwhile. A record is begun before a task runs and saved after it succeeded, so that whatever happens in
// between counts as unfinished.
//
// For images "complete" is not asked again: their keys are, once, when the first image's turn has come and
// all that they are made from is there.
#include "run/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/activity.h"
#include "base/thread_pool.h"
#include "run/scheduler.h"
#include "run/stdio_capture.h"
#include "task/lock.h"

namespace ixian::run {
namespace {

enum class Result { kSkipped, kRan, kFailed, kNotStarted };

// One run: who is ready, who is done. The calling thread hands out work, and works itself.
class Run {
 public:
  Run(const plan::TaskPlan& plan, const plan::TaskOptions& options, const RunOptions& run_options,
      RunContext& context)
      : plan_(plan),
        options_(options),
        jobs_(std::max(1u, run_options.jobs)),
        terminal_(run_options.terminal),
        context_(context),
        runs_(context.graph, ids(plan), context.store),
        order_(plan, context.graph) {}

  Report run() {
    if (plan_.images) plan::require_pushable(*plan_.images);
    clean();
    base::ThreadPool pool(std::max(1u, jobs_ - 1));
    pool_ = &pool;
    std::unique_lock lock(mutex_);
    dispatch();
    while (finished_ < plan_.steps.size()) {
      auto index = take(for_caller_);
      if (!index) index = take(for_anyone_);
      if (!index) {
        changed_.wait(lock);
        continue;
      }
      caller_is_busy_ = true;
      lock.unlock();
      finish(*index, work(*index));
      lock.lock();
    }
    lock.unlock();
    report_.interrupted = context_.cancellation.requested();
    return std::move(report_);
  }

 private:
  bool is_image(std::size_t index) const { return context_.images != nullptr && task_of(index).is_image(); }
  bool is_root(std::size_t index) const { return index + 1 == plan_.steps.size(); }
  const plan::TaskStep& step(std::size_t index) const { return plan_.steps[index]; }
  const task::Task& task_of(std::size_t index) const { return context_.graph[step(index).id]; }

  bool must_be_callers(std::size_t index) const { return jobs_ == 1 || is_root(index); }

  // Hands out what is ready: to the calling thread while it has nothing to do (Python code can be interrupted
  // there, and waking a thread costs more than looking at a task), else to whoever is free first.
  void dispatch() {
    for (auto& ready = order_.ready(); !ready.empty(); ready.pop_front()) {
      const std::size_t index = ready.front();
      if (must_be_callers(index) || (!caller_is_busy_ && for_caller_.empty())) {
        for_caller_.push_back(index);
      } else {
        for_anyone_.push_back(index);
        try {
          pool_->submit([this] { work_off_one(); });
        } catch (const base::Error&) {  // the calling thread comes to it
        }
      }
    }
    changed_.notify_one();
  }

  std::optional<std::size_t> take(std::deque<std::size_t>& queue) {
    if (queue.empty()) return std::nullopt;
    const std::size_t index = queue.front();
    queue.pop_front();
    return index;
  }

  void work_off_one() {
    std::optional<std::size_t> index;
    {
      std::lock_guard lock(mutex_);
      index = take(for_anyone_);
    }
    if (index) finish(*index, work(*index));  // else the calling thread was quicker
  }

  // Dependents first: what a task left behind goes before what it was made from.
  void clean() {
    for (std::size_t i = plan_.steps.size(); i-- > 0;) {
      if (!step(i).cleans || context_.cancellation.requested()) continue;
      context_.sink.log(base::kNoActivity, base::LogLevel::kInfo, "cleaning " + step(i).name);
      try {
        context_.store.begin(step(i).name);  // what is cleaned is no longer complete, whatever comes next
        task_of(i).clean();
        anything_ran_ = true;
      } catch (const base::Error& error) {
        report_.failures.push_back(
            {step(i).name,
             base::Error(error.code(), "cleaning failed: " + error.message(), error.context())});
        stopping_ = true;
        return;
      } catch (const base::Cancelled&) {
        context_.cancellation.request();
        return;
      }
    }
  }

  void finish(std::size_t index, Result result) {
    std::lock_guard lock(mutex_);
    if (std::this_thread::get_id() == caller_) caller_is_busy_ = false;
    ++finished_;
    if (result == Result::kRan && !step(index).is_virtual) ++report_.ran;
    if (result == Result::kSkipped && !step(index).is_virtual) ++report_.up_to_date;
    if (result == Result::kNotStarted && !step(index).is_virtual) {
      report_.not_started.push_back(step(index).name);
    }
    for (std::size_t dependent : order_.dependents(index)) {
      if (result == Result::kFailed || result == Result::kNotStarted) blocked_.insert(dependent);
      if (result == Result::kRan && !is_image(dependent))
        running_dependencies_[dependent].push_back(step(index).name);
    }
    order_.finish(index);
    dispatch();
  }

  Result work(std::size_t index) {
    plan::DecisionInputs inputs;
    {
      std::lock_guard lock(mutex_);
      if (blocked_.contains(index) || stopping_ || context_.cancellation.requested())
        return Result::kNotStarted;
      inputs.running = running_dependencies_[index];
      if (step(index).is_virtual) {
        runs_.update_virtual(step(index).id);
        return inputs.running.empty() ? Result::kSkipped : Result::kRan;
      }
    }
    if (!step(index).decision.runs && !anything_ran_) return Result::kSkipped;
    if (is_image(index)) return work_image(index);
    inputs.forced = options_.forces(is_root(index));
    if (is_root(index)) inputs.args = options_.args;
    base::Activity activity(context_.sink);
    return guarded(index, activity, [&] { return check_and_execute(index, inputs, activity); });
  }

  // What a task throws is in the report.
  template <typename Body>
  Result guarded(std::size_t index, base::Activity& activity, Body body) {
    try {
      return body();
    } catch (const base::Error& error) {
      fail(index, error);
      activity.end(base::ActivityStatus::kFailed);
      return Result::kFailed;
    } catch (const base::Cancelled&) {
      context_.cancellation.request();
      activity.end(base::ActivityStatus::kCancelled);
      return activity.begun() ? Result::kFailed : Result::kNotStarted;
    } catch (const std::exception&
                 error) {  // no memory, no thread: nothing that a task may take the others down with
      fail(index, {base::ErrorCode::kTaskFailed, fmt::format("ix cannot continue: {}", error.what())});
      activity.end(base::ActivityStatus::kFailed);
      return Result::kFailed;
    }
  }

  void fail(std::size_t index, const base::Error& error) {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    report_.failures.push_back({step(index).name, error});
  }

  Result check_and_execute(std::size_t index, plan::DecisionInputs& inputs, base::Activity& activity) {
    const task::Task& task = task_of(index);
    const task::TaskId id = step(index).id;
    const bool has_checks = !context_.states.checkers(id).empty();
    std::optional<task::TaskLock> lock;
    if (has_checks || !is_root(index)) {
      lock.emplace(context_.builder_folder, task.name, context_.cancellation, [&] {
        context_.sink.log(base::kNoActivity, base::LogLevel::kInfo,
                          fmt::format("{}: waiting for another ix that runs it in this project", task.name));
      });
    }
    // Under the lock: what another ix has just finished is not done twice.
    const plan::Decision decision = decide_now(index, inputs);
    if (!decision.runs) return Result::kSkipped;
    // Asked again: the lock may have been waited for.
    if (stopping_ || context_.cancellation.requested()) return Result::kNotStarted;

    anything_ran_ = true;
    const bool owns_terminal = terminal_ && (is_root(index) || jobs_ == 1);
    const bool is_command = is_root(index) && decision.reason == plan::Reason::kNoChecks;
    if (owns_terminal) guard_.disengage();
    activity.begin({task.name, is_command ? "" : plan::describe(decision), owns_terminal, is_command});
    if (has_checks) context_.store.begin(task.name);
    execute(task, {task.name, inputs.args, activity.id(), owns_terminal, inputs.forced});
    context_.states.forget();
    if (has_checks) save(id, inputs);
    activity.end(base::ActivityStatus::kDone);
    return Result::kRan;
  }

  // Where the images are is asked once, by the first image task whose turn it is: by then all is there that
  // they are made from.
  plan::ImageStep planned(std::size_t index) {
    std::call_once(images_planned_, [this] {
      if (!anything_ran_ && plan_.images) return;
      context_.images->forget();
      plan::require_pushable(*context_.images->plan(ids(plan_), options_));
    });
    return context_.images->step(step(index).id);
  }

  Result work_image(std::size_t index) {
    base::Activity activity(context_.sink);
    return guarded(index, activity, [&] {
      const plan::ImageStep stage = planned(index);
      const plan::Decision decision = plan::image_decision(stage);
      if (decision.runs) {
        const task::Task& task = task_of(index);
        const task::TaskLock lock(context_.builder_folder, task.name, context_.cancellation, [&] {
          context_.sink.log(
              base::kNoActivity, base::LogLevel::kInfo,
              fmt::format("{}: waiting for another ix that builds it in this project", task.name));
        });
        context_.cancellation.throw_if_requested();
        activity.begin({task.name, plan::describe(decision)});
        execute(task, {task.name, is_root(index) ? options_.args : std::vector<std::string>(), activity.id(),
                       false, stage.forced});
        activity.end(base::ActivityStatus::kDone);
      }
      const bool built = stage.place == plan::CacheResult::kMiss;
      // A pull or a push changes no image, so what needs it need not run.
      anything_ran_ = anything_ran_ || built;
      const std::lock_guard lock(mutex_);
      runs_.update_image(step(index).id, stage.key);
      return built ? Result::kRan : Result::kSkipped;
    });
  }

  void execute(const task::Task& task, const task::TaskCall& call) {
    if (call.owns_terminal || !terminal_) return task.execute(call);
    guard_.begin(call.activity);
    struct End {
      StdioCapture& guard;
      base::ActivityId activity;
      ~End() { guard.end(activity); }
    } end{guard_, call.activity};
    task.execute(call);
  }

  // Another ix may have run the task since the plan was made, so its record is read again.
  plan::Decision decide_now(std::size_t index, plan::DecisionInputs& inputs) {
    const task::TaskId id = step(index).id;
    context_.states.forget();
    std::optional<task::TaskRecord> record = context_.store.load(step(index).name);
    {
      std::lock_guard lock(mutex_);
      if (record) runs_.update(id, *record);
      inputs.dependency_runs = runs_.of_dependencies(id);
    }
    inputs.record = record ? &*record : nullptr;
    // A success that another ix had after our dependencies ran has taken them into account.
    std::erase_if(inputs.running, [&](const std::string& name) {
      const std::uint64_t run = inputs.dependency_runs.at(name);
      if (!record || run == 0) return false;
      auto known = record->depends.find(name);
      return known != record->depends.end() && known->second == run;
    });
    auto decision = plan::decide(context_.graph, context_.states, id, inputs);
    // It points to a local of this function.
    inputs.record = nullptr;
    return decision;
  }

  void save(task::TaskId id, const plan::DecisionInputs& inputs) {
    task::TaskRecord record;
    record.args = inputs.args;
    record.depends = inputs.dependency_runs;
    base::Json details = base::Json::object();
    auto guard = context_.states.guard();
    for (const auto& checker : context_.states.checkers(id)) {
      const std::string name = checker->id();
      record.checks[name] = checker->state();
      if (base::Json facts = checker->details(); !facts.empty()) details[name] = std::move(facts);
      checker->on_saved();
    }
    guard.unlock();
    context_.store.save(context_.graph[id].name, record, details);
    std::lock_guard lock(mutex_);
    runs_.update(id, std::move(record));
  }

  const plan::TaskPlan& plan_;
  const plan::TaskOptions& options_;
  const unsigned jobs_;
  const bool terminal_;
  RunContext& context_;
  StdioCapture guard_{context_.sink};
  const std::thread::id caller_ = std::this_thread::get_id();
  base::ThreadPool* pool_ = nullptr;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  plan::RunHistory runs_;
  Scheduler order_;
  std::unordered_map<std::size_t, std::vector<std::string>> running_dependencies_;
  std::set<std::size_t> blocked_;
  std::deque<std::size_t> for_caller_;
  std::deque<std::size_t> for_anyone_;
  bool caller_is_busy_ = false;
  std::size_t finished_ = 0;
  Report report_;

  std::once_flag images_planned_;
  std::atomic<bool> anything_ran_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace

Report run_plan(const plan::TaskPlan& plan, const plan::TaskOptions& options, const RunOptions& run_options,
                RunContext& context) {
  return Run(plan, options, run_options, context).run();
}

}  // namespace ixian::run
