// A registry's status as a paragraph for people and as JSON for programs. "Unknown" is an answer too: many
// registries say only when one pushes whether one may.
#include "commands/registry_status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/text.h"

namespace ixian::commands {
namespace {

using Answer = registry::RegistryStatus::Answer;
using Time = std::chrono::system_clock::time_point;

std::string date(Time time, const char* format) {
  return fmt::format(fmt::runtime(format), fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

// "in 11h59m", of what is not over.
std::string from_now(std::chrono::system_clock::duration left) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(left).count();
  if (minutes >= 48 * 60) return fmt::format("in {} days", minutes / (24 * 60));
  if (minutes >= 60) return fmt::format("in {}h{:02}m", minutes / 60, minutes % 60);
  if (minutes >= 1) return fmt::format("in {}m", minutes);
  return fmt::format("in {}s", std::chrono::duration_cast<std::chrono::seconds>(left).count());
}

// In UTC, as registries and tokens say it.
std::string token_end(Time end, Time now) {
  if (end <= now) return "expired";
  return fmt::format("expires {} ({})", date(end, "{:%Y-%m-%d %H:%M:%S} UTC"), from_now(end - now));
}

std::string access_text(Answer answer, const ui::Style& style) {
  if (answer == Answer::kYes) return style.paint(style.green, "allowed");
  if (answer == Answer::kNo) return style.paint(style.red, "denied");
  return style.paint(style.gray, "unknown");
}

std::string advice_of(const registry::RegistryStatus& status) {
  if (!status.advice.empty() || !status.problem.empty() || status.may_push != Answer::kNo)
    return status.advice;
  return "configure credentials with push access, or ask the registry's administrator to grant it to this "
         "account";
}

base::Json answer_json(Answer answer) {
  return answer == Answer::kUnknown ? base::Json() : base::Json(answer == Answer::kYes);
}

base::Json text_json(const std::string& text) {
  return text.empty() ? base::Json() : base::Json(text);
}

}  // namespace

bool is_fine(const registry::RegistryStatus& status) {
  // Not to be allowed to push is no fault: many only pull.
  return status.reachable && status.problem.empty() && status.may_pull != Answer::kNo;
}

std::string status_text(const registry::RegistryStatus& status, Time now, const ui::Style& style) {
  const bool fine = is_fine(status);
  std::string out = fmt::format(
      "{} {}  {}\n", fine ? style.paint(style.green, style.tick) : style.paint(style.red, style.cross),
      style.paint(style.bold, status.host), style.paint(style.dim, status.client));
  const auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("    {:<11} {}\n", name, value);
  };
  line("reachable", status.reachable ? style.paint(style.green, "yes") : style.paint(style.red, "no"));
  if (!status.identity.empty()) line("account", status.identity);
  if (status.reachable) {
    line("pull", access_text(status.may_pull, style));
    line("push", access_text(status.may_push, style));
  }
  if (status.token_expires) line("token", token_end(*status.token_expires, now));
  const auto sentence = [&](std::string_view text) {
    for (std::string_view each : base::split(text, '\n')) out += fmt::format("    {}\n", each);
  };
  if (!status.problem.empty()) sentence(style.paint(fine ? style.dim : style.red, status.problem));
  if (const std::string advice = advice_of(status); !advice.empty())
    sentence(style.paint(style.bold, "hint:") + " " + advice);
  return out;
}

base::Json status_json(const registry::RegistryStatus& status) {
  base::Json json;
  json["host"] = status.host;
  json["client"] = status.client;
  json["fine"] = is_fine(status);
  json["reachable"] = status.reachable;
  json["identity"] = text_json(status.identity);
  json["may_pull"] = answer_json(status.may_pull);
  json["may_push"] = answer_json(status.may_push);
  json["token_expires"] =
      status.token_expires ? base::Json(date(*status.token_expires, "{:%Y-%m-%dT%H:%M:%SZ}")) : base::Json();
  json["problem"] = text_json(status.problem);
  json["advice"] = text_json(advice_of(status));
  return json;
}

}  // namespace ixian::commands
