// Each view gets all that it needs to know of its surroundings from here, so that tests give it others.
#include "ui/make_view.h"

#include <algorithm>
#include <utility>

#include "ui/json_view.h"
#include "ui/plain_view.h"
#include "ui/style.h"
#include "ui/tty_view.h"

namespace ixian::ui {
namespace {

std::unique_ptr<base::EventSink> make_plain_view(Verbosity threshold, int fd) {
  PlainView::Options options;
  options.fd = fd;
  options.threshold = threshold;
  options.style = Style::for_fd(fd);
  options.ci = ci_service(process_environment());
  return std::make_unique<PlainView>(std::move(options));
}

std::unique_ptr<base::EventSink> make_tty_view(Verbosity threshold, int fd) {
  TtyView::Options options;
  options.fd = fd;
  options.threshold = threshold;
  options.style = Style::for_fd(fd);
  options.rewraps = rewraps_lines(process_environment());
  return std::make_unique<TtyView>(std::move(options));
}

std::unique_ptr<base::EventSink> make_json_view(Verbosity threshold, int fd) {
  JsonView::Options options;
  options.fd = fd;
  options.threshold = threshold;
  return std::make_unique<JsonView>(std::move(options));
}

}  // namespace

std::optional<ViewKind> parse_view_kind(std::string_view text) {
  if (text == "auto") return ViewKind::kAuto;
  if (text == "tty") return ViewKind::kTty;
  if (text == "plain") return ViewKind::kPlain;
  // "rawjson" and "none" are Docker's words.
  if (text == "json" || text == "rawjson") return ViewKind::kJson;
  if (text == "quiet" || text == "none") return ViewKind::kQuiet;
  return std::nullopt;
}

ViewKind resolve(ViewKind kind, Verbosity threshold, bool terminal, const Environment& environment) {
  if (kind != ViewKind::kAuto) return kind;
  // Some CIs offer a terminal that nobody looks at.
  const bool watched = terminal && !is_dumb(environment) && environment("CI").empty();
  return watched && threshold < Verbosity::kError ? ViewKind::kTty : ViewKind::kPlain;
}

std::unique_ptr<base::EventSink> make_view(ViewKind kind, Verbosity threshold, int fd) {
  switch (resolve(kind, threshold, is_terminal(fd), process_environment())) {
    case ViewKind::kTty:
      return make_tty_view(threshold, fd);
    case ViewKind::kJson:
      return make_json_view(threshold, fd);
    case ViewKind::kQuiet:
      return make_plain_view(std::max(threshold, Verbosity::kError), fd);
    case ViewKind::kAuto:
    case ViewKind::kPlain:
      break;
  }
  return make_plain_view(threshold, fd);
}

}  // namespace ixian::ui
