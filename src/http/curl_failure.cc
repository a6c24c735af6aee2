// libcurl tells what went wrong by a code, the system's error, OpenSSL's verdict and a sentence of its own.
// The sentence is looked into only where nothing else tells cases apart that need different advice; where its
// words change in another version, the advice becomes more general, and nothing else. What is transient
// (worth another attempt) is decided here, by kind.
#include "http/curl_failure.h"

#include <openssl/x509_vfy.h>

#include <cerrno>

#include "base/fs.h"
#include "http/span_text.h"

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
  return " on port " + port == peer.place && host == peer.host ? "" : host + " on port " + port;
}

TransportError connect_failure(const Peer& peer, const CurlFailure& failure) {
  const std::string proxy = tried_instead(peer, failure);
  const std::string whom = proxy.empty() ? peer.name : "The proxy " + proxy.substr(0, proxy.find(" on port"));
  const std::string where = proxy.empty() ? peer.place : proxy.substr(proxy.find(" on port"));
  std::string message;
  if (failure.code == CURLE_OPERATION_TIMEDOUT || failure.os_error == ETIMEDOUT) {
    message = whom + " did not let us connect" + where + " within " + span_text(failure.connect_timeout) +
              ". Is it up, and is there a firewall between?";
  } else if (failure.os_error == ECONNREFUSED) {
    message = whom + " refused the connection" + where + ".";
  } else {
    const std::string why =
        failure.os_error != 0 ? ": " + base::errno_text(static_cast<int>(failure.os_error)) : "";
    message = whom + " cannot be reached" + where + why + ".";
  }
  if (!proxy.empty())
    message += " It was to lead to " + peer.text() + "; the environment (HTTPS_PROXY) names it.";
  return {TransportFailure::kConnect, message, failure.detail};
}

std::string certificate_fault(const CurlFailure& failure) {
  switch (failure.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired. Its owner must renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid yet. Is this machine's clock right?";
    case X509_V_ERR_CERT_REVOKED:
      return "has been revoked. Its owner must replace it";
    default:
      break;
  }
  if (mentions(failure, "match")) return "is for another host. Use a name that the certificate holds";
  return "";
}

TransportError certificate_failure(const Peer& peer, const CurlFailure& failure) {
  std::string fault = certificate_fault(failure);
  if (fault.empty()) {
    fault = "is signed by a CA that is not trusted here. Put that CA's certificate into certs.d/" +
            peer.authority + "/ca.crt, or name its file as the option ca_file";
  }
  if (!fault.ends_with('?')) fault += '.';
  return {TransportFailure::kTls, "The certificate of " + peer.text() + " " + fault, failure.detail};
}

TransportError handshake_failure(const Peer& peer, const CurlFailure& failure) {
  // Plain HTTP came where TLS was to begin.
  if (mentions(failure, "wrong version number") || mentions(failure, "http request")) {
    return {TransportFailure::kTls,
            peer.text() +
                " does not speak TLS. If it is meant to be used without, say so with the option "
                "insecure.",
            failure.detail};
  }
  if (mentions(failure, "certificate required") || mentions(failure, "bad certificate") ||
      mentions(failure, "unknown ca") || mentions(failure, "handshake failure")) {
    return {TransportFailure::kTls,
            peer.text() +
                " did not accept our side of the TLS handshake: it may want a client certificate. Put it "
                "into certs.d/" +
                peer.authority + "/ as client.cert and client.key.",
            failure.detail};
  }
  const bool cut = failure.os_error == ECONNRESET || failure.os_error == EPIPE ||
                   mentions(failure, "SSL_ERROR_SYSCALL") || mentions(failure, "reset by peer") ||
                   mentions(failure, "unexpected eof");
  if (cut) {
    return {TransportFailure::kConnect,
            "The connection to " + peer.text() + " was cut during the TLS handshake.", failure.detail};
  }
  return {TransportFailure::kTls, "No TLS connection to " + peer.text() + " could be agreed on.",
          failure.detail};
}

TransportError local_certificate_failure(const Peer& peer, const CurlFailure& failure) {
  return {TransportFailure::kTls,
          "The client certificate for " + peer.authority +
              ", or its key, cannot be used: both must be PEM files that "
              "belong together, the key without a passphrase.",
          failure.detail};
}

TransportError interruption(const Peer& peer, const CurlFailure& failure) {
  std::string message;
  if (mentions(failure, "chunk")) {
    message = peer.text() + " sent a broken answer: its chunks do not follow on each other.";
  } else if (failure.head_complete) {
    message = "The connection to " + peer.text() + " broke off in the middle of an answer.";
  } else {
    message = "The connection to " + peer.text() + " broke off before an answer came.";
  }
  return {TransportFailure::kInterrupted, message, failure.detail};
}

TransportError proxy_refusal(const Peer& peer, const CurlFailure& failure) {
  return {TransportFailure::kConnect,
          "The proxy that the environment (HTTPS_PROXY) names did not connect us to " + peer.text() + ".",
          failure.detail};
}

}  // namespace

TransportError explain(const Peer& peer, const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      if (failure.resolver_silent) {
        return {TransportFailure::kResolver,
                "Where " + peer.host +
                    " is cannot be asked: no DNS server answers. Is this machine connected to the network?",
                failure.detail};
      }
      return {TransportFailure::kResolve,
              "There is no host " + peer.host +
                  ": its name does not resolve. Check its spelling, and this machine's DNS.",
              failure.detail};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {failure.resolver_silent ? TransportFailure::kResolver : TransportFailure::kResolve,
              "The name of the proxy that leads to " + peer.text() +
                  " does not resolve. Check HTTPS_PROXY and HTTP_PROXY.",
              failure.detail};
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
              peer.text() +
                  " sent a header without an end, longer than any that HTTP needs. Is something else "
                  "listening there?",
              failure.detail};
    default:
      break;
  }
  return {TransportFailure::kProtocol,
          peer.text() +
              " sent what cannot be understood as an answer in HTTP. Is something else listening there?",
          failure.detail};
}

}  // namespace ixian::http
