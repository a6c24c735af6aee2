// A blob of gigabytes takes minutes, and a connection may break in each of them. It is read as one stream:
// when it breaks off, the rest is asked for from the byte reached (Range), as often as requests are repeated,
// counted since the last megabyte. What comes is checked for being that rest; the digest of the whole is
// checked by whoever reads.
#include "registry/blob_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "oci/media_types.h"

namespace ixian::registry {
namespace {

// Less than this between two failures is no progress: a server that gives a byte a connection must not keep
// us for ever.
constexpr std::uint64_t kProgress = 1 << 20;

// The first byte and the whole length of "bytes 5-9/10", RFC 9110 section 14.4.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  std::uint64_t first = 0;
  std::uint64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [dash, first_error] = std::from_chars(text.data(), end, first);
  const std::size_t slash = text.rfind('/');
  if (first_error != std::errc() || dash == end || *dash != '-' || slash == std::string_view::npos)
    return std::nullopt;
  const auto [rest, whole_error] = std::from_chars(text.data() + slash + 1, end, whole);
  if (whole_error != std::errc() || rest != end) return std::nullopt;
  return std::pair(first, whole);
}

}  // namespace

BlobReader::BlobReader(HostClient& host, Operation work, std::string repository, oci::Descriptor blob,
                       std::uint64_t offset)
    : host_(host),
      work_(std::move(work)),
      repository_(std::move(repository)),
      blob_(std::move(blob)),
      at_(offset),
      progress_at_(offset) {
  if (at_ == 0) open();  // otherwise the first read does, which gets over a connection that breaks
}

void BlobReader::open() {
  http::Request request;
  request.url = "/v2/" + repository_ + "/blobs/" + blob_.digest.text();
  if (at_ > 0) request.headers.add("Range", fmt::format("bytes={}-", at_));
  http::Response response = send(request);
  if (response.head.status == 404 && oci::is_foreign_layer_type(blob_.media_type) && !blob_.urls.empty()) {
    // Elsewhere, so without any of our credentials.
    const std::optional<http::Url> elsewhere = http::parse_url(blob_.urls.front());
    if (!elsewhere || !elsewhere->https() || http::is_private_address(elsewhere->host)) {
      throw failure(work_, "its manifest refers to " + blob_.urls.front() +
                               ", which is not fetched\nhint: copy that layer to the registry yourself");
    }
    request.url = elsewhere->text();
    request.reach = http::Reach::kPublic;
    response = send(request);
  }
  check_head(response);
  // A server without ranges sends all of it again.
  if (at_ > 0 && response.head.status == 200) skip(response, at_);
  response_ = std::move(response);
}

http::Response BlobReader::send(const http::Request& request) {
  try {
    return host_.send(work_, request, registry_auth::pull_scope(repository_));
  } catch (const http::TransportError& error) {
    throw failure(work_, error);  // it has been tried often enough
  }
}

void BlobReader::check_head(const http::Response& response) const {
  const http::ResponseHead& head = response.head;
  if (head.status != 200 && !(head.status == 206 && at_ > 0)) {
    if (head.status == 404) {
      throw failure(
          work_,
          fmt::format("{} answered 404 (Not Found): the registry lost it, or never had it\nhint: push the "
                      "image again from where it is complete; `ix image copy` sends what is missing",
                      work_.host));
    }
    // The body belongs to the response, which the caller gives up: reading it does no harm.
    throw failure(work_, head, const_cast<http::Response&>(response).text());
  }
  if (const auto encoding = head.headers.find("Content-Encoding"); encoding && *encoding != "identity") {
    throw failure(
        work_, fmt::format(
                   "unexpected Content-Encoding {1} from {0}\nhint: check for a proxy or firewall in between",
                   work_.host, *encoding));
  }
  if (head.status == 206) {
    const auto range = parse_content_range(head.headers.find("Content-Range").value_or(""));
    if (!range || range->first != at_ || range->second != blob_.size) {
      throw failure(work_, fmt::format("requested what follows byte {}, but {} sent another part\nhint: try "
                                       "again, and check for a proxy or firewall in between",
                                       at_, work_.host));
    }
  }
  const std::uint64_t expected = head.status == 206 ? blob_.size - at_ : blob_.size;
  const std::optional<std::uint64_t> announced = head.content_length();
  if (announced && *announced != expected && is_web_page(head))
    throw failure(work_, web_page(head, const_cast<http::Response&>(response).text()));
  if (announced && *announced != expected) {
    throw failure(
        work_,
        fmt::format("size mismatch: {} has {} bytes of it, its manifest says {}\nhint: push the image again",
                    work_.host, *announced, expected));
  }
}

void BlobReader::skip(http::Response& response, std::uint64_t count) {
  std::array<char, 64 << 10> buffer;
  while (count > 0) {
    const std::size_t got = response.body->read(buffer.data(), std::min<std::uint64_t>(buffer.size(), count));
    if (got == 0)
      throw http::TransportError(http::TransportFailure::kInterrupted,
                                 work_.host + ": connection closed early");
    count -= got;
  }
}

std::size_t BlobReader::read(char* buffer, std::size_t size) {
  while (at_ < blob_.size) {
    try {
      if (!response_) open();
      const std::size_t count =
          response_->body->read(buffer, std::min<std::uint64_t>(size, blob_.size - at_));
      if (count > 0) {
        at_ += count;
        if (at_ - progress_at_ >= kProgress) failures_ = 0;
        if (at_ == blob_.size) finish();
        return count;
      }
      broken(fmt::format("{}: connection closed early, after {} of {} bytes", work_.host, at_, blob_.size),
             "");
    } catch (const http::TransportError& error) {
      if (!error.transient()) throw failure(work_, error);
      broken(error.message(), error.context());
    }
  }
  return 0;
}

// Waits until it may be tried again, or throws.
void BlobReader::broken(const std::string& sentence, const std::string& context) {
  http::Client& http = host_.http();
  response_.reset();
  progress_at_ = at_;
  if (++failures_ > http.options().retries) {
    throw failure(work_, fmt::format("{} ({} times)\nhint: try again later", sentence, failures_), context);
  }
  if (http.options().on_retry) http.options().on_retry(sentence + "; resuming from there");
  http.clock().sleep_for(http.pause_before(failures_), http.cancellation());
}

// Reads the end of the body, so that the connection can be used again; more than the blob is not the blob.
void BlobReader::finish() {
  char extra = 0;
  std::size_t count = 0;
  try {
    count = response_->body->read(&extra, 1);
  } catch (const http::TransportError&) {
    // All of the blob is here; how the connection ended does not matter.
  }
  response_.reset();
  if (count > 0) {
    throw failure(
        work_,
        fmt::format(
            "size mismatch: {} sent more than the {} bytes of its manifest\nhint: push the image again",
            work_.host, blob_.size));
  }
}

}  // namespace ixian::registry
