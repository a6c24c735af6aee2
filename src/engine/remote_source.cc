#include "engine/remote_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/capture.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "context/disk_view.h"
#include "http/http_date.h"
#include "http/url.h"

namespace ixian::engine {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::uint64_t kLargestDownload = std::uint64_t{64} << 30;
constexpr std::chrono::hours kGitLimit{1};

std::string note_key(const std::string& url) {
  return base::sha256_hex(base::canonical_json({{"kind", "what a URL gave"}, {"url", url}}));
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::write(fd, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("A download cannot be stored: {}. Free some space in the store.",
                              base::errno_text(errno)));
    }
    data += count;
    size -= static_cast<std::size_t>(count);
  }
}

// git asks nobody, reads no configuration of the user's that could run programs, and speaks no protocol that
// reaches files of this machine.
base::Answer ask_git(const std::vector<std::string>& arguments, base::Cancellation& cancellation) {
  base::Question question;
  question.argv = {"git",
                   "-c",
                   "protocol.file.allow=never",
                   "-c",
                   "protocol.ext.allow=never",
                   "-c",
                   "core.symlinks=true",
                   "-c",
                   "advice.detachedHead=false"};
  question.argv.insert(question.argv.end(), arguments.begin(), arguments.end());
  question.env = {{"GIT_TERMINAL_PROMPT", "0"},
                  {"GIT_ASKPASS", "true"},
                  {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes"},
                  {"GIT_ALLOW_PROTOCOL", "http:https:git:ssh"},
                  {"GIT_CONFIG_NOSYSTEM", "1"},
                  {"GIT_LFS_SKIP_SMUDGE", "1"},
                  {"LC_ALL", "C"}};
  question.time_limit = std::chrono::duration_cast<std::chrono::milliseconds>(kGitLimit);
  try {
    return base::ask_program(question, cancellation);
  } catch (const base::LaunchError& error) {
    if (!error.not_found) throw;
    throw Error(ErrorCode::kTaskFailed,
                "ADD of a git repository needs the program git. Install the package git.");
  }
}

std::string run_git(const std::string& remote, const std::vector<std::string>& arguments,
                    base::Cancellation& cancellation) {
  const base::Answer answer = ask_git(arguments, cancellation);
  if (answer.status.ok()) return answer.output.reveal();
  throw Error(ErrorCode::kRegistry, fmt::format("The git repository {} cannot be fetched.", remote),
              std::string(base::trim(answer.error)));
}

void check_remote(const dockerfile::GitSource& git) {
  if (git.remote.starts_with('-') || git.ref.starts_with('-'))
    throw Error(ErrorCode::kUsage, fmt::format("{} is no git repository.", git.remote));
}

}  // namespace

std::string RemoteSources::identify(const RemoteSource& source) {
  if (source.url) return source.checksum.empty() ? digest_now(source) : source.checksum;
  const dockerfile::GitSource& git = *source.git;
  check_remote(git);
  if (is_commit(git.ref)) return git.ref;
  if (is_commit(git.checksum)) return git.checksum;
  const std::string ref = git.ref.empty() ? "HEAD" : git.ref;
  const std::string answer =
      run_git(git.remote, {"ls-remote", "--", git.remote, ref, ref + "^{}"}, cancellation_);
  std::string commit;
  for (std::string_view line : base::split(answer, '\n')) {
    const std::string_view id = line.substr(0, 40);
    // The tag itself comes first, then the commit that it is on.
    if (is_commit(id) && (commit.empty() || line.ends_with("^{}"))) commit = id;
  }
  if (commit.empty()) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("There is no branch or tag {} in the git repository {}.", ref, git.remote));
  }
  return commit;
}

std::string RemoteSources::digest_now(const RemoteSource& source) {
  const std::lock_guard lock(mutex_);
  auto& known = downloads_[source.url->url + " "];
  if (known) return "sha256:" + known->sha256;
  http::Request request;
  request.url = source.url->url;
  base::Json note = base::Json::object();
  if (const auto entry = store_.cache_get(note_key(source.url->url))) note = entry->value;
  const std::string etag = note.value("etag", "");
  const std::string modified = note.value("modified", "");
  if (!etag.empty()) request.headers.set("If-None-Match", etag);
  if (!modified.empty()) request.headers.set("If-Modified-Since", modified);
  http::Response response = client_().send(request);
  if (response.head.status == 304 && note.contains("sha256")) return note.at("sha256").get<std::string>();
  known = std::make_shared<const Download>(receive(source, response));
  remember(source.url->url, response.head.headers, known->sha256);
  return "sha256:" + known->sha256;
}

// A server that names neither would send all of it anyway.
void RemoteSources::remember(const std::string& url, const http::Headers& headers,
                             const std::string& sha256) {
  const auto etag = headers.find("ETag");
  const auto modified = headers.find("Last-Modified");
  if (!etag && !modified) return;
  base::Json note = {{"sha256", "sha256:" + sha256}};
  if (etag) note["etag"] = std::string(*etag);
  if (modified) note["modified"] = std::string(*modified);
  store_.cache_put(note_key(url), {note, {}, {}});
}

