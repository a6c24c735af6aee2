// What ADD fetches is asked about twice: for the key, when planning, and for the content, when the step runs.
// Both must see the same thing. So each source has an entry with its own mutex, shared by all stages of all
// builds of an engine: what it is now is found once, and what was downloaded for the key is what the step
// gets. Between builds, the ETag or time of a URL is noted with the digest of what it gave, so that an
// unchanged one costs a 304.
#include "fetch/fetcher.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "fetch/url_source.h"

namespace ixian::fetch {
namespace {

using base::Error;
using base::ErrorCode;
using stages::RemoteSource;

std::string note_key(const RemoteSource& source) {
  base::Json key = {{"kind", "what a URL gave"}, {"url", source.url->url}};
  if (!source.url->login.user.empty()) key["user"] = source.url->login.user;
  return base::sha256_hex(base::canonical_json(key));
}

UrlNote read_note(store::Store& store, const std::string& key) {
  const auto entry = store.cache_get(key);
  if (!entry) return {};
  return {entry->value.value("sha256", ""), entry->value.value("etag", ""),
          entry->value.value("modified", "")};
}

void write_note(store::Store& store, const std::string& key, const UrlNote& note) {
  // Without a validator the note would only tell what once was.
  if (note.etag.empty() && note.modified.empty()) {
    store.cache_remove(key);
    return;
  }
  store.cache_put(key, {{{"sha256", note.digest}, {"etag", note.etag}, {"modified", note.modified}}, {}, {}});
}

std::string git_identity(const RemoteSource& source, const std::string& commit) {
  std::string text = "git:" + commit;
  if (source.keep_git_dir) text += fmt::format(",keep-git-dir={} {}", source.git->remote, source.git->ref);
  if (!source.submodules) text += ",submodules=false";
  if (source.git->commit_times) text += ",mtime=commit";
  if (!source.git->subdir.empty()) text += ",subdir=" + source.git->subdir;
  return base::printable_path(text);
}

}  // namespace

std::shared_ptr<Fetcher::Known> Fetcher::known(const std::string& what) {
  const std::lock_guard lock(mutex_);
  auto& known = known_[what];
  if (!known) known = std::make_shared<Known>();
  return known;
}

std::shared_ptr<Fetcher::Known> Fetcher::known_url(const RemoteSource& source) {
  const dockerfile::Login& login = source.url->login;
  return known(fmt::format("url {} {}:{} {}", source.url->url, login.user, login.password, source.checksum));
}

std::shared_ptr<Fetcher::Known> Fetcher::known_commit(const RemoteSource& source) {
  const stages::GitSource& git = *source.git;
  return known(fmt::format("commit {} {}:{} {} {} {}", git.remote, git.login.user, git.login.password,
                           git.ref, source.checksum, git.fetch_by_commit));
}

std::string Fetcher::identity(const RemoteSource& source, base::Cancellation& cancellation) {
  if (source.git) {
    const auto known = known_commit(source);
    const std::lock_guard lock(known->mutex);
    return git_identity(source, find_commit(source, *known, cancellation));
  }
  if (!source.checksum.empty()) return source.checksum;
  const auto known = known_url(source);
  const std::lock_guard lock(known->mutex);
  return digest_now(source, *known, cancellation);
}

const std::string& Fetcher::find_commit(const RemoteSource& source, Known& known,
                                        base::Cancellation& cancellation) {
  if (known.now.empty()) known.now = commit_now(source, client_(), limits_, cancellation);
  return known.now;
}

const std::string& Fetcher::digest_now(const RemoteSource& source, Known& known,
                                       base::Cancellation& cancellation) {
  if (!known.now.empty()) return known.now;
  const std::string key = note_key(source);
  UrlNote note = read_note(*store_, key);
  known.download = fetch_url(source, note, client_(), *store_, limits_, cancellation);
  if (known.download) write_note(*store_, key, note);
  known.now = note.digest;
  return known.now;
}

std::shared_ptr<const Download> Fetcher::download(const RemoteSource& source,
                                                  base::Cancellation& cancellation) {
  const auto known = known_url(source);
  const std::lock_guard lock(known->mutex);
  if (known->download) return known->download;
  UrlNote note;
  auto download = fetch_url(source, note, client_(), *store_, limits_, cancellation);
  if (!known->now.empty() && known->now != note.digest) {
    // The server may have said that nothing has changed where it has.
    store_->cache_remove(note_key(source));
    throw Error(ErrorCode::kRegistry,
                fmt::format("{} changed during the build\nhint: run the build again", source.shown()));
  }
  known->download = std::move(download);
  return known->download;
}

std::shared_ptr<const Checkout> Fetcher::checkout(const RemoteSource& source,
                                                  base::Cancellation& cancellation) {
  std::string commit;
  {
    const auto known = known_commit(source);
    const std::lock_guard lock(known->mutex);
    commit = find_commit(source, *known, cancellation);
  }
  const auto known = this->known("checkout " + source.git->remote + " " + git_identity(source, commit));
  const std::lock_guard lock(known->mutex);
  if (!known->checkout) {
    known->checkout = std::make_shared<const Checkout>(
        check_out(source, commit, client_(), *store_, limits_, cancellation));
  }
  return known->checkout;
}

}  // namespace ixian::fetch
