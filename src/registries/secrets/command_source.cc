// A command for the shell, such as `op read …` or `pass show …`: its output without the last line's end is
// the secret. Its errors are shown, without what it printed.
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "process/capture.h"
#include "secrets/local_sources.h"

namespace ixian::secrets {
namespace {

[[noreturn]] void fail_command(const process::CaptureResult& answer, const std::string& what) {
  const base::Secret printed{std::string(base::trim(answer.output.reveal()))};
  const std::string said = base::without_secret(answer.error, printed);
  throw base::Error(base::ErrorCode::kRegistry, what, std::string(base::trim(said)));
}

process::CaptureResult ask(const std::string& command, base::Cancellation& cancellation) {
  process::CaptureOptions question;
  question.argv = {"/bin/sh", "-c", command};
  try {
    return process::capture_output(question, cancellation);
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kRegistry, error.message(), error.context());
  }
}

}  // namespace

base::Secret load_from_command(const std::string& command, base::Cancellation& cancellation) {
  const process::CaptureResult answer = ask(command, cancellation);
  if (answer.status.signal != 0) {
    fail_command(answer, fmt::format("command killed by signal {}", answer.status.signal));
  }
  // The shell's own answer for what it cannot find.
  if (answer.status.code == 127) {
    fail_command(
        answer,
        "command failed: exit code: 127 (a program in it was not found)\nhint: check that it is installed");
  }
  if (!answer.status.ok()) {
    fail_command(answer, fmt::format("command failed: exit code: {}\nhint: run it yourself to see why",
                                     answer.status.code));
  }
  std::string_view text = answer.output.reveal();
  // One only: more may belong to the secret.
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) fail_command(answer, "command succeeded, but printed nothing");
  return base::Secret(std::string(text));
}

}  // namespace ixian::secrets
