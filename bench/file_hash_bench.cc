// file_hash_bench DIR [PATTERN...]: seconds for hashing DIR without a cache, with one just saved
// by another process (as the next run finds it), and again within the process.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/fs.h"
#include "task/file_hasher.h"

namespace {

double seconds_to_hash(ixian::task::FileHasher& hasher, const std::vector<std::string>& patterns) {
  const auto began = std::chrono::steady_clock::now();
  hasher.hash(patterns, false);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: file_hash_bench DIR [PATTERN...]\n");
    return 2;
  }
  const std::string root = ixian::base::absolute_path(arguments[1], ixian::base::current_directory());
  std::vector<std::string> patterns(arguments + 2, arguments + count);
  if (patterns.empty()) patterns = {"."};
  const std::string cache = fmt::format("/tmp/file_hash_bench.{}", ::getpid());
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  for (const char* label : {"cold", "warm"}) {
    ixian::task::FileHasher hasher(root, {}, cache, threads);
    const double first = seconds_to_hash(hasher, patterns);
    const ixian::task::FileCounts counts = hasher.counts();
    const double again = seconds_to_hash(hasher, patterns);
    fmt::print("{}: {} files, {} read, {:.1f} MB: {:.4f} s, again {:.4f} s\n", label, counts.looked_at,
               counts.read, static_cast<double>(counts.bytes_read) / 1e6, first, again);
  }
  ::unlink(cache.c_str());
}
