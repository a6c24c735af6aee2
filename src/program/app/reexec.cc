// Building needs namespaces, which a process can enter only before it has threads, and a project is loaded
// into a Python that may start some. So `ix build` outside a project enters them first thing. In a project,
// nobody knows before loading whether a task is called `build` and whether it needs to build at all; when it
// does, the program executes itself once more with a mark in its environment, and that second start enters
// first and loads the project again, silently.
#include "app/reexec.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "process/core_dumps.h"
#include "process/namespaces.h"
#include "store/folder.h"

namespace ixian::app {
namespace {

// Set for the second start in a folder with a project.
constexpr char kMarker[] = "_IXIAN_SECOND_START";

bool entered = false;
bool second = false;

}  // namespace

void enter_own_namespaces(bool needed, bool project_exists) {
  second = ::getenv(kMarker) != nullptr;
  ::unsetenv(kMarker);
  if (!second && (project_exists || !needed)) return;
  entered = true;
  // An ordinary user is root in there, and keeps the store all the same.
  ::setenv("IXIAN_STORE", store::default_folder().c_str(), 1);
  // Inside, most owners have no number that tells them apart.
  store::Folder(store::default_folder()).require_trusted();
  process::enter_namespaces();
}

bool has_own_namespaces() {
  return entered;
}

bool is_reexec() {
  return second;
}

MutedStdio::MutedStdio()
    : output_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)),
      errors_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
  const files::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  ::dup2(nowhere.get(), STDOUT_FILENO);
  ::dup2(nowhere.get(), STDERR_FILENO);
}

MutedStdio::~MutedStdio() {
  ::dup2(output_, STDOUT_FILENO);
  ::dup2(errors_, STDERR_FILENO);
  ::close(output_);
  ::close(errors_);
}

void require_own_namespaces() {
  if (entered) return;
  const auto line = files::read_file("/proc/self/cmdline");
  if (!line) throw base::Error(base::ErrorCode::kTaskFailed, "cannot build: /proc is not mounted");
  std::vector<std::string> words;
  for (std::string_view word : base::split(*line, '\0')) words.emplace_back(word);
  words.pop_back();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::setenv(kMarker, "1", 1);
  // The next start is to see the limit that this one was started with, for the programs that it starts.
  process::allow_core_dumps_again();
  ::execv("/proc/self/exe", argv.data());
  const int failed = errno;
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot restart ix: {}", base::errno_text(failed)));
}

}  // namespace ixian::app
