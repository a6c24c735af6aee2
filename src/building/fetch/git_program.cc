// The program git is run instead of a library, as BuildKit does: only it speaks every transport and knows
// every server. What is checked out must not depend on whose machine it is, so the system's configuration,
// hooks and attributes are switched off, and what the user's would change in files is set here; how servers
// are reached (insteadOf, proxies, helpers for logins) stays the user's choice. What a server may take is
// bounded from outside: time, silence, memory, and the size of the folder, which is looked at while git runs,
// since git itself has no such limits.
#include "fetch/git_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/source_url.h"

namespace ixian::fetch {
namespace {

using base::Error;
using base::ErrorCode;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostMemory = std::uint64_t{4}
                                      << 30;   // a few trees can stand for any number of files
constexpr std::size_t kMostOutput = 16 << 20;  // of ls-remote
constexpr std::chrono::milliseconds kLookEvery{500};

// What is checked out is the same whatever the user's own configuration says.
constexpr const char* kSettings[] = {"protocol.file.allow=never",
                                     "protocol.ext.allow=never",
                                     "http.followRedirects=false",
                                     "core.symlinks=true",
                                     "core.autocrlf=false",
                                     "core.eol=lf",
                                     "core.fileMode=true",
                                     "core.attributesFile=/dev/null",
                                     "core.hooksPath=/dev/null",
                                     "core.fsmonitor=false",
                                     "init.templateDir=",
                                     "init.defaultBranch=master",
                                     "gc.auto=0",
                                     "advice.detachedHead=false"};

// By which git tells a hook, which may have started us, of which repository it is.
constexpr const char* kOfAnotherRepository[] = {"GIT_DIR",
                                                "GIT_WORK_TREE",
                                                "GIT_INDEX_FILE",
                                                "GIT_COMMON_DIR",
                                                "GIT_PREFIX",
                                                "GIT_OBJECT_DIRECTORY",
                                                "GIT_GRAFT_FILE",
                                                "GIT_SHALLOW_FILE",
                                                "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                "GIT_IMPLICIT_WORK_TREE",
                                                "GIT_NAMESPACE",
                                                "GIT_QUARANTINE_PATH",
                                                "GIT_TEMPLATE_DIR"};

// How many settings the environment has already.
int settings_of_environment() {
  const char* count = std::getenv("GIT_CONFIG_COUNT");
  return count == nullptr ? 0 : std::max(0, std::atoi(count));
}

// A helper that answers from its environment, and for this origin alone.
void add_login(const stages::GitSource& git, GitProgram& program) {
  if (git.login.empty()) return;
  const std::size_t path = git.remote.find('/', git.remote.find("://") + 3);
  const std::string helper = "credential." + git.remote.substr(0, path) + ".helper";
  program.set_variable("IXIAN_GIT_USER", git.login.user);
  program.set_variable("IXIAN_GIT_PASSWORD", git.login.password);
  program.configure(helper, "");  // no other helper is to keep it
  program.configure(
      helper, R"(!f() { printf 'username=%s\npassword=%s\n' "$IXIAN_GIT_USER" "$IXIAN_GIT_PASSWORD"; }; f)");
}

std::uint64_t bytes_below(const std::string& folder) {
  std::uint64_t total = 0;
  std::error_code error;
  auto each = std::filesystem::recursive_directory_iterator(
      folder, std::filesystem::directory_options::skip_permission_denied, error);
  // Files come and go meanwhile.
  for (; !error && each != std::filesystem::recursive_directory_iterator(); each.increment(error)) {
    std::error_code gone;
    if (!each->is_regular_file(gone) || each->is_symlink(gone)) continue;
    const std::uintmax_t size = each->file_size(gone);
    if (!gone) total += size;
  }
  return total;
}

}  // namespace

GitProgram::GitProgram(const stages::GitSource& git, std::string folder, const FetchLimits& limits,
                       base::Cancellation& cancellation)
    : name_(dockerfile::shown_url(git.remote)),
      folder_(std::move(folder)),
      limits_(limits),
      cancellation_(cancellation),
      environment_({{"GIT_TERMINAL_PROMPT", "0"},
                    // A program that answers nothing: no question ever reaches a terminal.
                    {"GIT_ASKPASS", "true"},
                    {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes"},
                    {"GIT_ALLOW_PROTOCOL", "http:https:git:ssh"},
                    {"GIT_CONFIG_NOSYSTEM", "1"},
                    {"GIT_ATTR_NOSYSTEM", "1"},
                    {"GIT_LFS_SKIP_SMUDGE", "1"},
                    {"GIT_PROGRESS_DELAY", "0"},
                    {"LC_ALL", "C"}}),
      settings_(settings_of_environment()),
      deadline_(Clock::now() + limits.time) {
  // It would be an option.
  if (git.remote.starts_with('-') || git.ref.starts_with('-'))
    throw Error(ErrorCode::kUsage, fmt::format("not a git repository: {}", name_));
  add_login(git, *this);
}

void GitProgram::configure(const std::string& key, const std::string& value) {
  environment_[fmt::format("GIT_CONFIG_KEY_{}", settings_)] = key;
  environment_[fmt::format("GIT_CONFIG_VALUE_{}", settings_)] = value;
  environment_["GIT_CONFIG_COUNT"] = std::to_string(++settings_);
}

std::chrono::milliseconds GitProgram::time_left() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

process::CaptureResult GitProgram::ask(const std::vector<std::string>& arguments) {
  process::CaptureOptions question;
  question.argv = {"git"};
  for (const char* setting : kSettings) question.argv.insert(question.argv.end(), {"-c", setting});
  question.argv.insert(question.argv.end(), arguments.begin(), arguments.end());
  question.env = environment_;
  question.without_env.assign(std::begin(kOfAnotherRepository), std::end(kOfAnotherRepository));
  question.limit = kMostOutput;
  // One time for all calls of git together.
  question.time_limit = time_left();
  question.silence_limit = limits_.silence;
  question.memory_limit = kMostMemory;
  next_look_ = Clock::now() + kLookEvery;
  if (!folder_.empty()) question.watch = [this] { watch(); };
  try {
    return process::capture_output(question, cancellation_);
  } catch (const process::LaunchError& error) {
    if (!error.not_found) throw;
    throw Error(ErrorCode::kTaskFailed,
                "cannot fetch a git repository: program not found: git\nhint: install the package git");
  } catch (const process::TimeoutError& slow) {
    if (slow.silent) {
      fail(fmt::format("timed out: no data from its server for {}s", limits_.silence.count()),
           git_messages(slow.context()));
    }
    too_slow(git_messages(slow.context()));
  }
}

void GitProgram::check_time() const {
  if (Clock::now() >= deadline_) too_slow("");
}

void GitProgram::too_slow(const std::string& context) const {
  fail(fmt::format("timed out after {}s\nhint: raise the limit with {}", limits_.time.count(), kTimeOption),
       context);
}

std::string GitProgram::run(const std::vector<std::string>& arguments) {
  const process::CaptureResult answer = ask(arguments);
  if (answer.status.ok()) return answer.output.reveal();
  throw Error(ErrorCode::kRegistry, fmt::format("cannot fetch git repository {}", name_),
              git_messages(answer.error));
}

void GitProgram::fail(const std::string& sentence, const std::string& context) const {
  throw Error(ErrorCode::kRegistry, fmt::format("cannot fetch git repository {}: {}", name_, sentence),
              context);
}

// Looking takes its time where there are many files, so it is done the less often.
void GitProgram::watch() {
  const auto now = Clock::now();
  if (now < next_look_) return;
  check_size();
  const auto end = Clock::now();
  next_look_ = end + std::max<Clock::duration>(kLookEvery, 5 * (end - now));
}

void GitProgram::check_size() const {
  if (bytes_below(folder_) > limits_.bytes)
    fail(fmt::format("larger than {}\nhint: raise the limit with {}", size_text(limits_.bytes), kSizeOption));
}

std::string git_messages(const std::string& error) {
  std::string messages;
  for (const std::string_view line : base::split(error, '\n')) {
    const bool progress = line.find('\r') != std::string_view::npos || line.ends_with("done.") ||
                          line.starts_with("remote: Total ");
    if (progress || base::trim(line).empty()) continue;
    messages += line;
    messages += '\n';
  }
  return std::string(base::trim(messages));
}

}  // namespace ixian::fetch