std::shared_ptr<const Download> RemoteSources::download(const RemoteSource& source) {
  const std::lock_guard lock(mutex_);
  auto& known = downloads_[source.url->url + " " + source.checksum];
  if (!known) known = std::make_shared<const Download>(fetch(source));
  if (source.checksum.empty() && !source.identity.empty() && source.identity != "sha256:" + known->sha256) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} has changed while the image was built. Build again.", source.url->url));
  }
  return known;
}

std::shared_ptr<const Checkout> RemoteSources::checkout(const RemoteSource& source) {
  const std::lock_guard lock(mutex_);
  auto& known = checkouts_[fmt::format("{} {} {}", source.git->remote, source.identity, source.keep_git_dir)];
  if (!known) known = std::make_shared<const Checkout>(clone(source));
  return known;
}

Download RemoteSources::fetch(const RemoteSource& source) {
  http::Request request;
  request.url = source.url->url;
  http::Response response = client_().send(request);
  return receive(source, response);
}

Download RemoteSources::receive(const RemoteSource& source, http::Response& response) {
  const std::string& url = source.url->url;
  if (!response.head.ok()) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} cannot be downloaded: the server answered {}.", url, response.head.status));
  }
  Download download;
  download.folder = store_.work();
  download.path = download.folder->path() + "/download";
  auto fd = std::make_shared<base::UniqueFd>(
      ::open(download.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd->valid())
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("Cannot make {}: {}.", download.path, base::errno_text(errno)));
  base::Sha256 sha;
  constexpr std::size_t kBuffer = 256 << 10;
  const std::unique_ptr<char[]> buffer(new char[kBuffer]);
  while (const std::size_t count = response.body->read(buffer.get(), kBuffer)) {
    cancellation_.throw_if_requested();
    sha.update(buffer.get(), count);
    write_all(fd->get(), buffer.get(), count);
    download.size += count;
    if (download.size > kLargestDownload)
      throw Error(ErrorCode::kRegistry, fmt::format("{} does not end; it was given up after 64 GiB.", url));
  }
  download.sha256 = base::to_hex(sha.finish());
  if (!source.checksum.empty() && source.checksum != "sha256:" + download.sha256) {
    throw Error(ErrorCode::kRegistry, fmt::format("{} has the checksum sha256:{}, not {} as --checksum says.",
                                                  url, download.sha256, source.checksum));
  }
  if (const auto header = response.head.headers.find("Last-Modified")) {
    if (const auto time = http::parse_http_date(*header, std::chrono::system_clock::now()))
      download.mtime = std::chrono::system_clock::to_time_t(*time);
  }
  download.fd = std::move(fd);
  return download;
}

Checkout RemoteSources::clone(const RemoteSource& source) {
  const dockerfile::GitSource& git = *source.git;
  Checkout checkout;
  checkout.folder = store_.work();
  const std::string folder = checkout.folder->path() + "/repository";
  const auto in_folder = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-C", folder});
    return run_git(git.remote, arguments, cancellation_);
  };
  run_git(git.remote, {"init", "-q", "--", folder}, cancellation_);
  in_folder({"remote", "add", "origin", git.remote});
  // Not every server gives single commits, and simple ones no shallow copies.
  const std::string ref = git.ref.empty() ? "HEAD" : git.ref;
  bool fetched = false;
  for (const std::vector<std::string>& way :
       {std::vector<std::string>{"fetch", "-q", "--depth=1", "--no-tags", "origin", source.identity},
        std::vector<std::string>{"fetch", "-q", "--depth=1", "--no-tags", "origin", ref},
        std::vector<std::string>{"fetch", "-q", "origin", "+refs/*:refs/remotes/origin/*"}}) {
    std::vector<std::string> arguments = {"-C", folder};
    arguments.insert(arguments.end(), way.begin(), way.end());
    if (!ask_git(arguments, cancellation_).status.ok()) continue;
    fetched = ask_git({"-C", folder, "checkout", "-q", "--force", source.identity, "--"}, cancellation_)
                  .status.ok();
    if (fetched) break;
  }
  if (!fetched) {
    in_folder({"fetch", "-q", "origin"});
    in_folder({"checkout", "-q", "--force", source.identity, "--"});
  }
  if (git.submodules.value_or(true))
    in_folder({"submodule", "update", "-q", "--init", "--recursive", "--depth=1"});
  auto all = std::make_shared<context::DiskView>(
      folder +
      (git.subdir.empty() ? "" : "/" + context::resolve_path(context::DiskView(folder), git.subdir, true)));
  checkout.files = std::move(all);
  return checkout;
}

}  // namespace ixian::engine
