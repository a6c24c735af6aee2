// libcurl pushes: it calls back with what it received, and asks for what to send. Here a reader pulls. So the
// multi handle is only driven while somebody waits for the head or for bytes, and received bytes go straight
// into the reader's buffer; what one step of libcurl yields beyond that is kept, and libcurl told to pause
// where that becomes much. No thread of our own is needed, and a body of any length takes the same memory.
//
// A server may answer before it has read the request's body, and close: 401, 413. On Linux such an answer can
// still be read after the reset that follows, but libcurl gives up as soon as a send fails. So before each
// piece is sent, the socket is looked at: where an answer waits, sending pauses until libcurl has read it. A
// reset between that look and the send still loses the answer; it is an interruption, which Client tries
// again.
#include "http/curl_exchange.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "http/reach.h"
#include "http/resolver.h"

namespace ixian::http {
namespace {

constexpr std::size_t kMostSpare = 512 << 10;
constexpr int kSliceMs = 100;  // how late a cancellation may be noticed
constexpr int kFirstRefusal = 300;

HeadLimits limits_of(const CurlOptions& options) {
  HeadLimits limits;
  limits.bytes = options.max_header_bytes;
  limits.lines = options.max_headers;
  return limits;
}

curl_socket_t socket_of(CURL* easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK ? socket : CURL_SOCKET_BAD;
}

}  // namespace

CurlExchange::CurlExchange(std::shared_ptr<CurlShared> shared, std::unique_ptr<CurlLine> line,
                           const Request& request, const Url& url)
    : shared_(std::move(shared)),
      peer_(url, request),
      repeatable_(request.repeatable),
      tls_(url.https()),
      has_body_(request.method != "HEAD"),
      time_limit_(request.time_limit),
      parser_(peer_.text(), limits_of(shared_->options)),
      stall_time_(request.silence.value_or(shared_->options.stall_time)),
      stall_(stall_time_, static_cast<std::uint64_t>(shared_->options.least_speed)),
      line_(std::move(line)) {
  header_lines_ = set_options(*line_, request, url, shared_->options);
  if (request.body && !request.aws_signature) {
    request_body_ = request.body;
    to_send_ = request.body->size;
  }
  set_callbacks();
  curl_multi_add_handle(line_->multi.get(), line_->easy.get());
}

// What libcurl has kept of a body while it was paused, it only lets go of by handing it over.
CurlExchange::~CurlExchange() {
  if (!line_ || !receive_paused_) return;
  discarding_ = true;
  curl_easy_pause(line_->easy.get(), CURLPAUSE_CONT);
}

void CurlExchange::set_callbacks() {
  CURL* easy = line_->easy.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_HEADERFUNCTION, +[](char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<CurlExchange*>(self)->on_header({data, size});
      });
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<CurlExchange*>(self)->on_body(data, size);
      });
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_READFUNCTION, +[](char* buffer, std::size_t size, std::size_t count, void* self) {
        return static_cast<CurlExchange*>(self)->on_send(buffer, size * count);
      });
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_SEEKFUNCTION, +[](void* self, curl_off_t offset, int origin) {
        if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
        static_cast<CurlExchange*>(self)->rewind(static_cast<std::uint64_t>(offset));
        return CURL_SEEKFUNC_OK;
      });
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_PREREQFUNCTION, +[](void* self, char*, char*, int, int) {
        return static_cast<CurlExchange*>(self)->on_request() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
      });
}

ResponseHead CurlExchange::wait_for_head() {
  while (!done_ && !head_suffices()) advance();
  if (done_ && result_ != CURLE_OK && !head_suffices()) fail();
  if (!parser_.complete()) fail();
  const ResponseHead& head = parser_.head();
  length_ = head.content_length();
  until_close_ = !length_ && !head.headers.find("Transfer-Encoding") && head.version < 20 && has_body_ &&
                 head.status != 204 && head.status != 304;
  ResponseHead result = std::move(parser_.head());
  result.peer_address = peer_address();
  if (!result.peer_address.empty()) result.peer = address_kind(result.peer_address);
  if (done_ && result_ == CURLE_OK) finish();
  return result;
}

