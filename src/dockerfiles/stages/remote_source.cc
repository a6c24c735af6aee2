// What a remote source is pinned to. A checksum may stand in --checksum and in the source itself, and
// keep-git-dir too; both must agree, as whoever wrote them meant one thing.
#include "stages/remote_source.h"

#include <stdexcept>

#include "base/source_text.h"
#include "base/text.h"
#include "dockerfile/source_url.h"

namespace ixian::stages {
namespace {

constexpr std::size_t kLongestCommit = 64;

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string content_checksum(const std::string& checksum) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string text = base::to_lower(checksum);
  if (text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 && is_hex(text.substr(kPrefix.size())))
    return text;
  throw std::invalid_argument("invalid checksum " + base::shown(checksum) +
                              " of a URL (expected: sha256: and 64 hexadecimal digits)");
}

std::string commit_checksum(const std::string& checksum) {
  const std::string text = base::to_lower(checksum);
  if (is_hex(text) && text.size() <= kLongestCommit) return text;
  throw std::invalid_argument(
      "invalid checksum " + base::shown(checksum) +
      " of a git repository (expected: a commit, or the hexadecimal digits that it begins with)");
}

RemoteSource pinned_git(GitSource git, const std::string& checksum, std::optional<bool> keep_git_dir) {
  RemoteSource source;
  const auto fail = [&](const std::string& reason) {
    throw std::invalid_argument("git source " + dockerfile::shown_url(git.remote) + " " + reason);
  };
  if (keep_git_dir && git.keep_git_dir && *keep_git_dir != *git.keep_git_dir)
    fail("has a keep-git-dir that contradicts --keep-git-dir");
  const std::string own = git.checksum.empty() ? "" : commit_checksum(git.checksum);
  const std::string flag = checksum.empty() ? "" : commit_checksum(checksum);
  if (!own.empty() && !flag.empty() && own != flag)
    fail("has checksum " + own + ", but --checksum is " + flag);
  source.checksum = own.empty() ? flag : own;
  // A checksum may be the beginning of a commit; the ref is then the whole of it.
  if (is_commit(git.ref) && !git.ref.starts_with(source.checksum))
    fail("is pinned to commit " + git.ref + ", which does not match checksum " + source.checksum);
  if (git.fetch_by_commit && !is_commit(git.ref) && !is_commit(source.checksum))
    fail("has fetch-by-commit without a whole commit");
  source.keep_git_dir = git.keep_git_dir.value_or(keep_git_dir.value_or(false));
  // As BuildKit: a repository comes with its submodules.
  source.submodules = git.submodules.value_or(true);
  source.git = std::move(git);
  return source;
}

}  // namespace

std::string RemoteSource::shown() const {
  return dockerfile::shown_url(url ? url->url : git->remote);
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == kLongestCommit) && is_hex(text);
}

std::optional<RemoteSource> remote_source(const std::string& source, const std::string& checksum,
                                          std::optional<bool> keep_git_dir) {
  AddSource kind = classify_source(source);
  if (auto* git = std::get_if<GitSource>(&kind)) return pinned_git(std::move(*git), checksum, keep_git_dir);
  auto* url = std::get_if<UrlSource>(&kind);
  if (url == nullptr) return std::nullopt;
  RemoteSource remote;
  remote.url = std::move(*url);
  if (!checksum.empty()) remote.checksum = content_checksum(checksum);
  return remote;
}

}  // namespace ixian::stages
