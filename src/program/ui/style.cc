// Text for standard output passes a filter that makes escape sequences of strangers visible, and our own
// colours must get through it. They are sealed: each carries a number made up for this process, which nobody
// else can have written.
#include "ui/style.h"

#include <random>

#include "base/text.h"

namespace ixian::ui {
namespace {

bool wants_colour(bool terminal, const Environment& environment) {
  const auto forces = [&](const char* name) {
    const auto value = environment(name);
    return !value.empty() && value != "0";
  };
  if (!environment("NO_COLOR").empty()) return false;
  if (forces("CLICOLOR_FORCE") || forces("FORCE_COLOR")) return true;
  return terminal && !is_dumb(environment);
}

bool takes_unicode(const Environment& environment) {
  // The kernel's console has a font of 512 characters at most.
  if (environment("TERM") == "linux") return false;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto locale = base::to_lower(environment(name));
    // The first that is set decides, as in setlocale(3).
    if (locale.empty()) continue;
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return true;
}

}  // namespace

Style Style::for_fd(int fd) {
  return choose(is_terminal(fd), process_environment());
}

Style Style::choose(bool terminal, const Environment& environment) {
  return make(wants_colour(terminal, environment), takes_unicode(environment));
}

Style Style::make(bool colour, bool unicode) {
  Style style;
  if (colour) {
    style.bold = "\033[1m";
    style.dim = "\033[2m";
    style.red = "\033[31m";
    style.green = "\033[32m";
    style.yellow = "\033[33m";
    style.gray = "\033[90m";
    style.reset = "\033[0m";
  }
  style.tick = unicode ? "✔" : "+";
  style.circle = unicode ? "○" : "o";
  style.cross = unicode ? "✘" : "x";
  style.ellipsis = unicode ? "…" : "~";
  style.dot = unicode ? "·" : "-";
  style.bar_full = unicode ? "█" : "#";
  style.bar_empty = unicode ? "░" : ".";
  if (unicode) {
    style.spinner = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  } else {
    style.spinner = {"|", "/", "-", "\\"};
  }
  return style;
}

std::string Style::paint(std::string_view colour, std::string_view text) const {
  std::string out(colour);
  out += text;
  if (!colour.empty()) out += reset;
  return out;
}

namespace {

struct Seal {
  std::string_view sequence;
  std::string sealed;
};

// Never destroyed: Styles hold on to them.
const std::vector<Seal>& seals() {
  static const auto* all = [] {
    const Style plain = Style::make(true, true);
    std::random_device random;
    const std::string number = std::to_string(random()) + std::to_string(random());
    auto* made = new std::vector<Seal>;
    for (const auto colour :
         {plain.bold, plain.dim, plain.red, plain.green, plain.yellow, plain.gray, plain.reset})
      made->push_back({colour, "\033_" + number + std::string(colour.substr(1))});
    return made;
  }();
  return *all;
}

std::string_view sealed_colour(std::string_view colour) {
  for (const Seal& seal : seals()) {
    if (seal.sequence == colour) return seal.sealed;
  }
  return colour;
}

}  // namespace

Style Style::sealed() const {
  Style style = *this;
  for (std::string_view* colour :
       {&style.bold, &style.dim, &style.red, &style.green, &style.yellow, &style.gray, &style.reset})
    *colour = sealed_colour(*colour);
  return style;
}

Unsealed unseal(std::string_view text) {
  for (const Seal& seal : seals()) {
    if (text.starts_with(seal.sealed)) return {seal.sequence, seal.sealed.size()};
  }
  return {};
}

}  // namespace ixian::ui