std::string CurlExchange::peer_address() const {
  const char* address = nullptr;
  if (line_->proxied || curl_easy_getinfo(line_->easy.get(), CURLINFO_PRIMARY_IP, &address) != CURLE_OK ||
      address == nullptr) {
    return "";
  }
  return address;
}

bool CurlExchange::head_suffices() const {
  return parser_.complete() && (sent() || parser_.status() >= kFirstRefusal);
}

std::size_t CurlExchange::read(char* buffer, std::size_t size) {
  if (spare_start_ < spare_.size()) return take_spare(buffer, size);
  const std::uint64_t before = received_;
  target_ = buffer;
  target_left_ = size;
  if (!done_ && receive_paused_) unpause();
  while (!done_ && received_ == before) advance();
  target_ = nullptr;
  target_left_ = 0;
  if (done_ && result_ == CURLE_OK && line_) finish();
  if (received_ > before) return static_cast<std::size_t>(std::min<std::uint64_t>(received_ - before, size));
  if (result_ != CURLE_OK && !body_complete()) fail();
  return 0;
}

std::size_t CurlExchange::take_spare(char* buffer, std::size_t size) {
  const std::size_t count = spare_.copy(buffer, size, spare_start_);
  spare_start_ += count;
  if (spare_start_ == spare_.size()) {
    spare_.clear();
    spare_start_ = 0;
  }
  return count;
}

// Where the peer answered early and then reset the connection, the answer may be whole nevertheless.
bool CurlExchange::body_complete() {
  return length_ && received_ >= *length_;
}

// The answer is complete: others may use the connection.
void CurlExchange::finish() {
  CURL* easy = line_->easy.get();
  if (until_close_ && tls_ && !line_->tls_ended) {
    result_ = CURLE_PARTIAL_FILE;
    return;
  }
  long version = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  line_->multiplexed = version == CURL_HTTP_VERSION_2_0;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  header_lines_.reset();
  source_.reset();
  shared_->pool.give_back(std::move(line_));
}

// One step: what can be done at once, or a wait for what cannot.
void CurlExchange::advance() {
  const auto started = std::chrono::steady_clock::now();
  const std::uint64_t before = moved();
  const bool paused_before = send_paused_;
  perform();
  if (done_) return;
  if (paused_before) {
    unpause();
  } else if (moved() == before && !send_paused_) {
    wait_since(started);
  }
}

