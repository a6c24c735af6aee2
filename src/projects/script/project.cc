// A project's Python makes rows of plain values (ixian._boot), and here they become tasks. What a task needs
// of Python later is kept in one place for the life of the process and named by a number: tasks are copied
// and dropped on any thread, and a reference that is counted without the GIL would break the interpreter.
#include "script/project.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <deque>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "script/errors.h"
#include "script/image_bindings.h"
#include "script/interpreter.h"
#include "script/interrupt.h"
#include "script/py_checker.h"
#include "script/running_task.h"
#include "script/session.h"
#include "script/values.h"

extern char** environ;

namespace py = pybind11;

namespace ixian::script {
namespace {

// Of an absolute path.
std::string folder_of(const std::string& file) {
  return file.substr(0, std::max<std::size_t>(1, file.rfind('/')));
}

py::list environment() {
  py::list entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.append(from_bytes(*entry));
  return entries;
}

// Objects that tasks refer to from C++, where references must not be counted without the GIL: they live as
// long as the process.
std::deque<py::object>& keepers() {
  static auto* objects = new std::deque<py::object>();
  return *objects;
}

std::size_t keep(py::object object) {
  keepers().push_back(std::move(object));
  return keepers().size() - 1;
}

py::object& kept(std::size_t index) {
  return keepers()[index];
}

// What comes out of a task's function, in the words of the task boundary.
template <typename Body>
void run_function(Body body) {
  try {
    call_python(body);
  } catch (const Complete&) {
    // It found nothing to do, which is success.
  } catch (const base::Error&) {
    if (session().cancellation.requested()) throw base::Cancelled();
    throw;
  }
}

std::vector<std::shared_ptr<task::Checker>> make_checkers(std::size_t runner) {
  return call_python([&] {
    std::vector<std::shared_ptr<task::Checker>> made;
    py::object checkers = kept(runner).attr("checkers");
    if (checkers.is_none()) return made;
    for (py::handle each : checkers) made.push_back(make_checker(py::reinterpret_borrow<py::object>(each)));
    return made;
  });
}

task::StageDeclaration image_stage(std::size_t runner, const std::string& name) {
  try {
    return call_python([&] {
      return to_image_stage(py::module_::import("ixian_docker._stages").attr("declaration")(kept(runner)));
    });
  } catch (const Complete&) {
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("image task {} exited while its stage was read", name));
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kProject, fmt::format("image task {}: {}", name, error.message()),
                      error.context());
  }
}

// What ix brings has no place in the project.
std::string source_in_project(py::handle place) {
  const std::string source = source_of(place);
  return source.starts_with("<ixian") ? "" : source;
}

task::Parameters parameters_of(const py::handle row) {
  if (row.is_none()) return {};
  const py::tuple known = py::reinterpret_borrow<py::tuple>(row);
  return {true,
          known[0].cast<std::size_t>(),
          known[1].cast<std::size_t>(),
          known[2].cast<bool>(),
          known[3].cast<bool>(),
          known[4].cast<bool>()};
}

task::Task make_task(const py::tuple& row) {
  task::Task task;
  task.name = to_bytes(row[1]);
  task.category = to_bytes(row[2]);
  task.short_description = to_bytes(row[3]);
  task.description = to_bytes(row[4]);
  task.depends = to_strings(row[5]);
  task.config = to_strings(row[6]);
  task.source = source_in_project(row[7]);
  task.in_context = row[8].cast<bool>();
  task.parameters = parameters_of(row[12]);
  const bool runs = row[9].cast<bool>();
  const bool cleans = row[10].cast<bool>();
  // A virtual target, of which Python has nothing to do.
  if (!runs && !cleans) return task;
  const std::size_t runner = keep(row[0]);
  if (runs) {
    task.make_checkers = [runner] { return make_checkers(runner); };
    task.execute = [runner](const task::TaskCall& call) {
      CallScope scope(call);
      run_function([&] {
        py::module_::import("ixian._boot")
            .attr("call_task")(kept(runner), from_strings(call.args), call.force);
      });
    };
  }
  if (row[11].cast<bool>()) {
    task.image_stage = [runner, name = task.name] { return image_stage(runner, name); };
  }
  if (cleans) {
    task.clean = [runner] {
      const task::TaskCall call{{}, {}, base::kNoActivity, true, false};
      CallScope scope(call);
      run_function([&] { kept(runner).attr("clean")(); });
    };
  }
  return task;
}

}  // namespace

Project::Project(const ProjectOptions& options, base::EventSink& sink, base::Cancellation& cancellation,
                 Hooks hooks) {
  auto state = std::make_unique<Session>(sink, cancellation);
  state->project_file = options.file;
  state->folder = options.folder;
  state->install_folder = options.install_folder;
  state->log_level = options.log_level;
  state->hooks = std::move(hooks);
  set_session(std::move(state));

  // As for a script, its own directory first.
  std::vector<std::string> import_path{folder_of(options.file)};
  if (import_path[0] != options.folder) import_path.push_back(options.folder);
  start_python({options.argv, import_path});
  // The main thread is reached by its signal.
  cancellation.on_request([] { interrupt_other_threads(); });
  try {
    const task::TaskCall loading{{}, {}, base::kNoActivity, true, false};
    CallScope scope(loading);
    call_python([&] {
      py::module_::import("ixian._boot").attr("load_project")(from_bytes(options.file), environment());
    });
  } catch (const Complete&) {
    throw base::Error(base::ErrorCode::kProject,
                      base::printable_path(options.file) + " exited while it was loaded");
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kProject, error.message(), error.context());
  }
}

bool owns_terminal() {
  const task::TaskCall* call = current_call();
  return call == nullptr || call->owns_terminal;
}

std::vector<std::string> running_chain() {
  std::vector<std::string> names;
  for (const CallScope* scope = CallScope::innermost(); scope != nullptr; scope = scope->outer()) {
    if (!scope->call().task.empty()) names.insert(names.begin(), scope->call().task);
  }
  return names;
}

base::ActivityId running_activity() {
  const task::TaskCall* call = current_call();
  return call == nullptr ? base::kNoActivity : call->activity;
}

std::uint64_t registry_version() {
  return session().registry_version;
}

base::Json file_details(const std::vector<std::string>& patterns) {
  return session().hasher().hash(patterns, true).details;
}

std::string content_digest(int fd, const std::string& name) {
  return session().hasher().content_digest(fd, name);
}

void flush_output() {
  call_python([] { py::module_::import("ixian._boot").attr("flush_output")(); });
}

std::vector<task::Task> registered_tasks() {
  return call_python([] {
    std::vector<task::Task> tasks;
    const py::list rows = py::module_::import("ixian._boot").attr("extract_tasks")();
    tasks.reserve(rows.size());
    for (py::handle row : rows) tasks.push_back(make_task(py::reinterpret_borrow<py::tuple>(row)));
    return tasks;
  });
}

std::string Project::builder_folder() {
  return files::absolute_path(format("{BUILDER}"), session().folder);
}

std::string Project::format(const std::string& text) {
  return call_python([&] {
    return to_bytes(py::module_::import("ixian.config").attr("CONFIG").attr("format")(from_bytes(text)));
  });
}

}  // namespace ixian::script
