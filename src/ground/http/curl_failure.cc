// libcurl tells what went wrong by a code, the system's error, OpenSSL's verdict and a sentence of its own.
// The sentence is looked into only where nothing else tells cases apart that need different advice; where its
// words change in another version, the advice becomes more general, and nothing else. What is transient
// (worth another attempt) is decided here, by kind.
#include "http/curl_failure.h"

#include <openssl/x509_vfy.h>

#include <cerrno>

#include "base/text.h"
#include "base/time.h"

namespace ixian::http {
namespace {

// CURLE_TOO_LARGE of libcurl 8.6, which earlier ones tell as CURLE_OUT_OF_MEMORY.
constexpr CURLcode kTooLarge = static_cast<CURLcode>(100);

bool mentions(const CurlFailure& failure, std::string_view words) {
  return failure.detail.find(words) != std::string::npos;
}

// libcurl names whom it tried: "Failed to connect to HOST port PORT after …". Another than the peer is the
// proxy that the environment names.
std::string tried_instead(const Peer& peer, const CurlFailure& failure) {
  constexpr std::string_view kStart = "Failed to connect to ";
  const std::size_t start = failure.detail.find(kStart);
  if (start == std::string::npos || peer.place.empty()) return "";
  const std::size_t name = start + kStart.size();
  const std::size_t end = failure.detail.find(" port ", name);
  if (end == std::string::npos) return "";
  const std::string host = failure.detail.substr(name, end - name);
  const std::size_t after = std::min(failure.detail.find(' ', end + 6), failure.detail.size());
  const std::string port = failure.detail.substr(end + 6, after - end - 6);
  return ":" + port == peer.place && host == peer.host ? "" : host + ":" + port;
}

// What libcurl says itself.
std::string note(const CurlFailure& failure) {
  return failure.detail.empty() ? "" : "note: " + failure.detail;
}

TransportError connect_failure(const Peer& peer, const CurlFailure& failure) {
  const std::string proxy = tried_instead(peer, failure);
  std::string message = proxy.empty() ? peer.text() : "proxy " + proxy;
  if (failure.code == CURLE_OPERATION_TIMEDOUT || failure.os_error == ETIMEDOUT) {
    message += ": connection timed out after " + base::duration_text(failure.connect_timeout);
  } else if (failure.os_error == ECONNREFUSED) {
    message += ": connection refused";
  } else if (failure.os_error != 0) {
    message += ": cannot connect: " + base::errno_text(static_cast<int>(failure.os_error));
  } else {
    message += ": cannot connect";
  }
  if (!proxy.empty()) {
    message += " (on the way to " + peer.text() + ")\nhint: check HTTPS_PROXY and HTTP_PROXY";
  }
  return {TransportFailure::kConnect, message, note(failure)};
}

TransportError certificate_failure(const Peer& peer, const CurlFailure& failure) {
  std::string message;
  switch (failure.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      message = "certificate expired: " + peer.text() + "\nhint: ask its administrator to renew it";
      break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      message = "certificate not yet valid: " + peer.text() + "\nhint: check this machine's clock";
      break;
    case X509_V_ERR_CERT_REVOKED:
      message = "certificate revoked: " + peer.text() + "\nhint: ask its administrator to replace it";
      break;
    default:
      message = mentions(failure, "match") ? "certificate is for another host: " + peer.text() +
                                                 "\nhint: use a name that is in the certificate"
                                           : "certificate signed by unknown authority: " + peer.text() +
                                                 "\nhint: put the CA's certificate into certs.d/" +
                                                 peer.authority + "/ca.crt, or set the option ca_file";
  }
  return {TransportFailure::kTls, message, note(failure)};
}

TransportError handshake_failure(const Peer& peer, const CurlFailure& failure) {
  // Plain HTTP came where TLS was to begin.
  if (mentions(failure, "wrong version number") || mentions(failure, "http request")) {
    return {TransportFailure::kTls,
            peer.text() + " does not speak TLS\nhint: set the option `insecure` for it if that is intended",
            note(failure)};
  }
  if (mentions(failure, "certificate required") || mentions(failure, "bad certificate") ||
      mentions(failure, "unknown ca") || mentions(failure, "handshake failure")) {
    return {TransportFailure::kTls,
            peer.text() +
                " rejected the TLS handshake, possibly for want of a client certificate\nhint: put one into "
                "certs.d/" +
                peer.authority + "/ as client.cert and client.key",
            note(failure)};
  }
  const bool cut = failure.os_error == ECONNRESET || failure.os_error == EPIPE ||
                   mentions(failure, "SSL_ERROR_SYSCALL") || mentions(failure, "reset by peer") ||
                   mentions(failure, "unexpected eof");
  if (cut) {
    return {TransportFailure::kConnect, "connection to " + peer.text() + " closed during the TLS handshake",
            note(failure)};
  }
  return {TransportFailure::kTls, "TLS handshake with " + peer.text() + " failed", note(failure)};
}

TransportError local_certificate_failure(const Peer& peer, const CurlFailure& failure) {
  return {TransportFailure::kTls,
          "invalid client certificate or key for " + peer.authority +
              " (expected: two PEM files that belong together, the key without a passphrase)",
          note(failure)};
}

TransportError interruption(const Peer& peer, const CurlFailure& failure) {
  std::string message;
  if (mentions(failure, "chunk")) {
    message = peer.text() + " sent a malformed answer: its chunks do not follow on each other";
  } else if (failure.head_complete) {
    message = "connection to " + peer.text() + " closed early, in the middle of an answer";
  } else {
    message = "connection to " + peer.text() + " closed early, before an answer";
  }
  return {TransportFailure::kInterrupted, message, note(failure)};
}

TransportError proxy_refusal(const Peer& peer, const CurlFailure& failure) {
  return {TransportFailure::kConnect,
          "proxy did not connect to " + peer.text() + "\nhint: check HTTPS_PROXY and HTTP_PROXY",
          note(failure)};
}

}  // namespace

TransportError explain(const Peer& peer, const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      if (failure.resolver_silent) {
        return {TransportFailure::kResolver,
                "cannot resolve host " + peer.host +
                    ": no DNS server answers\nhint: check this machine's network connection",
                note(failure)};
      }
      return {TransportFailure::kResolve,
              "cannot resolve host " + peer.host + "\nhint: check its spelling, and this machine's DNS",
              note(failure)};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {
          failure.resolver_silent ? TransportFailure::kResolver : TransportFailure::kResolve,
          "cannot resolve host of the proxy for " + peer.text() + "\nhint: check HTTPS_PROXY and HTTP_PROXY",
          note(failure)};
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return connect_failure(peer, failure);
    case CURLE_PROXY:
      return proxy_refusal(peer, failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return certificate_failure(peer, failure);
    case CURLE_SSL_CONNECT_ERROR:
      return handshake_failure(peer, failure);
    case CURLE_SSL_CERTPROBLEM:
      return local_certificate_failure(peer, failure);
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return handshake_failure(peer, failure);
    case CURLE_RECV_ERROR:
      if (mentions(failure, "CONNECT") || mentions(failure, "proxy")) return proxy_refusal(peer, failure);
      if (mentions(failure, "alert")) return handshake_failure(peer, failure);
      if (mentions(failure, "Too large response headers")) break;
      return interruption(peer, failure);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return interruption(peer, failure);
    case CURLE_OUT_OF_MEMORY:
    case kTooLarge:
      if (failure.head_complete) break;
      return {TransportFailure::kProtocol,
              peer.text() + " sent a header that is too long\nhint: check what listens there", note(failure)};
    default:
      break;
  }
  return {TransportFailure::kProtocol,
          peer.text() + " did not answer in HTTP\nhint: check what listens there", note(failure)};
}

}  // namespace ixian::http
