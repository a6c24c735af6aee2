// Whether a source of ADD is a file, a URL or a git repository, by BuildKit's rules: a scheme, scp's
// user@host:path, a path that ends in ".git". For git a ref and a directory stand in the fragment, more in
// the query, and no two places may say different things. Logins are taken out of what is shown, and never get
// into a key.
#include "stages/add_source.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/characters.h"
#include "base/source_text.h"
#include "base/text.h"
#include "dockerfile/go_values.h"
#include "pattern/path_match.h"

namespace ixian::stages {
namespace {

std::string shown_source(std::string_view source) {
  return base::shown(dockerfile::shown_url(source));
}

struct UrlParts {
  std::string_view base;  // without query and fragment
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
};

UrlParts take_apart(std::string_view text, std::size_t path_from) {
  UrlParts parts;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  parts.base = text;
  parts.path = text.substr(std::min(text.size(), path_from));
  return parts;
}

std::string clean_subdir(std::string_view folder) {
  return pattern::clean_path("/" + std::string(folder)).substr(1);
}

class GitQuery {
 public:
  GitQuery(GitSource& git, std::string_view whole) : git_(git), whole_(whole) {}

  void apply(std::string_view query) {
    std::map<std::string, std::string> fields;
    for (const std::string_view field : base::split(query, '&')) {
      if (field.empty()) continue;
      const std::size_t equals = field.find('=');
      const std::string name = dockerfile::url_decoded(field.substr(0, equals), true);
      const std::string value =
          equals == std::string_view::npos ? "" : dockerfile::url_decoded(field.substr(equals + 1), true);
      if (!fields.emplace(name, value).second) fail("has " + base::shown(name) + " twice");
    }
    for (const auto& [name, value] : fields) set(name, value);
    if (!tag_.empty() && !branch_.empty()) fail("has a tag and a branch");
    if (!tag_.empty()) set_ref(with_prefix("refs/tags/", tag_));
    if (!branch_.empty()) set_ref(with_prefix("refs/heads/", branch_));
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw std::invalid_argument("git source " + shown_source(whole_) + " " + reason);
  }

  static std::string with_prefix(std::string_view prefix, const std::string& name) {
    return name.starts_with(prefix) ? name : std::string(prefix) + name;
  }

  void set_ref(const std::string& ref) {
    if (!git_.ref.empty() && git_.ref != ref)
      fail("has 2 refs, " + base::shown(git_.ref) + " and " + base::shown(ref));
    git_.ref = ref;
  }

  bool flag(const std::string& name, const std::string& value) const {
    if (value.empty()) return true;
    const auto flag = dockerfile::parse_bool(value);
    if (!flag) fail("has " + name + "=" + base::shown(value) + " (expected: true, false)");
    return *flag;
  }

  void set(const std::string& name, const std::string& value) {
    if (name == "keep-git-dir") {
      git_.keep_git_dir = flag(name, value);
    } else if (name == "submodules") {
      git_.submodules = flag(name, value);
    } else if (name == "fetch-by-commit") {
      git_.fetch_by_commit = flag(name, value);
    } else if (value.empty()) {
      fail("has " + base::shown(name) + " without a value");
    } else if (name == "ref") {
      set_ref(value);
    } else if (name == "tag") {
      tag_ = value;
    } else if (name == "branch") {
      branch_ = value;
    } else if (name == "subdir") {
      const std::string subdir = clean_subdir(value);
      if (!git_.subdir.empty() && git_.subdir != subdir) fail("has 2 subdirs");
      git_.subdir = subdir;
    } else if (name == "checksum" || name == "commit") {
      if (!git_.checksum.empty() && git_.checksum != value) fail("has 2 commits");
      git_.checksum = value;
    } else if (name == "mtime") {
      if (value != "checkout" && value != "commit") fail("has an invalid mtime (expected: checkout, commit)");
      git_.commit_times = value == "commit";
    } else {
      fail("has an unknown field " + base::shown(name) +
           " in its query (expected: ref, tag, branch, subdir, checksum, commit, keep-git-dir, "
           "submodules, mtime, fetch-by-commit)");
    }
  }

