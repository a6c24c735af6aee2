#include "ui/terminal_turn.h"

#include "ui/terminal.h"
#include "ui/tty_view.h"

namespace ixian::ui {
namespace {

struct Views {
  std::mutex mutex;
  std::vector<TtyView*> all;
};

// Never destroyed: a view may end after it.
Views& views() {
  static auto* made = new Views;
  return *made;
}

}  // namespace

TerminalTurn::TerminalTurn(int fd) {
  if (!is_terminal(fd)) return;
  lock_ = std::unique_lock(views().mutex);
  for (TtyView* view : views().all) view->pause();
}

TerminalTurn::~TerminalTurn() {
  if (!lock_.owns_lock()) return;
  for (TtyView* view : views().all) view->resume();
}

void TerminalTurn::leave_all() {
  const std::unique_lock lock(views().mutex, std::try_to_lock);
  if (!lock.owns_lock()) return;
  for (TtyView* view : views().all) view->abandon();
}

void TerminalTurn::enter(TtyView& view) {
  const std::lock_guard lock(views().mutex);
  views().all.push_back(&view);
}

void TerminalTurn::leave(TtyView& view) {
  const std::lock_guard lock(views().mutex);
  std::erase(views().all, &view);
}

}  // namespace ixian::ui
