// What an HTTP exchange is made of: headers, a request, the head of a response.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/secret.h"

namespace ixian::http {

// In the order of arrival; names are compared without regard to case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);

  // The first of that name, or nullopt.
  std::optional<std::string_view> find(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A body that is sent. `size` bytes exactly, opened anew for each attempt.
struct RequestBody {
  std::uint64_t size = 0;
  base::OpenSource open;
};

// A body of text, which is copied.
RequestBody text_body(std::string text);

// How AWS signs a request (Signature Version 4). Signed by the transport, for each attempt anew.
struct AwsSignature {
  std::string region;
  std::string service;
  base::Secret access_key_id;
  base::Secret secret_access_key;
  base::Secret session_token;  // empty: none
};

// Where an address lies. kLinkLocal are those, too, at which clouds answer with credentials.
enum class AddressKind { kUnknown, kPublic, kPrivate, kLoopback, kLinkLocal };

// Which addresses a connection may be made to, whatever its host is called; the later the narrower.
enum class Reach { kAnywhere, kNotLinkLocal, kPublic };

struct Request {
  std::string method = "GET";
  std::string url;  // absolute; over a unix socket the host is only the Host header
  Headers headers;

  // Sent like `headers`, but dropped when a redirect leaves the origin. Authorization, X-Vault-Token,
  // cookies.
  std::vector<std::pair<std::string, base::Secret>> secret_headers;

  std::optional<RequestBody> body;
  std::optional<AwsSignature> aws_signature;
  std::string unix_socket;  // "" is TCP

  // What may be repeated after a failure. True for all that this program sends but the closing of an upload.
  bool repeatable = true;

  // How often to try again at most; unset: as the client is set up.
  std::optional<int> retries;

  // For how long to try again, however often that is: for what must get through, such as a push to a registry
  // that restarts. Unset: as `retries` says.
  std::optional<std::chrono::milliseconds> patience;

  // Redirects are followed by default; otherwise a 3xx comes back as it is.
  bool follow_redirects = true;

  // For answers that come at once or not at all (metadata services): connecting and the whole exchange.
  std::optional<std::chrono::milliseconds> time_limit;

  // How long a server may be silent, instead of the transport's own time; and it is given up then, without
  // another try: for what nobody can wait for as long as for a registry.
  std::optional<std::chrono::seconds> silence;

  // Never through a proxy: link-local metadata addresses.
  bool no_proxy = false;

  // Of what the user has named, anywhere; of what a server has, see reach.h. Through a proxy only the host's
  // own spelling can be judged.
  Reach reach = Reach::kAnywhere;
};

// Everything of a response but its body.
struct ResponseHead {
  int status = 0;
  Headers headers;
  std::string url;                           // that answered, after redirects
  int version = 11;                          // 10, 11 or 20
  AddressKind peer = AddressKind::kUnknown;  // where it lies; unknown behind a proxy and over a unix socket
  std::string peer_address{};                // of that connection, as a literal; "" where it is unknown

  bool ok() const { return status >= 200 && status < 300; }
  std::optional<std::uint64_t> content_length() const;

  // Retry-After in seconds or as an HTTP date (RFC 9110 section 10.2.3), from `now`; nullopt where there is
  // none or it cannot be read. Never negative.
  std::optional<std::chrono::milliseconds> retry_after(std::chrono::system_clock::time_point now) const;
};

// A response whose body is still to be read, by one thread. Destroying it early closes the connection;
// reading to the end keeps it for reuse. `body` throws TransportError where the body breaks off or is not as
// long as it was announced.
struct Response {
  ResponseHead head;
  std::unique_ptr<base::ByteSource> body;

  // The rest of the body, at most `limit` bytes of it, the rest ignored; where reading fails, what came
  // before. For error texts.
  std::string text(std::size_t limit = 64 << 10);
};

}  // namespace ixian::http
