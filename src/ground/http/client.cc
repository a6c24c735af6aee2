// What is sent again, and what not. An answer that asks for patience (429, 503, …) and a connection that
// broke are repeated, with pauses that double; but where a request may have had an effect, its sender must
// have called it repeatable, unless the connection was never made. One count of attempts spans all hops of a
// redirect. A body that breaks off after the head is not repeated here: only its reader knows what it has of
// it.
//
// What is not followed: redirects that give up TLS, that lead from outside into the local network, or in a
// circle; and secrets do not go along to another origin (redirect.cc).
#include "http/client.h"

#include <algorithm>
#include <random>
#include <set>

#include "base/time.h"
#include "http/redirect.h"

namespace ixian::http {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kLongestDrained = 64 << 10;

bool worth_repeating(int status) {
  // 499 and 522 are of proxies (nginx, Cloudflare) that lost the client or the server behind them.
  constexpr int kStatuses[] = {408, 429, 499, 500, 502, 503, 504, 522};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

// Reads a short body to its end, so that the connection can be used again; any other closes it.
void drop(Response response) {
  const auto length = response.head.content_length();
  if (length && *length <= kLongestDrained) response.text(kLongestDrained + 1);
}

std::string host_of(const Request& request) {
  const auto url = parse_url(request.url);
  return url ? url->authority() : request.url;
}

[[noreturn]] void endless(const Request& first, const Request& next, const std::string& why) {
  throw base::Error(base::ErrorCode::kRegistry, host_of(first) + " redirects " + why + ", lastly to " +
                                                    host_of(next) +
                                                    "\nhint: fix the configuration of these servers");
}

}  // namespace

Client::Client(HttpTransport& transport, base::Clock& clock, base::Cancellation& cancellation,
               ClientOptions options)
    : transport_(transport), clock_(clock), cancellation_(cancellation), options_(std::move(options)) {}

Response Client::send(const Request& request) {
  return follow(request);
}

Response Client::follow(Request request) {
  const Request first = request;
  Tries tries(clock_, request.retries.value_or(options_.retries), request.patience);
  std::set<std::string> seen;
  for (int hop = 0;; ++hop) {
    seen.insert(request.method + " " + request.url);
    Response response = attempt(request, tries);
    std::optional<Request> next = redirected(request, response.head, options_.plain_http_allowed);
    if (!next) return response;
    if (hop >= options_.redirects)
      endless(first, *next, "more than " + std::to_string(options_.redirects) + " times");
    if (seen.contains(next->method + " " + next->url)) endless(first, *next, "in a loop");
    drop(std::move(response));
    request = *std::move(next);
  }
}

Response Client::attempt(const Request& request, Tries& tries) {
  for (;;) {
    cancellation_.throw_if_requested();
    try {
      Response response = transport_.send(request);
      const int status = response.head.status;
      if (!worth_repeating(status) || !request.repeatable) return response;
      const milliseconds asked = response.head.retry_after(clock_.now()).value_or(milliseconds(0));
      // Better the server's own answer than a command that seems to hang.
      if (asked > options_.longest_retry_after || !tries.again()) return response;
      drop(std::move(response));
      const std::string what = host_of(request) + " answered " + std::to_string(status);
      pause(what, tries, std::max(asked, pause_before(tries.count())));
    } catch (const TransportError& error) {
      const bool unsent =
          error.failure == TransportFailure::kConnect || error.failure == TransportFailure::kResolver;
      // Whoever sets a time of silence for a request of his own wants to decide himself.
      if (error.failure == TransportFailure::kStalled && request.silence) throw;
      if (!error.transient() || (!request.repeatable && !unsent) || !tries.again()) throw;
      pause(error.message(), tries, pause_before(tries.count()));
    }
  }
}

bool Tries::again() {
  if (count_ == 0) first_ = clock_.now();
  if (patience_ ? clock_.now() - first_ >= *patience_ : count_ >= most_) return false;
  ++count_;
  return true;
}

std::string Tries::left() const {
  if (!patience_) return std::to_string(count_) + "/" + std::to_string(most_);
  const auto gone = std::chrono::duration_cast<milliseconds>(clock_.now() - first_);
  return base::duration_text(std::max(*patience_ - gone, milliseconds(0))) + " left";
}

void Client::pause(const std::string& what, Tries& tries, milliseconds time) {
  if (options_.on_retry)
    options_.on_retry(what + "; retrying in " + base::duration_text(time) + " (" + tries.left() + ")");
  clock_.sleep_for(time, cancellation_);
}

// Between half of the doubled pause and all of it, so that many clients do not come back together.
milliseconds Client::pause_before(int n) {
  milliseconds time = options_.first_pause;
  for (int i = 1; i < n && time < options_.longest_pause; ++i) time *= 2;
  time = std::min(time, options_.longest_pause);
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<milliseconds::rep> jitter(time.count() / 2, time.count());
  return milliseconds(jitter(random));
}

}  // namespace ixian::http
