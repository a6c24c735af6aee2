// The classic builder tells of a build as a stream of JSON lines with text for people: "Step 3/7 : RUN make",
// then " ---> Using cache" or " ---> Running in …", then the command's own output, in the same field. So
// steps are counted and compared with the plan made of the same Dockerfile, which knows their places and
// stages, and lines that only the builder writes are dropped. A command that prints such a line loses it:
// nothing in the stream tells the two apart.
#include "docker/build_progress.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/text.h"

namespace ixian::docker {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kStep = "Step ";
constexpr std::string_view kArrow = " ---> ";
constexpr std::string_view kWarning = "[Warning] ";

std::string text_of(const base::Json& message, const char* name) {
  const auto found = message.find(name);
  return found != message.end() && found->is_string() ? found->get<std::string>() : "";
}

// "Step 3/7 : RUN make" → 3; 0 for anything else.
std::size_t step_number(std::string_view line) {
  if (!line.starts_with(kStep)) return 0;
  std::size_t number = 0;
  const char* begin = line.data() + kStep.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
  return error == std::errc() && end < line.data() + line.size() && *end == '/' ? number : 0;
}

bool is_counted(std::string_view title) {
  const std::string word = base::to_upper(title.substr(0, title.find(' ')));
  return word != "FROM" && word != "ARG";
}

}  // namespace

void BuildProgress::take(const base::Json& message) {
  if (const auto aux = message.find("aux"); aux != message.end() && aux->is_object()) {
    if (std::string id = text_of(*aux, "ID"); !id.empty()) image_id_ = std::move(id);
  }
  if (const auto detail = message.find("errorDetail"); detail != message.end() && detail->is_object()) {
    error_ = text_of(*detail, "message");
    if (const auto code = detail->find("code"); code != detail->end() && code->is_number_integer())
      exit_code_ = code->get<int>();
  }
  if (const std::string error = text_of(message, "error"); error_.empty()) error_ = error;
  take_text(text_of(message, "stream"));
  // What it pulls or loads comes as states of things; their bars are not for lines.
  if (const std::string status = text_of(message, "status"); !status.empty() && activity_) {
    if (!message.contains("progressDetail") || message.at("progressDetail").empty())
      sink_.log(activity_->id(), base::LogLevel::kDebug, status);
  }
}

void BuildProgress::take_text(const std::string& text) {
  const std::string all = std::exchange(partial_, "") + text;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = all.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string line = all.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    take_line(line);
  }
  partial_ = all.substr(begin);
}

void BuildProgress::take_line(const std::string& line) {
  // Only the next number is believed: a command may print "Step 1/2 : …", too.
  if (const std::size_t number = step_number(line); number == step_ + 1) return next_step(line);
  if (line.starts_with(kWarning))
    return sink_.log(base::kNoActivity, base::LogLevel::kWarning, line.substr(kWarning.size()));
  if (line == " ---> Using cache" && !activity_) {
    was_cached_ = true;
    if (is_counted(title_)) ++cached_;
    return begin(" (cached)");
  }
  // What the builder says of itself, and not the command.
  const bool own = line.empty() || line.starts_with(kArrow) ||
                   line.starts_with("Removing intermediate container ") ||
                   line.starts_with("Successfully built ") || line.starts_with("Successfully tagged ");
  begin("");
  if (!own && activity_) sink_.output(activity_->id(), line);
}

void BuildProgress::next_step(const std::string& line) {
  end(base::ActivityStatus::kDone);
  ++step_;
  const std::size_t colon = line.find(" : ");
  title_ = colon == std::string::npos ? line : line.substr(colon + 3);
  if (step_ <= build_.steps.size()) title_ = build_.steps[step_ - 1].title;
  if (is_counted(title_)) ++steps_;
  was_cached_ = false;
  waiting_ = true;
}

// The line that follows a step says whether it is cached, so it begins then.
void BuildProgress::begin(const char* note) {
  if (!std::exchange(waiting_, false)) return;
  std::string name = "build";
  if (step_ <= build_.steps.size() && !build_.steps[step_ - 1].stage.empty())
    name = build_.steps[step_ - 1].stage;
  activity_.emplace(
      sink_, base::ActivityInfo{fmt::format("{} {}/{}", name, step_, build_.steps.size()), title_ + note});
}

void BuildProgress::end(base::ActivityStatus outcome) {
  begin("");
  if (!activity_) return;
  if (!partial_.empty()) take_line(std::exchange(partial_, ""));
  const bool skipped = outcome == base::ActivityStatus::kDone && was_cached_;
  activity_->end(skipped ? base::ActivityStatus::kSkipped : outcome, skipped ? "cached" : "");
  activity_.reset();
}

Error BuildProgress::failure() const {
  std::string sentence = fmt::format("`{}` failed: {}", title_, error_);
  if (exit_code_) sentence = fmt::format("`{}` failed: exit code: {}", title_, *exit_code_);
  if (step_ == 0 || step_ > build_.steps.size())
    return {ErrorCode::kTaskFailed, fmt::format("the Docker daemon cannot build: {}", error_)};
  const Error placed = build_.source->error(build_.steps[step_ - 1].at, sentence);
  return {ErrorCode::kTaskFailed, placed.message(), placed.context()};
}

void BuildProgress::finish() {
  if (!error_.empty()) {
    end(base::ActivityStatus::kFailed);
    throw failure();
  }
  end(base::ActivityStatus::kDone);
  if (image_id_.empty()) {
    throw Error(ErrorCode::kTaskFailed,
                "the Docker daemon ended the build without an image\nhint: see its log");
  }
}

}  // namespace ixian::docker
