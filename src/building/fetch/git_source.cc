// Servers differ in what they give: some no single commits, simple ones ("dumb" HTTP) no shallow copies, and
// a repository's submodules may lie at another one. So each fetch has several ways, from the shortest to one
// that works everywhere, and a commit is known by its name, whichever way it came.
#include "fetch/git_source.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "context/directory_view.h"
#include "context/git_mode_view.h"
#include "fetch/git_place.h"
#include "fetch/git_program.h"
#include "files/fs.h"

namespace ixian::fetch {
namespace {

using base::Error;
using base::ErrorCode;
using stages::RemoteSource;

constexpr std::size_t kSha256Digits = 64;

// What ls-remote says of a ref.
struct RefNow {
  std::string object;  // a commit, or an annotated tag
  std::string commit;
};

// git prefers what is spelt out, then branches, then tags. ls-remote lists everything that ends alike.
RefNow choose_ref(const std::string& listing, const std::string& ref) {
  const auto find = [&](const std::string& name) -> std::string {
    for (const std::string_view line : base::split(listing, '\n')) {
      const std::size_t tab = line.find('\t');
      if (tab == std::string_view::npos || line.substr(tab + 1) != name) continue;
      if (stages::is_commit(line.substr(0, tab))) return std::string(line.substr(0, tab));
    }
    return "";
  };
  const std::vector<std::string> names = {ref, "refs/" + ref, "refs/heads/" + ref, "refs/tags/" + ref};
  for (const std::string& name : names) {
    const std::string object = find(name);
    if (object.empty()) continue;
    // An annotated tag is an object of its own, which names the commit.
    const std::string peeled = find(name + "^{}");
    return {object, peeled.empty() ? object : peeled};
  }
  return {};
}

// A checkout without what git keeps there for itself; submodules have such a file, too.
class WithoutGit : public context::FileView {
 public:
  explicit WithoutGit(std::shared_ptr<const context::FileView> all) : all_(std::move(all)) {}
  std::optional<tar::TarEntry> find(const std::string& path) const override {
    return is_git(path) ? std::nullopt : all_->find(path);
  }
  std::vector<std::string> children(const std::string& path) const override {
    std::vector<std::string> names = all_->children(path);
    std::erase(names, kGitName);
    return names;
  }
  files::UniqueFd open(const std::string& path) const override { return all_->open(path); }
  std::string hard_link_group(const std::string& path) const override { return all_->hard_link_group(path); }

 private:
  static constexpr const char* kGitName = ".git";
  static bool is_git(const std::string& path) { return context::base_name(path) == kGitName; }

  const std::shared_ptr<const context::FileView> all_;
};

class Clone {
 public:
  Clone(const RemoteSource& source, const std::string& commit, http::Client& client, store::Store& store,
        const FetchLimits& limits, base::Cancellation& cancellation)
      : source_(source),
        commit_(commit),
        work_(store.work()),
        folder_(work_->path() + "/repository"),
        git_(*source.git, work_->path(), limits, cancellation),
        places_(git_, client, limits) {}

  Checkout run() {
    std::vector<std::string> init = {"init", "-q"};
    if (commit_.size() == kSha256Digits) init.emplace_back("--object-format=sha256");
    init.insert(init.end(), {"--", folder_});
    git_.run(init);
    in_folder({"remote", "add", "origin", source_.git->remote});
    const GitPlace place = places_.resolve(source_.git->remote, source_.git->login);
    fetch();
    git_.check_size();
    if (source_.submodules) fetch_submodules(folder_, place);
    const std::int64_t time = source_.git->commit_times ? commit_time() : std::time(nullptr);
    if (source_.keep_git_dir) forget_fetching();
    std::shared_ptr<const context::FileView> all = files();
    if (!source_.keep_git_dir) all = std::make_shared<const WithoutGit>(std::move(all));
    return {std::make_shared<const context::GitModeView>(std::move(all), time,
                                                         context::GitModeView::EmptyFolders::kKept),
            work_};
  }

 private:
  static std::vector<std::string> inside(const std::string& folder,
                                         const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"-C", folder};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  std::string in_folder(const std::vector<std::string>& arguments) {
    return git_.run(inside(folder_, arguments));
  }
  bool works(const std::vector<std::string>& arguments) {
    return git_.ask(inside(folder_, arguments)).status.ok();
  }

  void fetch() {
    const std::string& ref = source_.git->ref;
    const std::vector<std::vector<std::string>> ways = {
        {"fetch", "--progress", "--depth=1", "--no-tags", "origin", commit_},
        {"fetch", "--progress", "--depth=1", "--no-tags", "origin", ref.empty() ? "HEAD" : ref},
        {"fetch", "--progress", "origin", "+refs/*:refs/remotes/origin/*"}};
    for (const auto& way : ways) {
      if (works(way) && check_out_commit()) return;
    }
    in_folder({"fetch", "--progress", "origin"});
    if (!check_out_commit()) git_.fail(fmt::format("commit {} not found on its server", commit_));
  }

  bool check_out_commit() {
    if (!works({"cat-file", "-e", commit_ + "^{commit}"})) return false;
    in_folder({"checkout", "--progress", "--force", commit_, "--"});
    return true;
  }

