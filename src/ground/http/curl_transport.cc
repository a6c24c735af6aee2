// Sends one request once: a connection from the pool or a new one, and an exchange on it that goes on as long
// as its body is read. TLS settings are looked up when a connection is made, and hold as long as it does.
#include "http/curl_transport.h"

#include "http/curl_exchange.h"

namespace ixian::http {
namespace {

class BodySource : public base::ByteSource {
 public:
  explicit BodySource(std::unique_ptr<CurlExchange> exchange) : exchange_(std::move(exchange)) {}
  std::size_t read(char* buffer, std::size_t size) override { return exchange_->read(buffer, size); }

 private:
  std::unique_ptr<CurlExchange> exchange_;
};

Url parsed(const std::string& text) {
  if (auto url = parse_url(text)) return *std::move(url);
  // What may hold a password or a signature is not repeated.
  const bool shown = text.find('@') == std::string::npos;
  throw base::Error(base::ErrorCode::kRegistry,
                    "not an http or https address" + (shown ? ": " + text.substr(0, text.find('?'))
                                                            : " (it contains a user or password)"));
}

std::string pool_key(const Request& request, const Url& url) {
  // A connection that was made for one reach is not used for another.
  return url.origin() + " " + request.unix_socket + (request.no_proxy ? " direct" : "") + " " +
         std::to_string(static_cast<int>(request.reach));
}

}  // namespace

struct CurlTransport::Impl : CurlShared {
  using CurlShared::CurlShared;

  std::unique_ptr<CurlLine> new_line(const std::string& key, const Url& url) {
    auto line = std::make_unique<CurlLine>();
    line->key = key;
    if (!url.https()) return line;
    if (options.tls) line->tls = options.tls(url.authority());
    if (line->tls.verify) line->trust = trust.get(line->tls.ca_files);
    return line;
  }
};

CurlTransport::CurlTransport(CurlOptions options, base::Cancellation& cancellation)
    : impl_(std::make_shared<Impl>(std::move(options), cancellation)) {}

CurlTransport::~CurlTransport() = default;

Response CurlTransport::send(const Request& request) {
  impl_->cancellation.throw_if_requested();
  const Url url = parsed(request.url);
  const std::string key = pool_key(request, url);
  std::unique_ptr<CurlLine> line = impl_->pool.take(key);
  if (!line) line = impl_->new_line(key, url);

  auto exchange = std::make_unique<CurlExchange>(impl_, std::move(line), request, url);
  Response response;
  response.head = exchange->wait_for_head();
  response.head.url = request.url;
  response.body = std::make_unique<BodySource>(std::move(exchange));
  return response;
}

}  // namespace ixian::http
