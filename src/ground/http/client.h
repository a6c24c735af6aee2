// HTTP as the rest of the program uses it: redirects followed with care, failures tried again with patience.
//
// What comes in is a Request; what goes out is a Response whose body is read as it arrives. The three types
// to know are Request and Response (message.h) and HttpTransport (transport.h), which sends one request once.
// Over it Client decides what is repeated and where a redirect may lead; under it CurlTransport speaks to
// servers, and in tests a fake does.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/clock.h"
#include "http/transport.h"
#include "http/url.h"

namespace ixian::http {

struct ClientOptions {
  int retries = 5;                             // attempts after the first
  std::chrono::milliseconds first_pause{200};  // doubled each time, with jitter
  std::chrono::milliseconds longest_pause{10'000};
  std::chrono::milliseconds longest_retry_after{120'000};  // a server that asks for more is not waited for
  int redirects = 10;

  // For how long pushes are tried again. Nothing is as many times as anything else. Asked for when it
  // matters.
  std::function<std::optional<std::chrono::milliseconds>()> push_patience;

  // Called before each further attempt: "registry.example.com answered 503; trying again in 2 s (2 of 5)."
  std::function<void(const std::string& sentence)> on_retry;

  // Hosts that an https answer may redirect to without TLS. Whom to ask without TLS in the first place is the
  // caller's business.
  std::function<bool(std::string_view authority)> plain_http_allowed;
};

// How often something that failed has been tried again, and whether that is enough: a number of times, or,
// where `patience` is set, a time since the first failure.
class Tries {
 public:
  Tries(base::Clock& clock, int most, std::optional<std::chrono::milliseconds> patience)
      : clock_(clock), most_(most), patience_(patience) {}

  // Counts a failure. False: it is not tried again.
  bool again();
  int count() const { return count_; }
  std::string left() const;      // "2 of 5", "for 80 s more"
  void forget() { count_ = 0; }  // what came since was progress

 private:
  base::Clock& clock_;
  const int most_;
  const std::optional<std::chrono::milliseconds> patience_;
  int count_ = 0;
  std::chrono::system_clock::time_point first_;
};

// Thread-safe. What it does that the transport does not:
// - tries again after connection errors and 408, 429, 499, 500, 502, 503, 504, 522, honouring Retry-After, as
//   long as the request is repeatable; the last answer is returned, the last TransportError thrown. What is
//   not repeatable is tried again only where no connection could be made. The number of attempts is one for
//   the request with all its redirects;
// - follows 301, 302, 303, 307, 308 by hand: GET and HEAD everywhere; other methods only by 307 and 308, with
//   the body sent anew, 303 becoming GET; any other redirect is returned as the answer. Secret headers,
//   Authorization, cookies and signatures stay behind when the origin changes, also where a later redirect
//   comes back. Refused, as Error{kRegistry} that names both sides: https to http, a public host to a private
//   address, a unix socket to anywhere else, loops, more than `redirects`.
class Client {
 public:
  Client(HttpTransport& transport, base::Clock& clock, base::Cancellation& cancellation,
         ClientOptions options = {});

  Response send(const Request& request);

  base::Clock& clock() { return clock_; }
  base::Cancellation& cancellation() { return cancellation_; }
  const ClientOptions& options() const { return options_; }

  // For Request::patience of what a push sends.
  std::optional<std::chrono::milliseconds> push_patience() const {
    return options_.push_patience ? options_.push_patience() : std::nullopt;
  }

  // How long to wait before attempt `n` (1 is the first repetition), without what a server asks for.
  std::chrono::milliseconds pause_before(int n);

 private:
  Response follow(Request request);
  Response attempt(const Request& request, Tries& tries);
  void pause(const std::string& what, Tries& tries, std::chrono::milliseconds time);

  HttpTransport& transport_;
  base::Clock& clock_;
  base::Cancellation& cancellation_;
  ClientOptions options_;
};

}  // namespace ixian::http
