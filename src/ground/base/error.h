// Errors that a user is meant to read.
//
// Together with event.h and cancel.h these are the three that everything else uses: an Error is what ends a
// command and has a sentence for people, an event is what they may see while it runs, and Cancellation is how
// they end it. The rest of this room is small: text, JSON, times, digests, threads.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace ixian::base {

// What went wrong, as the exit code that the program ends with.
enum class ErrorCode {
  kTaskFailed = 1,  // a task ran and did not succeed
  kUsage = 2,       // the command line, or an unknown task
  kProject = 3,     // ixian.py is missing or cannot be used
  kRegistry = 4,    // a registry or its credentials
};

inline constexpr int kExitInterrupted = 130;

inline constexpr std::string_view kHintLabel = "hint:";  // what begins the line that says what to do

// The one exception of this program. `message` says in one sentence what failed and why, without a full stop:
// "cannot write F: no space left on device". `context` (may be empty, may have several lines) is the
// evidence: a traceback, the offending line, what a server answered, the latter as a line "note: …". What a
// user can do is written behind the message, as a last line "hint: …"; it becomes the last line of the
// context, so that whoever passes both on loses nothing. Caught in three places only: the task boundary, the
// Python boundary, and main.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, std::string context = "")
      : code_(code),
        exit_code_(static_cast<int>(code)),
        message_(std::move(message)),
        context_(std::move(context)) {
    const std::size_t line = message_.find("\n" + std::string(kHintLabel) + " ");
    if (line == std::string::npos) return;
    context_ += message_.substr(context_.empty() ? line + 1 : line);
    message_.resize(line);
  }

  // Of a task that stands for a program: what that ended with, 1 to 255.
  static Error of_program(int exit_code, std::string message) {
    Error error(ErrorCode::kTaskFailed, std::move(message));
    error.exit_code_ = exit_code;
    return error;
  }

  const char* what() const noexcept override { return message_.c_str(); }
  ErrorCode code() const { return code_; }
  int exit_code() const { return exit_code_; }  // that of `code`, but for of_program()
  const std::string& message() const { return message_; }
  const std::string& context() const { return context_; }

  // What to do, without its label: "free some space"; may be empty.
  std::string hint() const { return context_.substr(hint_line().second); }

  // The context without the hint.
  std::string evidence() const {
    const std::size_t line = hint_line().first;
    return context_.substr(0, line == 0 || line == context_.size() ? line : line - 1);
  }

  // The message and the hint, without the evidence: for warnings and for errors made of this one.
  std::string advised() const { return with_hint(message_, hint()); }

  static std::string with_hint(std::string message, std::string_view hint) {
    if (!hint.empty()) message.append("\n").append(kHintLabel).append(" ").append(hint);
    return message;
  }

 private:
  // Where in the context the line of the hint begins, and its text; its end where there is none.
  std::pair<std::size_t, std::size_t> hint_line() const {
    const std::string label = "\n" + std::string(kHintLabel) + " ";
    const std::size_t line = ("\n" + context_).rfind(label);
    if (line == std::string::npos) return {context_.size(), context_.size()};
    return {line, line + label.size() - 1};
  }

  ErrorCode code_;
  int exit_code_;
  std::string message_;
  std::string context_;
};

// Throws Error{kRegistry}.
[[noreturn]] inline void fail_registry(std::string message, std::string context = "") {
  throw Error(ErrorCode::kRegistry, std::move(message), std::move(context));
}

// Thrown where work stops because the user asked for it. Not an Error: nothing failed.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

}  // namespace ixian::base
