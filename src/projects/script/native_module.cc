// Whatever may wait, or asks the rest of the program, lets go of the GIL first.
#include "script/native_module.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "base/sha256.h"
#include "base/text.h"
#include "config/overrides.h"
#include "files/fs.h"
#include "files/output_path.h"
#include "files/text_file.h"
#include "process/subprocess.h"
#include "script/config_type.h"
#include "script/errors.h"
#include "script/image_bindings.h"
#include "script/interrupt.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

base::LogLevel level_of(const std::string& name) {
  if (name == "debug") return base::LogLevel::kDebug;
  if (name == "warning") return base::LogLevel::kWarning;
  if (name == "error") return base::LogLevel::kError;
  return base::LogLevel::kInfo;
}

base::ActivityId current_activity() {
  const task::TaskCall* call = current_call();
  return call == nullptr ? base::kNoActivity : call->activity;
}

bool capturing() {
  const task::TaskCall* call = current_call();
  return call != nullptr && !call->owns_terminal;
}

void log(const std::string& level, py::object text) {
  const std::string bytes = to_bytes(py::str(text));
  py::gil_scoped_release release;
  session().sink.log(current_activity(), level_of(level), bytes);
}

void flush_python_streams() {
  for (const char* name : {"stdout", "stderr"}) {
    py::object stream = py::module_::import("sys").attr(name);
    if (!stream.is_none()) stream.attr("flush")();
  }
}

int run_command(py::list args, py::dict env) {
  process::Command command;
  command.argv = to_strings(args);
  for (auto item : env) command.env[to_bytes(item.first)] = to_bytes(item.second);
  if (capturing()) {
    command.on_line = [activity = current_activity()](std::string_view line) {
      session().sink.output(activity, line);
    };
  } else {
    flush_python_streams();
  }
  int code = 0;
  try {
    py::gil_scoped_release release;
    code = process::run_command(command, session().cancellation).code;
  } catch (const base::Cancelled&) {
    throw_interrupt();
  }
  if (session().cancellation.requested()) throw_interrupt();
  return code;
}

// (exit code, the lines of both outputs), without a terminal. Throws as run_command does.
py::tuple command_output(py::list args, py::dict env) {
  process::Command command;
  command.argv = to_strings(args);
  for (auto item : env) command.env[to_bytes(item.first)] = to_bytes(item.second);
  std::string output;
  command.on_line = [&](std::string_view line) { output.append(line).push_back('\n'); };
  int code = 0;
  try {
    py::gil_scoped_release release;
    code = process::run_command(command, session().cancellation).code;
  } catch (const base::Cancelled&) {
    throw_interrupt();
  }
  if (session().cancellation.requested()) throw_interrupt();
  return py::make_tuple(code, from_bytes(output));
}

std::string find_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  return process::find_program(program, path == nullptr ? "/usr/bin:/bin" : path);
}

// time.sleep, but for that a request to stop ends it on every thread: Python's own one can be interrupted on
// the main thread only.
void sleep(double seconds) {
  if (seconds < 0) throw py::value_error("sleep length must be non-negative");
  const std::chrono::duration<double> longest = std::chrono::hours(24 * 365);
  const auto time = std::min(std::chrono::duration<double>(seconds), longest);
  bool requested = false;
  {
    py::gil_scoped_release release;
    requested = session().cancellation.wait_for(std::chrono::ceil<std::chrono::milliseconds>(time));
  }
  if (requested) throw_interrupt();
}

py::object run_task(const std::string& name, py::list args, const std::map<std::string, bool>& flags) {
  const auto words = to_strings(args);
  bool ran = false;
  {
    py::gil_scoped_release release;
    ran = session().hooks.run_task(name, words, flags);
  }
  if (!ran) throw Complete();
  return py::module_::import("ixian.task").attr("TASKS")[py::str(name)].attr("result");
}

py::tuple saved_state(py::object checker) {
  const auto& compared = session().compared_with;
  auto found = compared.find(checker.ptr());
  if (found == compared.end()) return py::make_tuple(false, py::none());
  if (found->second == nullptr) return py::make_tuple(true, py::none());
  return py::make_tuple(true, from_json(*found->second));
}

py::list read_overrides(py::list environment, const std::string& prefix) {
  py::list found;
  for (const auto& each : config::read_overrides(to_strings(environment), prefix)) {
    found.append(py::make_tuple(from_bytes(each.variable), from_strings(each.path), from_bytes(each.text)));
  }
  return found;
}

py::object parse_json(py::str text) {
  try {
    return from_json(base::parse_json(to_bytes(text)));
  } catch (const std::invalid_argument& error) {
    throw py::value_error(error.what());
  }
}

