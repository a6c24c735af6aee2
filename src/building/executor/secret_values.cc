// Secrets are checked before a build, which may take an hour to come to them, and read when a RUN first asks.
#include "executor/secret_values.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::executor {
namespace {

[[noreturn]] void fail_secret(const engine::SecretSource& source, const std::string& reason) {
  throw base::Error(base::ErrorCode::kUsage, fmt::format("cannot read secret {} from {}: {}", source.id,
                                                         base::printable_path(source.file), reason));
}

base::Secret read_file_of(const engine::SecretSource& source) {
  const files::UniqueFd file(::open(source.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) {
    fail_secret(source, errno == ENOENT ? "not found" : base::errno_text(errno));
  }
  std::string content;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer, sizeof(buffer))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_secret(source, base::errno_text(errno));
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > kLargestSecret) fail_secret(source, "larger than 500 KiB");
  }
  return base::Secret(std::move(content));
}

}  // namespace

void check_secret(const engine::SecretSource& source) {
  if (!source.environment.empty()) {
    if (::getenv(source.environment.c_str()) != nullptr) return;
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("cannot read secret {}: environment variable {} is not set", source.id,
                                  source.environment));
  }
  if (::access(source.file.c_str(), R_OK) == 0) return;
  fail_secret(source, errno == ENOENT ? "not found" : base::errno_text(errno));
}

base::Secret SecretValues::get(const engine::SecretSource& source) {
  if (!source.environment.empty()) {
    check_secret(source);
    return base::Secret(::getenv(source.environment.c_str()));
  }
  const std::lock_guard lock(mutex_);
  // Read once: a build sees one value, even if somebody rotates the file meanwhile.
  auto known = files_.find(source.file);
  if (known == files_.end()) known = files_.emplace(source.file, read_file_of(source)).first;
  return known->second;
}

}  // namespace ixian::executor
