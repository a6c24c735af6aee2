#include "build_context/context_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/source_text.h"
#include "base/text.h"
#include "build_context/usage_error.h"
#include "dockerfile/source_url.h"
#include "files/fs.h"

namespace ixian::build_context {
namespace {

using Kind = ContextSource::Kind;

constexpr std::string_view kGitHub = "github.com/";
constexpr std::string_view kSchemes[] = {"http", "https", "git", "ssh"};

// git clones it with and without the ending, by which alone a repository is told from a file to download.
std::string with_git_ending(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of("?#"), text.size());
  std::string path(text.substr(0, end));
  while (path.ends_with('/')) path.pop_back();
  if (!path.ends_with(".git")) path += ".git";
  return "https://" + path + std::string(text.substr(end));
}

void check_scheme(const std::string& text, const std::string& what) {
  const std::size_t colon = text.find("://");
  if (colon == std::string::npos) return;
  const std::string scheme = base::to_lower(text.substr(0, colon));
  if (std::find(std::begin(kSchemes), std::end(kSchemes), scheme) != std::end(kSchemes)) return;
  usage(fmt::format("invalid {} \"{}\": unknown scheme {} (expected: http, https, git, ssh){}", what,
                    base::shown(dockerfile::shown_url(text)), base::shown(scheme),
                    base::did_you_mean(scheme, {std::begin(kSchemes), std::end(kSchemes)})));
}

// " (did you mean src?)", of what stands beside it.
std::string nearest(const std::string& path) {
  const std::filesystem::path wanted(path);
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator each(wanted.parent_path(), error), end; !error && each != end;
       each.increment(error))
    names.push_back(each->path().filename().string());
  return base::did_you_mean(wanted.filename().string(), names);
}

std::optional<stages::RemoteSource> remote_of(const std::string& text, const std::string& what) {
  check_scheme(text, what);
  try {
    return stages::remote_source(text, "", std::nullopt);
  } catch (const std::invalid_argument& error) {
    usage(fmt::format("invalid {}: {}", what, error.what()));
  }
}

}  // namespace

bool is_http_url(const std::string& text) {
  const std::string lower = base::to_lower(text.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
}

ContextSource parse_context_source(const std::string& text, const std::string& what,
                                   const std::string& here) {
  ContextSource source;
  source.shown = text;
  if (text == "-") {
    source.kind = Kind::kStandardInput;
    source.shown = "standard input";
    return source;
  }
  if (text.empty()) usage(fmt::format("invalid {} \"\": expected a directory, an archive or a URL", what));
  const std::string path = files::absolute_path(text, here);
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    source.kind = S_ISDIR(status.st_mode) ? Kind::kDirectory : Kind::kArchive;
    source.path = path;
    return source;
  }
  source.url = text.starts_with(kGitHub) ? with_git_ending(text) : text;
  source.remote = remote_of(source.url, what);
  if (!source.remote) {
    usage(
        fmt::format("{} not found: {}{}\nhint: name a directory, a tar archive, or the URL of an archive "
                    "or a git repository",
                    what, base::shown(text), nearest(path)));
  }
  source.kind = source.remote->git ? Kind::kGit : Kind::kUrl;
  source.shown = source.remote->shown();
  return source;
}

}  // namespace ixian::build_context
