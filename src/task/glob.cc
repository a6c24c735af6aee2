// A pattern such as `**/a/**/*.py` could be expanded one step after the other, but then `**` would
// list every folder once to find its subfolders and once more for the step behind it, and would
// find many paths twice. Instead each folder is listed once, with the set of steps that its
// entries may match next: the pattern as an automaton whose letters are names.
#include "task/glob.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace ixian::task {
namespace {

constexpr std::string_view kAnyFolders = "**";
constexpr std::size_t kGlobNamesBuffer = 64u << 10;

// The first code point of `text`, not empty, which is taken off. Bytes that are not UTF-8 become
// what Python makes of them, code points of their own that no text can hold.
std::uint32_t take_character(std::string_view& text) {
  const std::size_t length = base::utf8_length(text);
  const auto first = static_cast<unsigned char>(text[0]);
  std::uint32_t character = length == 0 ? 0xdc00u + first : first;
  if (length == 2) character &= 0x1f;
  if (length == 3) character &= 0x0f;
  if (length == 4) character &= 0x07;
  for (std::size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return character;
}

// The size of what stands between the brackets that `pattern` starts with, npos where they are not
// closed. A bracket that would close them right away is one of the characters.
std::size_t set_size(std::string_view pattern) {
  std::size_t end = 1;
  if (end < pattern.size() && pattern[end] == '!') ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;
  end = pattern.find(']', end);
  return end == std::string_view::npos ? end : end - 1;
}

bool set_holds(std::string_view set, std::uint32_t character) {
  const bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool found = false;
  while (!set.empty()) {
    const std::uint32_t low = take_character(set);
    std::uint32_t high = low;
    if (set.size() > 1 && set[0] == '-') {
      set.remove_prefix(1);
      high = take_character(set);
    }
    found = found || (low <= character && character <= high);
  }
  return found != negated;
}

// Takes one character off `name` and what matches it off `pattern`, which does not start with '*'.
bool match_one(std::string_view& pattern, std::string_view& name) {
  if (pattern.empty()) return false;
  const std::uint32_t character = take_character(name);
  if (pattern[0] == '[') {
    const std::size_t size = set_size(pattern);
    if (size != std::string_view::npos) {
      const std::string_view set = pattern.substr(1, size);
      pattern.remove_prefix(size + 2);
      return set_holds(set, character);
    }
  }
  if (pattern[0] == '?') {
    pattern.remove_prefix(1);
    return true;
  }
  return take_character(pattern) == character;
}

// Only the last '*' is ever tried again: what an earlier one could take, it can take as well.
bool matches_text(std::string_view pattern, std::string_view name) {
  std::string_view retry_pattern;
  std::string_view retry_name;
  bool can_retry = false;
  while (!name.empty() || !pattern.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      retry_pattern = pattern;
      retry_name = name;
      can_retry = true;
      continue;
    }
    if (!name.empty() && match_one(pattern, name)) continue;
    if (!can_retry || retry_name.empty()) return false;
    take_character(retry_name);
    pattern = retry_pattern;
    name = retry_name;
  }
  return true;
}

class Expansion {
 public:
  Expansion(int root, std::string_view pattern, const std::vector<FolderId>& skip)
      : root_(root), skip_(skip) {
    const bool absolute = pattern.starts_with('/');
    for (std::string_view step : base::split(pattern.substr(absolute ? 1 : 0), '/')) {
      if (step == kAnyFolders && !steps_.empty() && steps_.back() == kAnyFolders) continue;
      steps_.push_back(step);
    }
    waiting_.push_back({absolute ? "/" : ".", {0}, false});
  }

  std::vector<std::string> run() {
    while (!waiting_.empty()) {
      const Visit visit = std::move(waiting_.back());
      waiting_.pop_back();
      if (std::none_of(visit.steps.begin(), visit.steps.end(),
                       [this](std::size_t step) { return has_wildcard(steps_[step]); })) {
        for (std::size_t step : visit.steps) follow(visit, step);
      } else {
        list(visit);
      }
    }
    return std::move(found_);
  }

