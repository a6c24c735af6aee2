// There is one session for the process, since Python has one interpreter, and native functions are called
// with nothing but their arguments. Which task is running is another matter: that is of a thread, a stack of
// calls, as tasks run tasks.
#include "script/session.h"

#include <fmt/format.h>

#include "base/thread_pool.h"
#include "process/lines.h"
#include "script/errors.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

std::unique_ptr<Session>& instance() {
  static std::unique_ptr<Session> session;
  return session;
}

thread_local const CallScope* innermost_scope = nullptr;
thread_local process::LineSplitter unfinished_output;

void tell_output(std::string_view line) {
  session().sink.output(current_call()->activity, line);
}

std::string builder_folder() {
  return call_python(
      [] { return to_bytes(py::module_::import("ixian.config").attr("CONFIG").attr("BUILDER")); });
}

}  // namespace

Session& session() {
  return *instance();
}

bool has_session() {
  return instance() != nullptr;
}

void set_session(std::unique_ptr<Session> session) {
  instance() = std::move(session);
}

bool has_docker() {
  py::object config = py::module_::import("ixian.config").attr("CONFIG");
  return py::dict(config.attr("__dict__")).contains("DOCKER");
}

std::string inside_project(const std::string& path) {
  const std::string& folder = session().folder;
  return path.starts_with(folder + "/") ? path.substr(folder.size() + 1) : path;
}

std::string source_of(py::handle place) {
  if (place.is_none()) return "";
  const auto pair = py::reinterpret_borrow<py::tuple>(place);
  return fmt::format("{}:{}", base::printable_path(inside_project(to_bytes(pair[0]))), pair[1].cast<int>());
}

task::FileHasher& Session::hasher() {
  {
    std::lock_guard lock(hasher_mutex_);
    if (hasher_) return *hasher_;
  }
  // Not under the lock: it asks Python.
  const std::string builder = files::absolute_path(builder_folder(), folder);
  std::lock_guard lock(hasher_mutex_);
  if (!hasher_) {
    hasher_ = std::make_unique<task::FileHasher>(folder, std::vector<std::string>{builder},
                                                 builder + "/file-cache", base::processor_count());
  }
  return *hasher_;
}

void Session::save_file_cache() {
  std::lock_guard lock(hasher_mutex_);
  if (hasher_) hasher_->save_cache();
}

const task::TaskCall* current_call() {
  return innermost_scope == nullptr ? nullptr : &innermost_scope->call();
}

CallScope::CallScope(const task::TaskCall& call) : call_(call), outer_(innermost_scope) {
  innermost_scope = this;
}

CallScope::~CallScope() {
  unfinished_output.finish(tell_output);
  innermost_scope = outer_;
}

const CallScope* CallScope::innermost() {
  return innermost_scope;
}

void write_output(std::string_view text) {
  if (current_call() != nullptr) unfinished_output.feed(text, tell_output);
}

}  // namespace ixian::script