  GitSource& git_;
  std::string_view whole_;
  std::string tag_;
  std::string branch_;
};

constexpr std::string_view kSsh = "ssh://";

GitSource git_source(const UrlParts& parts, std::string_view whole) {
  GitSource git;
  dockerfile::UrlWithoutLogin remote = dockerfile::without_login(parts.base);
  if (!remote.login.empty() && parts.base.starts_with(kSsh)) {
    // Its user is part of the address, and a password is of no use to ssh.
    const std::string_view user = parts.base.substr(0, parts.base.find_first_of(":@", kSsh.size()));
    remote.url.replace(0, kSsh.size(), std::string(user) + "@");
    remote.login = {};
  }
  git.remote = std::move(remote.url);
  git.login = std::move(remote.login);
  const std::string fragment = dockerfile::url_decoded(parts.fragment);
  const std::size_t colon = fragment.find(':');
  git.ref = fragment.substr(0, colon);
  if (colon != std::string::npos) git.subdir = clean_subdir(fragment.substr(colon + 1));
  GitQuery(git, whole).apply(parts.query);
  // What git would take for an option is no ref and no remote.
  if (git.ref.starts_with('-') || git.checksum.starts_with('-')) {
    throw std::invalid_argument("git source " + shown_source(whole) + " has a ref that begins with a dash");
  }
  return git;
}

// user@host:path, as scp has it. The length up to the path, 0 where it is none.
std::size_t scp_prefix(std::string_view text) {
  const auto is_name = [](char c) { return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '_'; };
  std::size_t at = 0;
  while (at < text.size() && is_name(text[at])) ++at;
  if (at == 0 || text.front() == '-' || at >= text.size() || text[at] != '@') return 0;
  const std::size_t host = ++at;
  while (at < text.size() &&
         (base::is_letter(text[at]) || base::is_digit(text[at]) || text[at] == '-' || text[at] == '.'))
    ++at;
  if (at == host || text[host] == '-' || at >= text.size() || text[at] != ':') return 0;
  return at + 1;
}

std::string file_name(std::string_view path) {
  std::string name = pattern::clean_path(dockerfile::url_decoded(path));
  name.erase(0, name.rfind('/') + 1);
  const bool unfit =
      name.empty() || name == "." || name == ".." ||
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  // As BuildKit calls it.
  return unfit ? "__unnamed__" : name;
}

}  // namespace

AddSource classify_source(std::string_view source) {
  // How a file gets in that is called like a remote source.
  if (source.starts_with("./") || source.starts_with("../")) return ContextPath{std::string(source)};
  const std::size_t colon = source.find("://");
  const bool has_scheme = colon != std::string_view::npos && colon > 0 &&
                          std::all_of(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(colon),
                                      [](char c) { return base::is_letter(c) || base::is_digit(c); });
  if (!has_scheme) {
    const std::size_t scp = scp_prefix(source);
    if (scp == 0) return ContextPath{std::string(source)};
    return git_source(take_apart(source, scp), source);
  }
  const std::string scheme = base::to_lower(source.substr(0, colon));
  const std::size_t host = colon + 3;
  const UrlParts parts = take_apart(source, std::min(source.find_first_of("/?#", host), source.size()));
  if (scheme == "git" || scheme == "ssh") return git_source(parts, source);
  if (scheme != "http" && scheme != "https") {
    throw std::invalid_argument("unsupported source of ADD: \"" + shown_source(source) +
                                "\" (expected: http, https, git or ssh, or a file of the context)");
  }
  if (parts.path.ends_with(".git")) return git_source(parts, source);
  dockerfile::UrlWithoutLogin url = dockerfile::without_login(source);
  return UrlSource{std::move(url.url), file_name(parts.path), std::move(url.login)};
}

}  // namespace ixian::stages