 private:
  // A folder, and the steps that its entries may match: indices into steps_, ascending.
  struct Visit {
    std::string path;
    std::vector<std::size_t> steps;
    bool by_wildcard;
  };

  void follow(const Visit& visit, std::size_t step) {
    std::string path = join_path(visit.path, steps_[step]);
    if (step + 1 == steps_.size()) {
      found_.push_back(std::move(path));
    } else {
      waiting_.push_back({std::move(path), {step + 1}, visit.by_wildcard});
    }
  }

  void list(const Visit& visit) {
    const base::UniqueFd fd = open_folder(root_, visit.path, 0);
    if (!fd.valid() && means_absent(errno)) return;
    if (!fd.valid()) fail_to_read(visit.path, errno);
    if (visit.by_wildcard && is_skipped(fd.get())) return;
    std::vector<std::size_t> steps;
    for (std::size_t step : visit.steps) {
      if (steps.empty() || steps.back() != step) steps.push_back(step);
      if (steps_[step] != kAnyFolders) continue;
      if (step + 1 < steps_.size()) {
        steps.push_back(step + 1);
      } else if (visit.path != ".") {
        found_.push_back(visit.path);
      }
    }
    const int error = read_folder(fd.get(), buffer_, [&](std::string_view name, unsigned char type) {
      match(visit, steps, fd.get(), name, type);
    });
    if (error != 0 && !means_absent(error)) fail_to_read(visit.path, error);
  }

  void match(const Visit& visit, const std::vector<std::size_t>& steps, int fd, std::string_view name,
             unsigned char type) {
    bool named = false;
    std::vector<std::size_t> next;
    for (std::size_t step : steps) {
      const bool last = step + 1 == steps_.size();
      if (steps_[step] == kAnyFolders) {
        if (name.starts_with('.')) continue;
        if (type == DT_UNKNOWN) type = type_of(fd, name);
        if (type == DT_DIR) {
          if (next.empty() || next.back() != step) next.push_back(step);
        } else if (last) {
          named = true;
        }
      } else if (matches(steps_[step], name)) {
        if (last) named = true;
        if (!last) next.push_back(step + 1);
      }
    }
    const bool may_be_folder = type == DT_DIR || type == DT_LNK || type == DT_UNKNOWN;
    if (!next.empty() && may_be_folder) {
      waiting_.push_back({join_path(visit.path, name), std::move(next), true});
    }
    if (named) found_.push_back(join_path(visit.path, name));
  }

  static unsigned char type_of(int fd, std::string_view name) {
    struct stat status;
    if (::fstatat(fd, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
    return static_cast<unsigned char>(IFTODT(status.st_mode));
  }

  bool is_skipped(int fd) const {
    struct stat status;
    return ::fstat(fd, &status) == 0 &&
           std::find(skip_.begin(), skip_.end(), folder_id(status)) != skip_.end();
  }

  const int root_;
  const std::vector<FolderId>& skip_;
  std::vector<std::string_view> steps_;
  std::vector<Visit> waiting_;
  std::vector<std::string> found_;
  std::vector<char> buffer_ = std::vector<char>(kGlobNamesBuffer);
};

}  // namespace

bool has_wildcard(std::string_view pattern) {
  if (pattern.find_first_of("*?") != std::string_view::npos) return true;
  for (std::size_t at = pattern.find('['); at != std::string_view::npos; at = pattern.find('[', at + 1)) {
    const std::string_view rest = pattern.substr(at);
    if (set_size(rest.substr(0, rest.find('/'))) != std::string_view::npos) return true;
  }
  return false;
}

bool matches(std::string_view step, std::string_view name) {
  if (step == name) return true;
  if (name.starts_with('.') && (!step.starts_with('.') || name == ".git")) return false;
  return matches_text(step, name);
}

std::vector<std::string> expand(int root, std::string_view pattern, const std::vector<FolderId>& skip) {
  return Expansion(root, pattern, skip).run();
}

}  // namespace ixian::task
