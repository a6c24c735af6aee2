#include "cache/cache_repos.h"

#include <fmt/format.h>

#include "base/error.h"
#include "layout/folder_reference.h"
#include "snapshot/late_repo.h"

namespace ixian::cache {

void CacheRepo::give_up(base::EventSink& sink, std::string_view reason) {
  // Reading and writing are given up each for itself: a repository may be readable and not writable.
  if (given_up_.exchange(true)) return;
  if (warned_->exchange(true))
    return sink.log(base::kNoActivity, base::LogLevel::kDebug, fmt::format("{}: {}", name_, reason));
  sink.log(base::kNoActivity, base::LogLevel::kWarning,
           fmt::format("cache repository {} disabled for this build: {}", name_, reason));
}

oci::OpenRepo CacheRepos::with_folders(oci::OpenRepo open, layout::LayoutUse use) {
  return [this, open = std::move(open),
          use](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
    const auto folder = layout::repository_folder(reference);
    if (!folder) return open(reference);
    // The name in the folder does not say where that lies: it may be moved.
    return layout::open_directory_registry(*folder, reference.host, "cache", use, never_);
  };
}

std::shared_ptr<CacheRepo> CacheRepos::get(const std::string& name, Known& known, const oci::OpenRepo& open) {
  const oci::Reference reference = oci::parse_reference(name);
  if (!reference.tag.empty() || reference.digest) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("cache {} must be a repository without a tag\nhint: use {}; each step gets a tag in it",
                    name, reference.name()));
  }
  const std::lock_guard lock(mutex_);
  auto& repo = known[reference.name()];
  if (repo) return repo;
  auto& warned = warned_[reference.name()];
  if (!warned) warned = std::make_shared<std::atomic<bool>>(false);
  // Opened late: a build that finds all of it locally never logs in.
  repo = std::make_shared<CacheRepo>(reference.name(), std::make_shared<snapshot::LateRepo>(open, reference),
                                     warned);
  return repo;
}

}  // namespace ixian::cache
