// A mode of --chmod, octal or symbolic as chmod(1) has it. It is applied to each file's own mode, so changes
// are kept and not computed. There is no umask in an image, so without a class all are meant.
#include "dockerfile/file_mode.h"

#include <stdexcept>

#include "base/characters.h"
#include "base/source_text.h"
#include "dockerfile/go_values.h"

namespace ixian::dockerfile {
namespace {

// With the bits that belong to a class besides rwx: set-user-ID to u, set-group-ID to g.
constexpr std::uint32_t kUser = 04700;
constexpr std::uint32_t kGroup = 02070;
constexpr std::uint32_t kOthers = 0007;
constexpr std::uint32_t kSticky = 01000;
constexpr std::uint32_t kAll = kUser | kGroup | kOthers;

std::uint32_t class_of(char c) {
  return c == 'u' ? kUser : c == 'g' ? kGroup : c == 'o' ? kOthers : c == 'a' ? kAll : 0;
}

std::uint32_t permission_of(char c) {
  switch (c) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return 0111;
    case 's':
      return 06000;
    case 't':
      return kSticky;
    default:
      return 0;
  }
}

// rwx of one class, spread over all three.
std::uint32_t spread(std::uint32_t mode, char from) {
  const std::uint32_t bits = (mode >> (from == 'u' ? 6 : from == 'g' ? 3 : 0)) & 7;
  return bits << 6 | bits << 3 | bits;
}

}  // namespace

FileMode::FileMode(std::string_view text) {
  const auto fail = [&] {
    throw std::invalid_argument("invalid file mode \"" + base::shown(text) +
                                "\" (expected: an octal number up to 7777, or such as u=rwX,go=rX)");
  };
  if (!text.empty() && base::is_digit(text.front())) {
    const auto value = parse_number(text, 8, kAll | kSticky);
    if (!value) fail();
    absolute_ = true;
    value_ = *value;
    return;
  }
  std::size_t at = 0;
  do {
    std::uint32_t who = 0;
    while (at < text.size() && class_of(text[at]) != 0) who |= class_of(text[at++]);
    // Without a class it is all of them; there is no umask in an image.
    if (who == 0) who = kAll;
    do {
      if (at >= text.size() || std::string_view("+-=").find(text[at]) == std::string_view::npos) fail();
      at += take_change(text, at, who);
    } while (at < text.size() && text[at] != ',');
  } while (at++ < text.size());
}

// What stands after the classes, from the operation on. Returns its length.
std::size_t FileMode::take_change(std::string_view text, std::size_t begin, std::uint32_t who) {
  std::size_t at = begin;
  Change change{who, text[at++]};
  if (at < text.size() && (text[at] == 'u' || text[at] == 'g' || text[at] == 'o')) {
    change.copy_from = text[at++];
  } else {
    for (; at < text.size() && (text[at] == 'X' || permission_of(text[at]) != 0); ++at) {
      if (text[at] == 'X') change.execute_if_any = true;
      change.bits |= permission_of(text[at]);
    }
  }
  // The sticky bit belongs to no class, and is only touched where it is named, and not for o alone.
  if ((change.bits & kSticky) != 0 && who != kOthers) change.who |= kSticky;
  changes_.push_back(change);
  return at - begin;
}

std::uint32_t FileMode::apply(std::uint32_t mode, bool is_directory) const {
  if (absolute_) return value_;
  const bool executable = is_directory || (mode & 0111) != 0;
  mode &= kAll | kSticky;
  for (const Change& change : changes_) {
    std::uint32_t bits = change.copy_from != 0 ? spread(mode, change.copy_from) : change.bits;
    if (change.execute_if_any && executable) bits |= 0111;
    bits &= change.who;
    if (change.operation == '+') {
      mode |= bits;
    } else if (change.operation == '-') {
      mode &= ~bits;
    } else {
      mode = (mode & ~change.who) | bits;
    }
  }
  return mode;
}

}  // namespace ixian::dockerfile
