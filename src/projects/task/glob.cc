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
#include <utility>

#include "base/text.h"
#include "pattern/python_glob.h"

namespace ixian::task {
namespace {

constexpr std::string_view kAnyFolders = "**";
constexpr std::size_t kGlobNamesBuffer = 64u << 10;

class Expansion {
 public:
  Expansion(int root, std::string_view text, const std::vector<FolderId>& skip) : root_(root), skip_(skip) {
    const bool absolute = text.starts_with('/');
    for (std::string_view step : base::split(text.substr(absolute ? 1 : 0), '/')) {
      if (step == kAnyFolders && !steps_.empty() && steps_.back().is_any_folders()) continue;
      steps_.push_back({pattern::PythonGlob(step), pattern::has_python_wildcard(step)});
    }
    waiting_.push_back({absolute ? "/" : ".", {0}, false});
  }

  std::vector<std::string> run() {
    while (!waiting_.empty()) {
      const Visit visit = std::move(waiting_.back());
      waiting_.pop_back();
      if (std::none_of(visit.steps.begin(), visit.steps.end(),
                       [this](std::size_t step) { return steps_[step].is_wildcard; })) {
        for (std::size_t step : visit.steps) follow(visit, step);
      } else {
        list(visit);
      }
    }
    return std::move(found_);
  }

 private:
  // One component of the pattern.
  struct Step {
    pattern::PythonGlob glob;
    bool is_wildcard;

    bool is_any_folders() const { return glob.text() == kAnyFolders; }
  };

  // A folder, and the steps that its entries may match: indices into steps_, ascending.
  struct Visit {
    std::string path;
    std::vector<std::size_t> steps;
    bool by_wildcard;
  };

  void follow(const Visit& visit, std::size_t step) {
    std::string path = join_path(visit.path, steps_[step].glob.text());
    if (step + 1 == steps_.size()) {
      found_.push_back(std::move(path));
    } else {
      waiting_.push_back({std::move(path), {step + 1}, visit.by_wildcard});
    }
  }

  void list(const Visit& visit) {
    const files::UniqueFd fd = open_folder(root_, visit.path, 0);
    if (!fd.valid() && means_absent(errno)) return;
    if (!fd.valid()) fail_to_read(visit.path, errno);
    if (visit.by_wildcard && is_skipped(fd.get())) return;
    std::vector<std::size_t> steps;
    for (std::size_t step : visit.steps) {
      if (steps.empty() || steps.back() != step) steps.push_back(step);
      if (!steps_[step].is_any_folders()) continue;
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
      if (steps_[step].is_any_folders()) {
        if (name.starts_with('.')) continue;
        if (type == DT_UNKNOWN) type = type_of(fd, name);
        if (type == DT_DIR) {
          if (next.empty() || next.back() != step) next.push_back(step);
        } else if (last) {
          named = true;
        }
      } else if (steps_[step].glob.matches(name)) {
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
  std::vector<Step> steps_;
  std::vector<Visit> waiting_;
  std::vector<std::string> found_;
  std::vector<char> buffer_ = std::vector<char>(kGlobNamesBuffer);
};

}  // namespace

std::vector<std::string> expand(int root, std::string_view pattern, const std::vector<FolderId>& skip) {
  return Expansion(root, pattern, skip).run();
}

}  // namespace ixian::task