void CurlExchange::perform() {
  shared_->cancellation.throw_if_requested();
  check_time();
  int running = 0;
  curl_multi_perform(line_->multi.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(line_->multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    done_ = true;
    result_ = message->data.result;
  }
  if (error_) std::rethrow_exception(error_);
}

void CurlExchange::unpause() {
  send_paused_ = false;
  receive_paused_ = false;
  curl_easy_pause(line_->easy.get(), CURLPAUSE_CONT);
  if (error_) std::rethrow_exception(error_);
}

// A step that moved nothing counts as waiting: a server may send without end what is part of no answer.
void CurlExchange::wait_since(std::chrono::steady_clock::time_point started) {
  curl_multi_poll(line_->multi.get(), nullptr, 0, kSliceMs, nullptr);
  if (!stall_.add(std::chrono::steady_clock::now() - started)) return;

  // What the kernel has taken but not got rid of has not moved yet.
  int queued = 0;
  const curl_socket_t socket = socket_of(line_->easy.get());
  if (socket != CURL_SOCKET_BAD) ::ioctl(socket, SIOCOUTQ, &queued);
  const std::uint64_t moved_now = moved();
  if (!stall_.stalled(moved_now - std::min<std::uint64_t>(moved_now, static_cast<std::uint64_t>(queued)))) {
    return;
  }
  throw TransportError(TransportFailure::kStalled, "connection to " + peer_.text() +
                                                       " stalled: almost no data for " +
                                                       std::to_string(stall_time_.count()) + "s");
}

void CurlExchange::check_time() const {
  if (!time_limit_ || std::chrono::steady_clock::now() - start_ < *time_limit_) return;
  throw TransportError(
      times_requested_ == 0 ? TransportFailure::kConnect : TransportFailure::kStalled,
      peer_.text() + ": timed out: no answer in " + std::to_string(time_limit_->count()) + " ms");
}

void CurlExchange::fail() {
  if (!line_->refused.empty() && result_ == CURLE_COULDNT_CONNECT) {
    throw TransportError(TransportFailure::kOutOfReach,
                         peer_.name + ": resolves to " + line_->refused +
                             "\nhint: check the configuration of the server that named it");
  }
  CurlFailure failure;
  failure.code = result_ == CURLE_OK ? CURLE_GOT_NOTHING : result_;  // OK: the head broke off
  failure.detail = detail_.data();
  failure.head_complete = parser_.complete();
  failure.connect_timeout = shared_->options.connect_timeout;
  if (time_limit_) failure.connect_timeout = std::min(failure.connect_timeout, *time_limit_);
  curl_easy_getinfo(line_->easy.get(), CURLINFO_OS_ERRNO, &failure.os_error);
  curl_easy_getinfo(line_->easy.get(), CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  if (failure.detail.empty()) failure.detail = curl_easy_strerror(failure.code);
  if (failure.code == CURLE_COULDNT_RESOLVE_HOST || failure.code == CURLE_COULDNT_RESOLVE_PROXY) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
    failure.resolver_silent = resolver_is_silent(name_in_detail(failure.detail), took);
  }
  throw explain(peer_, failure);
}

std::uint64_t CurlExchange::uploaded() const {
  curl_off_t count = 0;
  curl_easy_getinfo(line_->easy.get(), CURLINFO_SIZE_UPLOAD_T, &count);
  return static_cast<std::uint64_t>(count);
}

std::uint64_t CurlExchange::moved() const {
  return received_ + head_bytes_ + uploaded();
}

std::size_t CurlExchange::on_header(std::string_view line) {
  try {
    head_bytes_ += line.size();
    parser_.line(line);
    return line.size();
  } catch (...) {
    error_ = std::current_exception();
    return 0;
  }
}

std::size_t CurlExchange::on_body(const char* data, std::size_t size) {
  if (discarding_) return size;
  if (spare_.size() + size > kMostSpare) {
    receive_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const std::size_t direct = std::min(size, target_left_);
  if (direct > 0) {
    std::memcpy(target_, data, direct);
    target_ += direct;
    target_left_ -= direct;
  }
  spare_.append(data + direct, size - direct);
  received_ += size;
  return size;
}

std::size_t CurlExchange::on_send(char* buffer, std::size_t size) {
  try {
    if (!held_back_.empty()) {
      const std::size_t count = held_back_.copy(buffer, size);
      held_back_.erase(0, count);
      to_send_ -= count;
      return count;
    }
    const std::size_t count = give(buffer, static_cast<std::size_t>(std::min<std::uint64_t>(size, to_send_)));
    if (!answer_waits()) {
      to_send_ -= count;
      return count;
    }
    held_back_.assign(buffer, count);
    send_paused_ = true;
    return CURL_READFUNC_PAUSE;
  } catch (...) {
    error_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

std::size_t CurlExchange::give(char* buffer, std::size_t size) {
  if (size == 0) return 0;
  if (!source_) source_ = request_body_->open(source_start_);
  const std::size_t count = source_->read(buffer, size);
  if (count > 0) return count;
  throw base::Error(base::ErrorCode::kRegistry, "body sent to " + peer_.text() + " ended " +
                                                    std::to_string(to_send_) +
                                                    " bytes early: it was truncated while it was sent");
}

bool CurlExchange::answer_waits() const {
  if (receive_paused_ || parser_.complete()) return false;
  pollfd waiting{socket_of(line_->easy.get()), POLLIN, 0};
  return waiting.fd != CURL_SOCKET_BAD && ::poll(&waiting, 1, 0) > 0;
}

// libcurl sends anew where a kept connection turns out to be dead.
void CurlExchange::rewind(std::uint64_t offset) {
  held_back_.clear();
  source_.reset();
  source_start_ = offset;
  if (request_body_) to_send_ = request_body_->size - std::min(offset, request_body_->size);
}

// Does not rely on libcurl to rewind: it does not where it had taken bytes but sent none.
bool CurlExchange::on_request() {
  if (++times_requested_ == 1) return true;
  rewind(0);
  if (repeatable_) return true;
  error_ = std::make_exception_ptr(TransportError(
      TransportFailure::kInterrupted, "connection to " + peer_.text() + " closed early, before an answer"));
  return false;
}

}  // namespace ixian::http
