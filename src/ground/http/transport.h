// One HTTP exchange, and nothing more: no redirects, no retries, no credentials.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace ixian::http {

// What became of an exchange that got no answer, or only part of one.
enum class TransportFailure {
  kResolve,      // no such host: asked again, it is still none
  kResolver,     // nobody says whether there is such a host
  kConnect,      // refused, unreachable, timed out before a connection was there
  kTls,          // the certificate, or the handshake
  kInterrupted,  // reset, cut, too short, malformed: what a second attempt may get over
  kStalled,      // nothing, or next to nothing, came for too long
  kProtocol,     // what came is not HTTP, or breaks a limit: a second attempt will not help
  kOutOfReach,   // the host has addresses only that the request's reach leaves out
};

// `message` is a whole sentence that names the host: "registry.example.com refused the connection on port
// 5000."
class TransportError : public base::Error {
 public:
  TransportError(TransportFailure failure_, std::string message, std::string context = "")
      : Error(base::ErrorCode::kRegistry, std::move(message), std::move(context)), failure(failure_) {}

  // Whether the same request may succeed a moment later.
  bool transient() const {
    return failure == TransportFailure::kConnect || failure == TransportFailure::kInterrupted ||
           failure == TransportFailure::kStalled || failure == TransportFailure::kResolver;
  }

  TransportFailure failure;
};

// Thread-safe: any number of exchanges at once. Outlives every Response that it has given out.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Sends the request and returns when the head of the answer has arrived. Throws TransportError; Cancelled;
  // and what the request's body throws, as it was thrown.
  virtual Response send(const Request& request) = 0;
};

}  // namespace ixian::http
