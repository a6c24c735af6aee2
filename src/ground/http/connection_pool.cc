// Connections are kept ourselves and not by libcurl, whose cache belongs to one multi handle and so to one
// thread at a time. A line here is an easy handle, its multi handle and at most the one connection in it; it
// is in use by one exchange, or idle by a key of all that must agree: who is asked, over which socket, with
// or without a proxy, and which addresses were allowed. What turns out to have been closed meanwhile libcurl
// replaces by itself.
#include "http/connection_pool.h"

#include <poll.h>

#include <new>

namespace ixian::http {
namespace {

constexpr std::size_t kMostIdle = 64;

curl_socket_t socket_of(const CurlLine& line) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(line.easy.get(), CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK) return CURL_SOCKET_BAD;
  return socket;
}

// Nothing may have come since the last answer was complete: its bytes would be taken for the next answer.
// HTTP/2 says itself what belongs to what.
bool quiet(const CurlLine& line) {
  const curl_socket_t socket = socket_of(line);
  if (socket == CURL_SOCKET_BAD) return false;
  pollfd waiting{socket, POLLIN, 0};
  return line.multiplexed || ::poll(&waiting, 1, 0) == 0;
}

}  // namespace

CurlLine::CurlLine() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  multi.reset(curl_multi_init());
  easy.reset(curl_easy_init());
  if (once != CURLE_OK || !multi || !easy) throw std::bad_alloc();
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 2L);
}

std::unique_ptr<CurlLine> ConnectionPool::take(const std::string& key) {
  // Closing says goodbye over TLS, which takes time.
  std::list<std::unique_ptr<CurlLine>> closing;  // outside of the lock
  std::lock_guard lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    const auto next = std::next(it);
    if ((*it)->key == key) {
      closing.splice(closing.begin(), idle_, it);
      if (quiet(*closing.front())) {
        std::unique_ptr<CurlLine> found = std::move(closing.front());
        closing.pop_front();
        curl_multi_remove_handle(found->multi.get(), found->easy.get());
        curl_easy_reset(found->easy.get());
        return found;
      }
    }
    it = next;
  }
  return nullptr;
}

void ConnectionPool::give_back(std::unique_ptr<CurlLine> line) {
  if (socket_of(*line) == CURL_SOCKET_BAD) return;
  std::list<std::unique_ptr<CurlLine>> closing;
  std::lock_guard lock(mutex_);
  idle_.push_front(std::move(line));
  if (idle_.size() > kMostIdle) closing.splice(closing.begin(), idle_, std::prev(idle_.end()));
}

}  // namespace ixian::http
