// A scripted HTTP/1.1 server for tests: it does what the test's handler says, also what no server should do.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "testing/http_connection.h"

namespace ixian::testing {

struct HttpServerOptions {
  std::string unix_socket;  // listens there instead of 127.0.0.1
  std::string certificate;  // PEM files: TLS
  std::string key;
  std::string client_ca;    // clients must show a certificate of this CA
  bool keep_bodies = true;  // false: requests have `body_size` only, whatever their length

  // Called after the head and before the body is read; true: it has answered, and the connection is closed
  // with the body unread.
  std::function<bool(const ServerRequest&, Connection&)> before_body;
};

// A thread for each connection; the handler is called from all of them. The destructor ends every connection
// and waits for the handlers, which must not wait for anything but Connection.
class HttpServer {
 public:
  using Handler = std::function<void(const ServerRequest&, Connection&)>;
  using Options = HttpServerOptions;

  explicit HttpServer(Handler handler, Options options = {})
      : handler_(std::move(handler)), options_(std::move(options)), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
    if (!options_.certificate.empty()) set_up_tls();
    listen();
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() { stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Ends everything; the port then refuses. What was seen can still be asked for.
  void stop() {
    if (stop_fd_ < 0) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(stop_fd_, &one, sizeof one);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();  // only the acceptor adds to them
    ::close(listener_);
    ::close(stop_fd_);
    stop_fd_ = -1;
    if (!options_.unix_socket.empty()) ::unlink(options_.unix_socket.c_str());
    SSL_CTX_free(tls_);
    tls_ = nullptr;
  }

  int port() const { return port_; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/") const {
    const std::string host = options_.unix_socket.empty() ? authority() : "localhost";
    return (options_.certificate.empty() ? "http://" : "https://") + host + std::string(path);
  }

  // All so far, in the order in which they were complete; bodies over 1 MiB only as their size.
  std::vector<ServerRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return connections_.load(); }

 private:
  static constexpr std::size_t kLargestKept = 1 << 20;
  static constexpr std::size_t kLargestHead = 1 << 20;

  void set_up_tls() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    tls_ = SSL_CTX_new(TLS_server_method());
    bool good = SSL_CTX_use_certificate_chain_file(tls_, options_.certificate.c_str()) == 1 &&
                SSL_CTX_use_PrivateKey_file(tls_, options_.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!options_.client_ca.empty()) {
      good = good && SSL_CTX_load_verify_locations(tls_, options_.client_ca.c_str(), nullptr) == 1;
      SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    SSL_CTX_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!good) throw std::runtime_error("HttpServer: the certificate or its key cannot be used");
  }

