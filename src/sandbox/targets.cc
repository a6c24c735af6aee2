#include "sandbox/targets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/fs.h"
#include "sandbox/confined.h"

namespace ixian::sandbox {
namespace {

[[noreturn]] void fail_target(std::string message) {
  throw base::Error(base::ErrorCode::kUsage, std::move(message));
}

bool source_is_directory(const BindMount& bind) {
  const base::UniqueFd root(
      ::open(bind.root.empty() ? "/" : bind.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  const base::UniqueFd file = root.valid()
                                  ? open_inside(root.get(), resolve_inside(root.get(), bind.source), O_PATH)
                                  : base::UniqueFd();
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format("Cannot mount {}: {}.", base::printable_path(bind.source), base::errno_text(errno)));
  }
  return S_ISDIR(info.st_mode);
}

}  // namespace

bool below(std::string_view path, std::string_view folder) {
  return path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

Targets::Targets(Mount& mount)
    : image_(mount.path(), [&mount](const std::string& directory) { mount.touching(directory); }) {}

void Targets::add_builtin(const std::string& path) {
  const std::string target = image_.resolve(path);
  image_.make(target, true);
  covers_.push_back({target, nullptr});
}

std::string Targets::add_file(const std::string& path) {
  std::string target = image_.resolve(path);
  image_.make(target, false);
  return target;
}

void Targets::add(const RunMount& mount) {
  const std::string target = image_.resolve(mount.target);
  if (target == "/") fail_target("Nothing can be mounted on the root directory of a RUN.");
  if (below(target, "/proc") || below(target, "/sys")) {
    fail_target(fmt::format("Nothing can be mounted on {}.", base::printable_path(mount.target)));
  }
  resolved_.push_back(target);
  const auto* bind = std::get_if<BindMount>(&mount.what);
  make(target, bind != nullptr ? source_is_directory(*bind) : std::holds_alternative<TmpfsMount>(mount.what));
  covers_.push_back({target, bind});
}

void Targets::make(const std::string& target, bool directory) {
  for (auto cover = covers_.rbegin(); cover != covers_.rend(); ++cover) {
    if (target == cover->target) return;  // mounted over
    if (!below(target, cover->target)) continue;
    if (cover->bind != nullptr) make_in(*cover->bind, target.substr(cover->target.size()), directory);
    return;
  }
  image_.make(target, directory);
}

void Targets::make_in(const BindMount& bind, const std::string& rest, bool directory) {
  const std::string base = bind.root.empty() ? "/" : bind.root;
  const base::UniqueFd root(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const ConfinedPath source = resolve_inside(root.get(), bind.source);
  auto tree = std::make_unique<MountPoints>(base + source.inside());
  const std::string target = tree->resolve(rest);
  if (bind.read_only) {
    const base::UniqueFd folder(::open((base + source.inside()).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!resolve_inside(folder.get(), target).missing.empty()) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        fmt::format("Nothing can be mounted on {} of a read-only mount: it is not there.",
                                    base::printable_path(target)));
    }
  }
  tree->make(target, directory);
  binds_.push_back(std::move(tree));
}

}  // namespace ixian::sandbox
