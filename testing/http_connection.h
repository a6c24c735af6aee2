// What a scripted server sees and does: a request as it arrived, and the connection that it came over.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::testing {

struct ServerRequest {
  std::string method;
  std::string target;  // as it was sent; `path` and `query` are its parts, not decoded
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;             // "" where bodies are not kept
  std::uint64_t body_size = 0;  // always right
  int connection = 0;           // 1 is the first that was accepted

  // The first header of that name, in any case.
  std::optional<std::string> find(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
    }
    return std::nullopt;
  }
  std::string header(std::string_view name) const { return find(name).value_or(""); }

  // The decoded value of the first query parameter of that name.
  std::optional<std::string> parameter(std::string_view name) const {
    for (std::size_t at = 0; at < query.size();) {
      const std::size_t end = std::min(query.find('&', at), query.size());
      const std::string_view pair = std::string_view(query).substr(at, end - at);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      if (pair.substr(0, equals) == name) return decoded(pair.substr(std::min(equals + 1, pair.size())));
      at = end + 1;
    }
    return std::nullopt;
  }

  static std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned value = 0;
      if (text[i] == '%' && i + 2 < text.size() &&
          std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
        out += static_cast<char>(value);
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  }
};

// One accepted connection, used by its own thread only. After the peer has gone, or the server stops, sends
// do nothing and reads find the end.
class Connection {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Connection(int fd, int stop_fd, SSL_CTX* tls) : fd_(fd), stop_fd_(stop_fd) {
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    SSL_set_accept_state(ssl_);
  }
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // A whole response. Content-Length is added where neither it nor Transfer-Encoding is among the headers.
  // The answer to HEAD goes without its body. "Connection: close" among the headers closes afterwards.
  void respond(int status, const Fields& headers = {}, std::string_view body = "") {
    std::string head = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    bool framed = status < 200 || status == 204 || status == 304;
    for (const auto& [name, value] : headers) {
      head += name + ": " + value + "\r\n";
      const bool length = ::strcasecmp(name.c_str(), "content-length") == 0;
      framed = framed || length || ::strcasecmp(name.c_str(), "transfer-encoding") == 0;
      if (::strcasecmp(name.c_str(), "connection") == 0 && value == "close") close_after_ = true;
    }
    if (!framed) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    head += "\r\n";
    if (!answering_head && body.size() < (64u << 10)) {
      head += body;
      send_raw(head);
    } else {
      send_raw(head);
      if (!answering_head) send_raw(body);
    }
  }

  void send_raw(std::string_view bytes) {
    while (!bytes.empty() && open()) {
      const ssize_t count = send_some(bytes);
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  // RST instead of FIN.
  void reset() {
    if (!open()) return;
    const struct linger hard = {1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    forget();
  }
  void close() {
    if (!open()) return;
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_) != 0) SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
    forget();
  }
  // TCP's end without TLS's: how a cut connection looks.
  void cut() { forget(); }

  // Returns early when the server stops.
  void stall(std::chrono::milliseconds time) {
    pollfd waiting{stop_fd_, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(time.count()));
  }
  bool stopped() {
    pollfd waiting{stop_fd_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }
  bool open() const { return fd_ >= 0; }
  bool close_after() const { return close_after_; }

  // Sends our end, reads and forgets what still comes until the peer ends too: the answer is sure to arrive.
  // Otherwise, where something was left unread, the kernel sends RST, which may overtake it.
  void linger() {
    if (open() && ssl_ == nullptr) ::shutdown(fd_, SHUT_WR);
    char ignored[16 << 10];
    while (read_some(ignored, sizeof ignored) > 0) {
    }
    close();
  }

  // At least one byte, or 0 at the end.
  std::size_t read_some(char* buffer, std::size_t size) {
    while (open()) {
      if (ssl_ != nullptr) {
        const int count = SSL_read(ssl_, buffer, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
        if (count > 0) return static_cast<std::size_t>(count);
        if (wait_for_tls(count)) continue;
        if (SSL_is_init_finished(ssl_) == 0) drain();  // or a reset overtakes the alert that says why
        return 0;
      }
      const ssize_t count = ::recv(fd_, buffer, size, 0);
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0 || (errno != EAGAIN && errno != EINTR)) return 0;
      if (!wait_for(POLLIN)) return 0;
    }
    return 0;
  }

  // Becomes a tunnel to a port of 127.0.0.1 until one side ends: what a proxy does after CONNECT. Plain
  // connections only.
  void tunnel(int port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(other, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
      ::fcntl(other, F_SETFL, O_NONBLOCK);
      Connection peer(other, stop_fd_, nullptr);
      pump(peer);
    } else {
      ::close(other);
    }
    close();
  }

  bool answering_head = false;  // set by the server: the answer has no body

 private:
  ssize_t send_some(std::string_view bytes) {
    if (ssl_ != nullptr) {
      const int count =
          SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
      if (count <= 0 && !wait_for_tls(count)) forget();
      return count;
    }
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0 || errno == EINTR) return count;
    if (errno != EAGAIN || !wait_for(POLLOUT)) forget();
    return count;
  }

  bool wait_for_tls(int result) {
    const int error = SSL_get_error(ssl_, result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ) return wait_for(POLLIN);
    if (error == SSL_ERROR_WANT_WRITE) return wait_for(POLLOUT);
    return false;
  }

  // False when the server stops.
  bool wait_for(short events) {
    pollfd waiting[] = {{fd_, events, 0}, {stop_fd_, POLLIN, 0}};
    while (::poll(waiting, 2, -1) < 0 && errno == EINTR) {
    }
    return waiting[1].revents == 0;
  }

  void drain() {
    ::shutdown(fd_, SHUT_WR);
    char ignored[16 << 10];
    while (wait_for(POLLIN) && ::recv(fd_, ignored, sizeof ignored, 0) > 0) {
    }
  }

  void pump(Connection& peer) {
    std::string buffer(64 << 10, '\0');
    pollfd waiting[] = {{fd_, POLLIN, 0}, {peer.fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    while (open() && peer.open() && ::poll(waiting, 3, -1) > 0 && waiting[2].revents == 0) {
      for (int side = 0; side < 2; ++side) {
        if (waiting[side].revents == 0) continue;
        Connection& from = side == 0 ? *this : peer;
        const std::size_t count = from.read_some(buffer.data(), buffer.size());
        if (count == 0) return;
        (side == 0 ? peer : *this).send_raw(std::string_view(buffer).substr(0, count));
      }
    }
  }

  void forget() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  int fd_;
  int stop_fd_;
  SSL* ssl_ = nullptr;
  bool close_after_ = false;
};

}  // namespace ixian::testing
