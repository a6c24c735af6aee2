// A blob goes up as POST and one PUT with all of it, which every registry takes. What is needed beyond that
// is patience: where that PUT breaks off, the registry is asked how far it came, and gets the rest by PATCH;
// where something in between limits the size of requests (413), it goes in chunks; where the session has been
// lost, a new one starts. After an answer that leaves it open whether the blob was stored, the blob is asked
// for before its bytes are sent once more.
//
// What each answer leads to:
//
//   answer                         to the one PUT, a closing PUT     to a PATCH
//   2xx                            done, unless it names another     go on behind what Range says, which may
//                                  digest                            be less than was sent
//   413                            a new session in smaller chunks: 4 MiB, 1 MiB, 256 KiB
//   416                            ask the session, and go on where it stands
//   408 429 499 500 502-504 522,   pause; is the blob there? else    pause; ask the session, and go on or
//   or no answer                   ask the session                   begin a new one
//   404, BLOB_UPLOAD_UNKNOWN,      a new session, as often as requests are repeated
//   BLOB_UPLOAD_INVALID
//   anything else                  error; the session is given up by DELETE
//
// Tries are counted since the last progress, so that a large blob over a bad line gets there in the end.
#include "registry/upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "http/reach.h"

namespace ixian::registry {
namespace {

// What chunks shrink to, one after the other, as long as the answer is 413. 4 MiB is what GHCR takes.
constexpr std::uint64_t kChunks[] = {4 << 20, 1 << 20, 256 << 10};

bool worth_repeating(int status) {
  for (const int code : {408, 429, 499, 500, 502, 503, 504, 522}) {
    if (status == code) return true;
  }
  return false;
}

// How many bytes "0-N" says are there. "0-0" is what registries say of nothing as well as of one byte:
// nothing.
std::optional<std::uint64_t> parse_range(std::string_view text) {
  if (text.starts_with("bytes=")) text.remove_prefix(6);
  if (!text.starts_with("0-")) return std::nullopt;
  text.remove_prefix(2);
  std::uint64_t last = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (error != std::errc() || end != text.data() + text.size() || last >= (std::uint64_t{1} << 62))
    return std::nullopt;
  return last == 0 ? 0 : last + 1;
}

std::optional<std::uint64_t> acknowledged(const http::ResponseHead& head) {
  const auto range = head.headers.find("Range");
  return range ? parse_range(*range) : std::nullopt;
}

// A part of a source, so that a chunk's body ends where the chunk does.
class Part : public base::ByteSource {
 public:
  Part(std::unique_ptr<base::ByteSource> whole, std::uint64_t size) : whole_(std::move(whole)), left_(size) {}
  std::size_t read(char* buffer, std::size_t size) override {
    if (left_ == 0) return 0;
    const std::size_t count = whole_->read(buffer, std::min<std::uint64_t>(size, left_));
    left_ -= count;
    return count;
  }

 private:
  std::unique_ptr<base::ByteSource> whole_;
  std::uint64_t left_;
};

}  // namespace

Upload::Upload(HostClient& host, Operation work, std::string repository, oci::Descriptor blob,
               std::string session, std::optional<std::chrono::milliseconds> patience)
    : host_(host),
      work_(std::move(work)),
      repository_(std::move(repository)),
      blob_(std::move(blob)),
      location_(std::move(session)),
      patience_(patience),
      tries_(host_.http().clock(), host_.http().options().retries, patience) {}

void Upload::run(const base::OpenSource& open) {
  try {
    for (;;) {
      host_.http().cancellation().throw_if_requested();
      if (location_.empty()) start();
      const Next next = in_chunks_ ? patch_rest(open) : put_whole(open);
      if (next == Next::kDone) return;
    }
  } catch (const base::Cancelled&) {
    throw;
  } catch (const http::TransportError& error) {
    throw failure(work_, error);
  } catch (...) {
    give_up();
    throw;
  }
}

void Upload::start() {
  confirmed_ = 0;
  http::Request request;
  request.method = "POST";
  request.url = "/v2/" + repository_ + "/blobs/uploads/";
  request.body = http::text_body("");
  request.patience = patience_;
  bool made_repository = false;
  for (;;) {
    http::Response response = host_.send(work_, request, registry_auth::push_scope(repository_));
    if (response.head.ok()) {
      take_least_chunk(response.head);
      return move_to(response);
    }
    const std::string body = response.text();
    if (response.head.status == 404 && !made_repository && host_.create_repository(repository_)) {
      made_repository = true;
      continue;
    }
    throw failure(work_, response.head, body);
  }
}

// OCI-Chunk-Min-Length: all chunks but the last are at least as long.
void Upload::take_least_chunk(const http::ResponseHead& head) {
  const std::string_view text = head.headers.find("OCI-Chunk-Min-Length").value_or("");
  std::uint64_t least = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), least);
  if (error == std::errc() && end == text.data() + text.size()) least_chunk_ = least;
}

