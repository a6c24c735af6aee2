// The OCI runtimes, and how each is told to keep its hands off what is ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ixian::sandbox {

struct Runtime {
  std::string program;  // a file
  bool is_crun = false;

  // `crun` or `runc`, for people.
  std::string name() const;

  // Starts the container of `bundle` in the background, with its state, its log and its pid in the folder
  // `state`: `state`/log, `state`/pid. With `halted` it is left before its command, for continue_command() to
  // go on.
  std::vector<std::string> start_command(const std::string& bundle, const std::string& state,
                                         bool halted) const;
  // A byte written into this pipe does what continue_command() does, without starting the runtime once more.
  std::string continue_pipe(const std::string& state) const;
  std::vector<std::string> continue_command(const std::string& state) const;

 private:
  std::vector<std::string> command(const std::string& state) const;
};

// Those to try, best first: the one of IXIAN_RUNTIME alone, else of crun and runc what is on PATH. Throws
// Error{kUsage} where there is none, naming the packages.
std::vector<Runtime> runtimes();

// What a runtime wrote into its log because it failed, one sentence; "" where it logged no error.
std::string runtime_error(std::string_view log);

// In the mount namespace that the runtime will run in: shows it the cgroups such that it can use none, as
// long as this lives.
class HiddenCgroups {
 public:
  explicit HiddenCgroups(const Runtime& runtime);
  ~HiddenCgroups();
  HiddenCgroups(const HiddenCgroups&) = delete;
  HiddenCgroups& operator=(const HiddenCgroups&) = delete;

 private:
  bool covered_ = false;
};

}  // namespace ixian::sandbox
