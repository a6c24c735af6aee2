#include "cli/own_namespaces.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "sandbox/namespaces.h"

namespace ixian::cli {
namespace {

// Set for the second start of a command of ours in a folder with a project.
constexpr char kMarker[] = "_IXIAN_OWN_COMMAND";

bool entered = false;

bool may_need_namespaces(const Options& options) {
  const auto& args = options.run.args;
  return options.task == "build" || (options.task == "image" && !args.empty() && args.front() == "prune");
}

}  // namespace

void enter_own_namespaces(const Options& options, bool project_exists) {
  const bool again = ::getenv(kMarker) != nullptr;
  ::unsetenv(kMarker);
  if (!may_need_namespaces(options) || (project_exists && !again)) return;
  entered = true;
  sandbox::enter_namespaces();
}

void require_own_namespaces() {
  if (entered) return;
  const auto line = base::read_file("/proc/self/cmdline");
  if (!line)
    throw base::Error(base::ErrorCode::kTaskFailed, "/proc is not mounted here, which building needs.");
  std::vector<std::string> words;
  for (std::string_view word : base::split(*line, '\0')) words.emplace_back(word);
  words.pop_back();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::setenv(kMarker, "1", 1);
  ::execv("/proc/self/exe", argv.data());
  const int failed = errno;
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("ix cannot start itself anew: {}.", base::errno_text(failed)));
}

}  // namespace ixian::cli