  // Level by level, since each repository's place decides where its submodules may be.
  void fetch_submodules(const std::string& folder, const GitPlace& place) {
    if (!std::filesystem::exists(folder + "/.gitmodules")) return;
    git_.run(inside(folder, {"submodule", "init"}));
    const auto paths = submodule_settings(folder, "path", {"--file", folder + "/.gitmodules"});
    std::vector<std::pair<std::string, GitPlace>> places;
    for (const auto& [name, url] : submodule_settings(folder, "url", {"--local"})) {
      const GitPlace found = places_.resolve_submodule(url, place);
      if (const auto path = paths.find(name); path != paths.end()) places.emplace_back(path->second, found);
    }
    const std::vector<std::string> whole = {"submodule", "update", "--progress"};
    std::vector<std::string> shallow = whole;
    shallow.emplace_back("--depth=1");
    if (!git_.ask(inside(folder, shallow)).status.ok()) git_.run(inside(folder, whole));
    git_.check_size();
    for (const auto& [path, found] : places) {
      if (is_checked_out(folder, path)) fetch_submodules(folder + "/" + path, found);
    }
  }

  // By the name of the submodule, what a file of configuration says; where it says several things, the last.
  std::map<std::string, std::string> submodule_settings(const std::string& folder, const std::string& key,
                                                        const std::vector<std::string>& where) {
    constexpr std::string_view kPrefix = "submodule.";
    std::vector<std::string> arguments = {"config", "--null"};
    arguments.insert(arguments.end(), where.begin(), where.end());
    arguments.insert(arguments.end(), {"--get-regexp", "^submodule\\..*\\." + key + "$"});
    const process::CaptureResult answer = git_.ask(inside(folder, arguments));  // 1 where there is none
    const std::string text = answer.output.reveal();
    std::map<std::string, std::string> found;
    for (const std::string_view line : base::split(text, '\0')) {
      const std::size_t end = line.find('\n');
      if (end == std::string_view::npos || end < kPrefix.size() + key.size() + 1) continue;
      const std::string_view name = line.substr(kPrefix.size(), end - kPrefix.size() - key.size() - 1);
      found[std::string(name)] = line.substr(end + 1);
    }
    return found;
  }

  // Whether git has put a submodule there. The path is what the repository says, and may lead out of it.
  static bool is_checked_out(const std::string& folder, const std::string& path) {
    std::string place = folder;
    for (const std::string_view part : base::split(path, '/')) {
      if (part.empty() || part == "." || part == ".." || part == ".git") return false;
      place += "/" + std::string(part);
      std::error_code error;
      if (!std::filesystem::is_directory(std::filesystem::symlink_status(place, error))) return false;
    }
    std::error_code error;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(place + "/.git", error));
  }

  std::int64_t commit_time() {
    const std::string text = in_folder({"log", "-1", "--format=%ct", commit_ + "^{commit}"});
    std::int64_t time = 0;
    std::from_chars(text.data(), text.data() + text.size(), time);
    return time;
  }

  // What is kept of .git says what was fetched, and not when and how.
  void forget_fetching() {
    in_folder({"reflog", "expire", "--all", "--expire=now"});
    std::filesystem::remove(folder_ + "/.git/FETCH_HEAD");
  }

  std::shared_ptr<const context::FileView> files() const {
    const std::string& subdir = source_.git->subdir;
    if (subdir.empty()) return std::make_shared<context::DirectoryView>(folder_);
    const context::DirectoryView all(folder_);
    const std::string real = context::resolve_path(all, subdir, true);
    const auto entry = all.find(real);
    if (!real.empty() && (!entry || entry->type != tar::TarType::kFolder))
      git_.fail(fmt::format("directory {} not found in it", base::printable_path(subdir)));
    return std::make_shared<context::DirectoryView>(folder_ + "/" + real);
  }

  const RemoteSource& source_;
  const std::string& commit_;
  const std::shared_ptr<store::WorkDir> work_;
  const std::string folder_;
  GitProgram git_;
  GitPlaces places_;
};

}  // namespace

std::string commit_now(const RemoteSource& source, http::Client& client, const FetchLimits& limits,
                       base::Cancellation& cancellation) {
  const stages::GitSource& git = *source.git;
  if (stages::is_commit(git.ref)) return git.ref;
  if (git.fetch_by_commit && stages::is_commit(source.checksum)) return source.checksum;
  GitProgram program(git, "", limits, cancellation);
  GitPlaces(program, client, limits).resolve(git.remote, git.login);
  const std::string ref = git.ref.empty() ? "HEAD" : git.ref;
  const RefNow now = choose_ref(program.run({"ls-remote", "--", git.remote, ref, ref + "^{}"}), ref);
  if (now.object.empty()) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("branch or tag {} not found in git repository {}", ref, program.name()));
  }
  if (now.commit.starts_with(source.checksum) || now.object.starts_with(source.checksum)) return now.commit;
  throw Error(ErrorCode::kRegistry,
              fmt::format("digest mismatch: {} of git repository {} is commit {}, but its checksum is {}",
                          ref, program.name(), now.commit, source.checksum));
}

Checkout check_out(const RemoteSource& source, const std::string& commit, http::Client& client,
                   store::Store& store, const FetchLimits& limits, base::Cancellation& cancellation) {
  return Clone(source, commit, client, store, limits, cancellation).run();
}

}  // namespace ixian::fetch