http::Response Upload::send(http::Request request) {
  request.headers.set("Content-Type", "application/octet-stream");
  request.repeatable = false;  // what comes after a failure is decided here
  return host_.send(work_, std::move(request), registry_auth::push_scope(repository_));
}

Upload::Next Upload::put_whole(const base::OpenSource& open) {
  http::Request request;
  request.method = "PUT";
  request.url = http::with_query(location_, "digest", blob_.digest.text());
  request.reach = reach_;
  request.body = http::RequestBody{blob_.size, open};
  try {
    http::Response response = send(std::move(request));
    return judge_closing(response);
  } catch (const http::TransportError& error) {
    if (!error.transient()) throw failure(work_, error);
    again(error.message());
  }
  if (is_there()) return Next::kDone;
  if (find_out_where()) in_chunks_ = true;
  return Next::kGoOn;
}

Upload::Next Upload::patch_rest(const base::OpenSource& open) {
  if (confirmed_ >= blob_.size) return close();
  const std::uint64_t size =
      chunk_ == 0 ? blob_.size - confirmed_ : std::min(chunk_, blob_.size - confirmed_);
  const std::uint64_t from = confirmed_;
  http::Request request;
  request.method = "PATCH";
  request.url = location_;
  request.reach = reach_;
  request.headers.add("Content-Range", fmt::format("{}-{}", from, from + size - 1));
  request.body = http::RequestBody{size, [&open, from, size](std::uint64_t offset) {
                                     return std::make_unique<Part>(open(from + offset), size - offset);
                                   }};
  try {
    http::Response response = send(std::move(request));
    if (!response.head.ok()) {
      judge_refusal(response.head, response.text());
      return Next::kGoOn;
    }
    // Without a Range a 2xx counts as all of it.
    const std::uint64_t there = acknowledged(response.head).value_or(from + size);
    move_to(response);
    if (there == from + size || (there == 0 && from + size == 1)) {
      confirm(from + size);
      return Next::kGoOn;
    }
    // Part of it was lost on the way, or another part was stored: where it stands is where it goes on.
    again(fmt::format("{} has {} bytes of it, but {} were sent", work_.host, there, from + size));
    // More than was ever sent: somebody else's bytes, or nonsense.
    if (there > from + size) {
      restart();
    } else {
      confirm(there);
    }
    return Next::kGoOn;
  } catch (const http::TransportError& error) {
    if (!error.transient()) throw failure(work_, error);
    again(error.message());
  }
  find_out_where();
  return Next::kGoOn;
}

Upload::Next Upload::close() {
  http::Request request;
  request.method = "PUT";
  request.url = http::with_query(location_, "digest", blob_.digest.text());
  request.reach = reach_;
  request.body = http::text_body("");
  try {
    http::Response response = send(std::move(request));
    return judge_closing(response);
  } catch (const http::TransportError& error) {
    if (!error.transient()) throw failure(work_, error);
    again(error.message());
  }
  if (is_there()) return Next::kDone;
  find_out_where();
  return Next::kGoOn;
}

Upload::Next Upload::judge_closing(http::Response& response) {
  const http::ResponseHead& head = response.head;
  const std::string body = response.text();  // to its end, so that the connection is used again
  if (!head.ok()) {
    judge_refusal(head, body);
    // It may have been stored all the same, by this request or by one before it.
    return head.status != 413 && is_there() ? Next::kDone : Next::kGoOn;
  }
  const auto stored = oci::Digest::parse(head.headers.find("Docker-Content-Digest").value_or(""));
  if (stored && stored->algorithm() == blob_.digest.algorithm() && *stored != blob_.digest) {
    throw failure(
        work_,
        fmt::format("digest mismatch: {} stored {} instead\nhint: check for a proxy that changes uploads",
                    work_.host, stored->text()));
  }
  return Next::kDone;
}