  void listen() {
    const bool local = !options_.unix_socket.empty();
    listener_ = ::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = -1;
    if (local) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      options_.unix_socket.copy(address.sun_path, sizeof address.sun_path - 1);
      result = ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      result = ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      socklen_t size = sizeof address;
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
      port_ = ntohs(address.sin_port);
    }
    if (result != 0 || ::listen(listener_, 128) != 0) throw std::runtime_error("HttpServer: cannot listen");
  }

  void accept_all() {
    pollfd waiting[] = {{listener_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    for (;;) {
      if (::poll(waiting, 2, -1) < 0) continue;
      if (waiting[1].revents != 0) return;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int number = ++connections_;
      threads_.emplace_back([this, fd, number] {
        Connection connection(fd, stop_fd_, tls_);
        serve(connection, number);
      });
    }
  }

  void serve(Connection& connection, int number) {
    std::string buffer;
    while (connection.open()) {
      ServerRequest request;
      request.connection = number;
      if (!read_head(connection, buffer, request)) {
        if (!buffer.empty())
          connection.respond(400, {{"Connection", "close"}}, "This is no request in HTTP.");
        return;
      }
      connection.answering_head = request.method == "HEAD";
      if (options_.before_body && options_.before_body(request, connection)) {
        remember(request);
        return;
      }
      if (!read_body(connection, buffer, request)) return;
      remember(request);
      try {
        handler_(request, connection);
      } catch (const std::exception& error) {
        connection.respond(500, {}, error.what());
      }
      if (connection.close_after() || request.header("connection") == "close") connection.close();
    }
  }

  void remember(const ServerRequest& request) {
    ServerRequest copy = request.body.size() <= kLargestKept ? request : without_body(request);
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(copy));
  }
  static ServerRequest without_body(const ServerRequest& request) {
    ServerRequest copy;
    copy.method = request.method;
    copy.target = request.target;
    copy.path = request.path;
    copy.query = request.query;
    copy.headers = request.headers;
    copy.body_size = request.body_size;
    copy.connection = request.connection;
    return copy;
  }

  static bool fill(Connection& connection, std::string& buffer) {
    char bytes[16 << 10];
    const std::size_t count = connection.read_some(bytes, sizeof bytes);
    buffer.append(bytes, count);
    return count > 0;
  }

  // One line without its end, or nullopt where the connection ends first.
  static std::optional<std::string> read_line(Connection& connection, std::string& buffer) {
    std::size_t end = 0;
    while ((end = buffer.find('\n')) == std::string::npos) {
      const bool tls = buffer.starts_with('\x16');
      if (tls || buffer.size() > kLargestHead || !fill(connection, buffer)) return std::nullopt;
    }
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

  static bool read_head(Connection& connection, std::string& buffer, ServerRequest& request) {
    auto line = read_line(connection, buffer);
    if (!line) return false;
    const std::size_t first = line->find(' ');
    const std::size_t last = line->rfind(' ');
    if (first == std::string::npos || last <= first) return false;
    request.method = line->substr(0, first);
    request.target = line->substr(first + 1, last - first - 1);
    const std::size_t question = std::min(request.target.find('?'), request.target.size());
    request.path = request.target.substr(0, question);
    if (question < request.target.size()) request.query = request.target.substr(question + 1);
    while ((line = read_line(connection, buffer)) && !line->empty()) {
      const std::size_t colon = line->find(':');
      if (colon == std::string::npos) return false;
      const std::size_t start = std::min(line->find_first_not_of(" \t", colon + 1), line->size());
      request.headers.emplace_back(line->substr(0, colon), line->substr(start));
    }
    return line.has_value();
  }

  bool read_body(Connection& connection, std::string& buffer, ServerRequest& request) {
    if (::strcasecmp(request.header("expect").c_str(), "100-continue") == 0) {
      connection.send_raw("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (::strcasecmp(request.header("transfer-encoding").c_str(), "chunked") == 0) {
      return read_chunks(connection, buffer, request);
    }
    const std::string length = request.header("content-length");
    return length.empty() || take(connection, buffer, request, std::stoull(length));
  }

  bool read_chunks(Connection& connection, std::string& buffer, ServerRequest& request) {
    for (;;) {
      auto line = read_line(connection, buffer);
      if (!line || line->empty()) return false;
      const std::uint64_t size = std::strtoull(line->c_str(), nullptr, 16);
      if (size == 0) break;
      if (!take(connection, buffer, request, size) || !read_line(connection, buffer)) return false;
    }
    std::optional<std::string> trailer;
    while ((trailer = read_line(connection, buffer)) && !trailer->empty()) {
    }
    return trailer.has_value();
  }

  // Moves `count` bytes of the body from the connection to the request.
  bool take(Connection& connection, std::string& buffer, ServerRequest& request, std::uint64_t count) {
    const std::size_t ready = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()));
    keep(request, std::string_view(buffer).substr(0, ready));
    buffer.erase(0, ready);
    count -= ready;
    if (count == 0) return true;
    std::string piece(256 << 10, '\0');
    while (count > 0) {
      const std::size_t got = connection.read_some(
          piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(count, piece.size())));
      if (got == 0) return false;
      keep(request, std::string_view(piece).substr(0, got));
      count -= got;
    }
    return true;
  }
  void keep(ServerRequest& request, std::string_view piece) const {
    request.body_size += piece.size();
    if (options_.keep_bodies) request.body += piece;
  }

  Handler handler_;
  Options options_;
  int stop_fd_;
  int listener_ = -1;
  int port_ = 0;
  SSL_CTX* tls_ = nullptr;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<ServerRequest> requests_;
};

}  // namespace ixian::testing
