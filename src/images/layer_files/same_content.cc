#include "layer_files/same_content.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "layer/confined.h"

namespace ixian::layer_files {
namespace {

constexpr std::size_t kCompareBuffer = 128 << 10;

std::size_t read_fully(int fd, char* data, std::size_t size, const std::string& path) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t count = ::read(fd, data + have, size - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) layer::file_error("read", path, errno);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  return have;
}

}  // namespace

bool same_content(const Tree& a, const Tree& b, const std::string& path, base::Cancellation& cancellation) {
  const files::UniqueFd one = a.open(path, O_RDONLY);
  const files::UniqueFd other = b.open(path, O_RDONLY);
  std::vector<char> first(kCompareBuffer);
  std::vector<char> second(kCompareBuffer);
  while (true) {
    cancellation.throw_if_requested();
    const std::size_t count = read_fully(one.get(), first.data(), first.size(), path);
    if (read_fully(other.get(), second.data(), second.size(), path) != count) return false;
    if (std::memcmp(first.data(), second.data(), count) != 0) return false;
    if (count < first.size()) return true;
  }
}

}  // namespace ixian::layer_files
