// ADD of a URL: asked again each time, with the entity tag or the date of last time, so that mostly nothing
// is fetched. What was changed within the last two seconds may change again under the same tag, and so no tag
// is noted for it. The file is hashed while it comes, and lies in a work directory that goes with it.
#include "fetch/url_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/base64.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/time.h"
#include "layout/file_io.h"

namespace ixian::fetch {
namespace {

using base::Error;
using base::ErrorCode;
using std::chrono::system_clock;

std::optional<system_clock::time_point> date(const http::Headers& headers, std::string_view name) {
  const auto text = headers.find(name);
  return text ? base::parse_http_date(*text, system_clock::now()) : std::nullopt;
}

// A second's resolution cannot tell what was written twice within one: RFC 9110 section 8.8.2.2. Entity tags
// are mostly made of that time.
bool changed_just_now(const http::Headers& headers) {
  const auto modified = date(headers, "Last-Modified");
  if (!modified) return false;
  const auto answered = date(headers, "Date").value_or(system_clock::now());
  return answered - *modified < std::chrono::seconds(2);
}

UrlNote note_of(const std::string& digest, const http::Headers& headers) {
  UrlNote note{digest, "", ""};
  if (changed_just_now(headers)) return note;
  note.etag = headers.find("ETag").value_or("");
  note.modified = headers.find("Last-Modified").value_or("");
  return note;
}

class Receiver {
 public:
  Receiver(const stages::RemoteSource& source, store::Store& store, const FetchLimits& limits,
           base::Cancellation& cancellation)
      : name_(source.shown()),
        checksum_(source.checksum),
        limits_(limits),
        cancellation_(cancellation),
        end_(std::chrono::steady_clock::now() + limits.time) {
    download_.folder = store.work();
    download_.path = download_.folder->path() + "/download";
  }

  std::shared_ptr<const Download> receive(http::Response& response) {
    if (!response.head.ok()) {
      throw Error(ErrorCode::kRegistry,
                  fmt::format("cannot download {}: server answered {}", name_, response.head.status));
    }
    if (response.head.content_length().value_or(0) > limits_.bytes) too_large();
    auto fd = std::make_shared<files::UniqueFd>(
        ::open(download_.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd->valid())
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("cannot create {}: {}", download_.path, base::errno_text(errno)));
    constexpr std::size_t kBuffer = 256 << 10;
    const std::unique_ptr<char[]> buffer(new char[kBuffer]);
    base::Sha256 sha;
    while (const std::size_t count = response.body->read(buffer.get(), kBuffer)) {
      cancellation_.throw_if_requested();
      if (download_.size + count > limits_.bytes) too_large();
      check_time();
      sha.update(buffer.get(), count);
      layout::write_at(fd->get(), {buffer.get(), count}, download_.size, download_.path);
      download_.size += count;
    }
    download_.sha256 = base::to_hex(sha.finish());
    if (!checksum_.empty() && checksum_ != "sha256:" + download_.sha256) {
      throw Error(ErrorCode::kRegistry, fmt::format("digest mismatch: {} is sha256:{}, but --checksum is {}",
                                                    name_, download_.sha256, checksum_));
    }
    if (const auto modified = date(response.head.headers, "Last-Modified"))
      download_.mtime = system_clock::to_time_t(*modified);
    download_.fd = std::move(fd);
    return std::make_shared<const Download>(std::move(download_));
  }

  void check_time() const {
    if (std::chrono::steady_clock::now() < end_) return;
    throw Error(ErrorCode::kRegistry,
                fmt::format("cannot download {}: timed out after {}s\nhint: raise the limit with {}", name_,
                            limits_.time.count(), kTimeOption));
  }

 private:
  [[noreturn]] void too_large() const {
    throw Error(ErrorCode::kRegistry,
                fmt::format("cannot download {}: larger than {}\nhint: raise the limit with {}", name_,
                            size_text(limits_.bytes), kSizeOption));
  }
  const std::string name_;
  const std::string checksum_;
  const FetchLimits& limits_;
  base::Cancellation& cancellation_;
  const std::chrono::steady_clock::time_point end_;
  Download download_;
};

}  // namespace

std::shared_ptr<const Download> fetch_url(const stages::RemoteSource& source, UrlNote& note,
                                          http::Client& client, store::Store& store,
                                          const FetchLimits& limits, base::Cancellation& cancellation) {
  http::Request request;
  request.url = source.url->url;
  request.silence = limits.silence;
  if (const dockerfile::Login& login = source.url->login; !login.empty())
    request.secret_headers.emplace_back("Authorization",
                                        base::basic_authorization(login.user, base::Secret(login.password)));
  if (!note.digest.empty() && !note.etag.empty()) {
    request.headers.set("If-None-Match", note.etag);
  } else if (!note.digest.empty() && !note.modified.empty()) {
    request.headers.set("If-Modified-Since", note.modified);
  }
  request.time_limit = limits.time;
  Receiver receiver(source, store, limits, cancellation);
  std::shared_ptr<const Download> download;
  http::Headers headers;
  try {
    http::Response response = client.send(request);
    // Not modified, if we asked whether it is; other servers' 304 is an error.
    if (response.head.status == 304 && !request.headers.fields().empty()) return nullptr;
    download = receiver.receive(response);
    headers = std::move(response.head.headers);
  } catch (const http::TransportError&) {
    // A timeout is told as the limit that it is, and not as a broken connection.
    receiver.check_time();
    throw;
  }
  note = note_of("sha256:" + download->sha256, headers);
  return download;
}

}  // namespace ixian::fetch
