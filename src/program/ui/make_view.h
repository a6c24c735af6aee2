// The view that the command line asks for.
//
// The room's front door. In: what happens, as calls of base::EventSink from any thread. Out: bytes on a file
// descriptor: a TtyView for a person who watches, a PlainView for logs, a JsonView for programs.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/event.h"
#include "ui/terminal.h"
#include "ui/verbosity.h"

namespace ixian::ui {

// kQuiet is kPlain that tells errors only, with the output of what failed.
enum class ViewKind { kAuto, kTty, kPlain, kJson, kQuiet };

// "auto", "tty", "plain", "json" or "quiet"; Docker's "rawjson" and "none" are the last two.
std::optional<ViewKind> parse_view_kind(std::string_view text);

// What kAuto means: kTty on a terminal, unless it is dumb, the environment variable CI is not
// empty, or hardly anything is told; else kPlain. Other kinds stay as they are.
ViewKind resolve(ViewKind kind, Verbosity threshold, bool terminal, const Environment& environment);

// A view that writes to `fd`, which stays open while it lives. Throws std::system_error where no
// thread can be started.
std::unique_ptr<base::EventSink> make_view(ViewKind kind, Verbosity threshold, int fd);

}  // namespace ixian::ui
