// All options of libcurl for one request. A line is used again and again, so nothing may be left of the
// request before: each option is set or the handle was reset. libcurl's own decisions are taken away where
// they would be others than ours: proxies, CAs, "Expect", the path as it is written, the protocols that may
// be spoken.
#include "http/curl_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "base/environment.h"
#include "base/text.h"
#include "http/proxy.h"
#include "http/reach.h"

namespace ixian::http {
namespace {

constexpr long kReceiveBuffer = 256 << 10;
constexpr long kSendBuffer = 64 << 10;
constexpr std::size_t kLargestSigned = 1 << 20;

class LineBuilder {
 public:
  // "Name: value", or "Name;" where the value is empty, which is how libcurl wants to be told.
  void add(std::string_view name, const std::string& value) {
    if (!fit_for_header(name) || !fit_for_header(value)) {
      throw base::Error(base::ErrorCode::kRegistry,
                        "cannot send the header " + std::string(name.substr(0, name.find_first_of("\r\n"))) +
                            ": it contains a line break or a NUL\nhint: check where its value comes from");
    }
    std::string line(name);
    line.reserve(line.size() + value.size() + 2);
    line += value.empty() ? ";" : ": ";
    line += value;
    add_line(line);
    base::wipe(line);
  }
  void add_line(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(lines_.release());
    lines_.reset(longer);
  }
  HeaderLines take() { return std::move(lines_); }

 private:
  static bool fit_for_header(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  }

  HeaderLines lines_;
};

void note_end(const SSL* ssl, int where, int alert) {
  if (where != SSL_CB_READ_ALERT || (alert & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  static_cast<CurlLine*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->tls_ended = true;
}

// Trusts our store instead of one that libcurl reads for each connection. And libcurl takes a connection that
// is cut for one that TLS has ended, so we look at that ourselves.
CURLcode set_up_context(CURL*, void* context, void* user) {
  auto* ssl = static_cast<SSL_CTX*>(context);
  auto* line = static_cast<CurlLine*>(user);
  if (line->trust) SSL_CTX_set1_cert_store(ssl, line->trust.get());
  SSL_CTX_set_app_data(ssl, line);
  SSL_CTX_set_info_callback(ssl, note_end);
  return CURLE_OK;
}

void set_tls(CurlLine& line) {
  CURL* easy = line.easy.get();
  line.tls_ended = false;
  const long verify = line.tls.verify ? 1 : 0;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2 * verify);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &line);
  if (line.tls.client_certificate.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, line.tls.client_certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, line.tls.client_key.c_str());
}

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* bytes = address->sa_family == AF_INET
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr)
                          : &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  ::inet_ntop(address->sa_family, bytes, text, sizeof(text));
  return text;
}

// As libcurl would, but never for a program that is started meanwhile, and to no address that is out of
// reach: here it is known what a name has come to.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto* line = static_cast<CurlLine*>(user);
  if (const AddressKind kind = address_kind(&address->addr);
      !line->proxied && !may_reach(line->reach, kind)) {
    line->refused = address_text(&address->addr) + ", " + refusal_of(kind);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_connection(CurlLine& line, const Request& request, const Url& url, const CurlOptions& options) {
  CURL* easy = line.easy.get();
  line.reach = request.reach;
  line.refused.clear();
  const auto timeout =
      std::min(options.connect_timeout, request.time_limit.value_or(options.connect_timeout));
  // Its signals would be the process's.
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &line);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // A proxy is not told what is for the server.
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  // Both are always said, so that libcurl makes no choice of its own.
  const bool direct = request.no_proxy || !request.unix_socket.empty();
  const std::string proxy = direct ? "" : proxy_for(url, base::environment_variable);
  line.proxied = !proxy.empty();
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!request.unix_socket.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
}

void set_method(CURL* easy, const Request& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (sends_body(request)) {
    const std::uint64_t size = request.body ? request.body->size : 0;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// Signature Version 4 wants the parameters sorted and with "=". libcurl 7.88 signs them as they are spelt.
std::string canonical_query(const std::string& query) {
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(query, '&')) {
    if (part.empty()) continue;
    parts.emplace_back(part);
    if (part.find('=') == std::string_view::npos) parts.back() += '=';
  }
  std::sort(parts.begin(), parts.end());
  return base::join(parts, "&");
}

// libcurl hashes what it is given as POST fields, and nothing that it would read piece by piece.
void set_signed_body(CURL* easy, const Request& request) {
  if (!sends_body(request)) return;
  base::Secret body;  // may hold tokens
  if (request.body && request.body->size > 0) {
    const auto source = request.body->open(0);
    body = base::Secret(base::read_all(*source, kLargestSigned, "body to be signed for AWS"));
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.reveal().size()));
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.reveal().c_str());
}

void set_signature(CURL* easy, const Request& request, LineBuilder& lines) {
  const AwsSignature& signature = *request.aws_signature;
  const std::string provider = "aws:amz:" + signature.region + ":" + signature.service;
  curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, provider.c_str());
  curl_easy_setopt(easy, CURLOPT_USERNAME, signature.access_key_id.reveal().c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, signature.secret_access_key.reveal().c_str());
  if (!signature.session_token.empty()) lines.add("X-Amz-Security-Token", signature.session_token.reveal());
  set_signed_body(easy, request);
}

}  // namespace

void WipeHeaders::operator()(curl_slist* list) const {
  for (curl_slist* node = list; node != nullptr; node = node->next) {
    OPENSSL_cleanse(node->data, std::strlen(node->data));
  }
  curl_slist_free_all(list);
}

bool sends_body(const Request& request) {
  return request.body || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

HeaderLines set_options(CurlLine& line, const Request& request, const Url& url, const CurlOptions& options) {
  CURL* easy = line.easy.get();
  set_connection(line, request, url, options);
  if (url.https()) set_tls(line);
  set_method(easy, request);

  LineBuilder lines;
  for (const auto& [name, value] : request.headers.fields()) lines.add(name, value);
  for (const auto& [name, value] : request.secret_headers) lines.add(name, value.reveal());
  Url target = url;
  if (request.aws_signature) {
    // Lines such as "Expect:", which only keep a header from being sent, would be signed.
    target.query = canonical_query(url.query);
    set_signature(easy, request, lines);
  } else {
    // Waiting for "100 Continue" costs a second where a server does not know it.
    lines.add_line("Expect:");
    // Digests are of the bytes as they are stored.
    if (!request.headers.find("Accept-Encoding")) lines.add("Accept-Encoding", "identity");
  }
  if (!options.user_agent.empty() && !request.headers.find("User-Agent")) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  HeaderLines result = lines.take();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, result.get());
  curl_easy_setopt(easy, CURLOPT_URL, target.text().c_str());
  return result;
}

}  // namespace ixian::http
