// The cache of SSO logins, shared with all tools of AWS: JSON in a file that is named after the session or
// start URL. What we do not know in it stays. It is replaced as a whole, since others may be reading.
#include "aws_credentials/sso_cache.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "files/fs.h"

namespace ixian::aws_credentials {
namespace {

// The AWS CLI names its files by it; nothing rests on its strength.
std::string sha1_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) {
    throw base::Error(base::ErrorCode::kRegistry,
                      "this system's OpenSSL does not allow SHA-1, which names AWS logins\nhint: use "
                      "credentials of another kind");
  }
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string iso_text(aws::Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

bool write_all(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string sso_cache_path(const aws::Environment& environment, const std::string& session_or_start_url) {
  return environment.home + "/.aws/sso/cache/" + sha1_hex(session_or_start_url) + ".json";
}

bool SsoToken::renewable(aws::Time now) const {
  return !refresh_token.empty() && !client_id.empty() && !client_secret.empty() && registration_expires > now;
}

SsoToken parse_sso_token(const std::string& json) {
  SsoToken token;
  try {
    token.file = base::parse_json(json, 1 << 20, 32);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("not JSON");  // the reason might quote the token
  }
  if (!token.file.is_object()) throw std::invalid_argument("not a JSON object");
  token.access_token = base::Secret(text_member(token.file, "accessToken"));
  if (token.access_token.empty()) throw std::invalid_argument("no accessToken");
  if (!token.file.contains("expiresAt")) throw std::invalid_argument("no expiresAt");
  token.expires = aws::parse_time(token.file["expiresAt"]);
  token.refresh_token = base::Secret(text_member(token.file, "refreshToken"));
  token.client_id = text_member(token.file, "clientId");
  token.client_secret = base::Secret(text_member(token.file, "clientSecret"));
  if (token.file.contains("registrationExpiresAt")) {
    token.registration_expires = aws::parse_time(token.file["registrationExpiresAt"]);
  }
  return token;
}

bool save_sso_token(const std::string& path, const SsoToken& token) {
  base::Json file = token.file;
  file["accessToken"] = token.access_token.reveal();
  file["expiresAt"] = iso_text(token.expires);
  if (!token.refresh_token.empty()) file["refreshToken"] = token.refresh_token.reveal();

  std::string temporary = path + ".XXXXXX";
  const files::UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!fd.valid()) return false;
  const bool saved = write_all(fd.get(), file.dump()) && ::fsync(fd.get()) == 0 &&
                     std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!saved) ::unlink(temporary.c_str());
  return saved;
}

}  // namespace ixian::aws_credentials