py::list split_words(py::str text) {
  const std::string command = to_bytes(text);
  std::vector<std::string> words;
  if (base::split_words(command, words)) return from_strings(words);
  // An apostrophe in a command that was never written for a shell.
  py::list plain;
  for (std::string_view word : base::split(command, ' ')) {
    if (!word.empty()) plain.append(from_bytes(word));
  }
  return plain;
}

py::str quote_words(py::list words) {
  std::vector<std::string> quoted;
  for (const auto& word : to_strings(words)) quoted.push_back(base::shell_quote(word));
  return from_bytes(base::join(quoted, " "));
}

void duplicate_task(const std::string& name, py::object kept, py::object ignored) {
  session().sink.log(base::kNoActivity, base::LogLevel::kWarning,
                     fmt::format("task {} is defined twice: {} is used, {} is not\nhint: rename one of them",
                                 name, source_of(kept), source_of(ignored)));
}

// A kill leaves the old file or the new one; what is no regular file is written into.
void write_file(py::object path, py::object data) {
  const std::string name = to_bytes(path);
  const std::string content = to_bytes(data);
  py::gil_scoped_release release;
  files::OutputPath(name).write(content, session().cancellation);
}

// None where there is no such file.
py::object read_text(py::str path, py::str folder) {
  const std::string file = files::absolute_path(to_bytes(path), files::current_directory());
  const std::string confines = files::absolute_path(to_bytes(folder), files::current_directory());
  std::optional<std::string> text;
  {
    py::gil_scoped_release release;
    text = files::read_text(file, confines);
  }
  return text ? py::object(from_bytes(*text)) : py::none();
}

py::dict file_hash(py::object patterns) {
  const auto keys = to_strings(patterns);
  base::Json state;
  {
    py::gil_scoped_release release;
    state = session().hasher().hash(keys, false).state;
  }
  return from_json(state);
}

PyObject* init_module() {
  static py::module_::module_def definition;
  auto module =
      py::module_::create_extension_module("_ixian", "The native half of the ixian package.", &definition);
  register_translator();
  module.attr("VERSION") = IXIAN_VERSION;
  module.attr("ConfigBase") = make_config_base();
  module.def("render", &render_config);
  module.def("read_overrides", &read_overrides);
  module.def("parse_value",
             [](py::str text, bool list) { return from_json(config::parse_value(to_bytes(text), list)); });
  module.def("install_folder", [] { return from_bytes(session().install_folder); });
  module.def("working_folder", [] { return from_bytes(files::current_directory()); });
  module.def("project_file", [] { return from_bytes(session().project_file); });
  module.def("shown",
             [](py::str path) { return from_bytes(base::printable_path(inside_project(to_bytes(path)))); });

  module.def("hash_object",
             [](py::object value) { return base::sha256_hex(base::canonical_json(to_json(value))); });
  module.def("to_json", [](py::object value) { return from_bytes(base::canonical_json(to_json(value))); });
  module.def("parse_json", &parse_json);
  module.def("file_hash", &file_hash);
  module.def("write_file", &write_file);
  module.def("read_text", &read_text);
  module.def("saved_state", &saved_state);

  module.def("duplicate_task", &duplicate_task);
  module.def("tasks_changed", [] { ++session().registry_version; });
  module.def("run_task", &run_task);
  module.def(
      "task_hash", [](const std::string& name) { return session().hooks.task_hash(name); },
      py::call_guard<py::gil_scoped_release>());
  module.def("task_state", [](const std::string& name) {
    base::Json state;
    {
      py::gil_scoped_release release;
      state = session().hooks.task_state(name);
    }
    return from_json(state);
  });
  module.def(
      "show_help", [](const std::string& task) { session().hooks.show_help(task); },
      py::call_guard<py::gil_scoped_release>());

  add_image_functions(module);

  module.def("log", &log);
  module.def("log_level", [] { return session().log_level; });
  module.def("capturing", &capturing);
  module.def("output", [](py::object text) { write_output(to_bytes(text)); });
  module.def("split_words", &split_words);
  module.def("quote_words", &quote_words);
  module.def("run_command", &run_command);
  module.def("command_output", &command_output, py::arg("args"), py::arg("env") = py::dict());
  module.def("find_program", [](py::str name) { return from_bytes(find_on_path(to_bytes(name))); });
  module.def("sleep", &sleep);
  return module.release().ptr();
}

}  // namespace

void register_native_module() {
  PyImport_AppendInittab("_ixian", &init_module);
}

}  // namespace ixian::script