// Makes ready for another attempt, or throws.
void Upload::judge_refusal(const http::ResponseHead& head, std::string_view body) {
  if (head.status == 413) {
    const auto smaller = std::find_if(std::begin(kChunks), std::end(kChunks), [&](std::uint64_t size) {
      return std::max(size, least_chunk_) < (chunk_ == 0 ? blob_.size : std::min(chunk_, blob_.size));
    });
    if (smaller == std::end(kChunks)) throw failure(work_, head, body);
    chunk_ = std::max(*smaller, least_chunk_);
    in_chunks_ = true;
    return restart();
  }
  if (head.status == 416) {
    again(work_.host + ": has another part of it than expected");
    find_out_where();
    return;
  }
  if (worth_repeating(head.status)) {
    again(fmt::format("{} answered {}", work_.host, head.status),
          head.retry_after(host_.http().clock().now()));
    if (find_out_where()) in_chunks_ = true;
    return;
  }
  const bool session_lost = head.status == 404 || says(head, body, "BLOB_UPLOAD_UNKNOWN") ||
                            says(head, body, "BLOB_UPLOAD_INVALID");
  if (session_lost && ++sessions_lost_ <= host_.http().options().retries) {
    again(work_.host + ": upload session lost");
    return restart();
  }
  throw failure(work_, head, body);
}

void Upload::again(const std::string& sentence, std::optional<std::chrono::milliseconds> pause) {
  http::Client& http = host_.http();
  if (!tries_.again()) {
    throw failure(work_, fmt::format("{} ({} times)\nhint: try again later", sentence, tries_.count() + 1));
  }
  if (pause && *pause > http.options().longest_retry_after) {
    throw failure(work_, fmt::format("{}; it asks to wait {}s, which is too long\nhint: try again later",
                                     sentence, pause->count() / 1000));
  }
  if (http.options().on_retry) http.options().on_retry(sentence + "; resuming");
  http.clock().sleep_for(pause.value_or(http.pause_before(tries_.count())), http.cancellation());
}

// Asks how far the session came. False: there is none any more, and a new one starts.
bool Upload::find_out_where() {
  if (location_.empty()) return false;
  http::Request request;
  request.url = location_;
  request.reach = reach_;
  request.patience = patience_;
  const http::Response response = host_.send(work_, request, registry_auth::push_scope(repository_));
  const std::uint64_t there = acknowledged(response.head).value_or(0);
  if (!response.head.ok() || there == 0 || there > blob_.size) {
    restart();
    return false;
  }
  move_to(response);
  confirm(there);
  return true;
}

bool Upload::is_there() {
  http::Request request;
  request.method = "HEAD";
  request.url = "/v2/" + repository_ + "/blobs/" + blob_.digest.text();
  request.patience = patience_;
  return host_.send(work_, request, registry_auth::push_scope(repository_)).head.status == 200;
}

void Upload::restart() {
  give_up();
  location_.clear();
  reach_ = http::Reach::kAnywhere;
  confirmed_ = 0;
}

void Upload::confirm(std::uint64_t bytes) {
  if (bytes > farthest_) {
    tries_.forget();
    sessions_lost_ = 0;
  }
  farthest_ = std::max(farthest_, bytes);
  confirmed_ = bytes;
}

// Takes the newest Location, which is where the next request goes.
void Upload::move_to(const http::Response& response) {
  const auto text = response.head.headers.find("Location");
  if (!text && !location_.empty()) return;
  const std::optional<http::Url> from = http::parse_url(response.head.url);
  const std::optional<http::Url> to = from && text ? http::resolve_url(*from, *text) : std::nullopt;
  if (!to)
    throw failure(
        work_,
        work_.host +
            " did not return an upload address (Location)\nhint: check for a proxy or firewall in between");
  if (from->https() && !to->https()) {
    throw failure(work_,
                  fmt::format("{} redirects the upload to an address without TLS, {}\nhint: set "
                              "X-Forwarded-Proto in the proxy in front of it, so that it knows of https",
                              work_.host, to->origin()));
  }
  const http::Reach reach = http::reach_from(response.head, *to, reach_);
  if (const auto kind = http::address_kind(to->host); !http::may_reach(reach, kind)) {
    throw failure(
        work_, fmt::format("{} redirects the upload to {}, {}\nhint: check the configuration of the registry",
                           work_.host, to->origin(), http::refusal_of(kind)));
  }
  reach_ = reach;
  location_ = to->text();
}

// Tells the registry to forget the session. What it answers does not matter.
void Upload::give_up() noexcept {
  if (location_.empty()) return;
  try {
    http::Request request;
    request.method = "DELETE";
    request.url = location_;
    request.reach = reach_;
    request.retries = 0;
    request.time_limit = std::chrono::seconds(5);
    host_.send(work_, request, registry_auth::push_scope(repository_));
  } catch (...) {
    return;
  }
}

}  // namespace ixian::registry
