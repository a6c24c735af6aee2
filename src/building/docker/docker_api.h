// The Docker Engine's API, as far as images need it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "docker/daemon_address.h"
#include "docker/login.h"
#include "http/client.h"
#include "http/curl_transport.h"

namespace ixian::docker {

// One message of a stream of them.
using OnMessage = std::function<void(const base::Json& message)>;

// Everything waits for the daemon, and throws Error{kTaskFailed}: with what to do, where none answers; with
// what it says, where it refuses. A request that `cancellation` stops throws Cancelled and closes the
// connection, by which the daemon stops what it does for it. Thread-safe.
class DockerApi {
 public:
  // Asks nobody yet. `cancellation` outlives it.
  DockerApi(DaemonAddress address, base::Cancellation& cancellation);

  // A daemon answers when this returns.
  void require() { static_cast<void>(version()); }

  // The image's own description (GET /images/NAME/json); nullopt where there is none.
  std::optional<base::Json> inspect_image(const std::string& name);

  bool volume_exists(const std::string& name);

  using Parameters = std::vector<std::pair<std::string, std::string>>;

  // POST /build. `context` is a tar archive.
  void build(const Parameters& parameters, http::RequestBody context, const OnMessage& on_message);

  // Pulls `repository` (host/path) with the tag or digest. A message that says it failed is thrown.
  void pull(const std::string& repository, const std::string& identifier, const std::string& platform,
            const base::Secret& auth, const OnMessage& on_message);
  void push(const std::string& repository, const std::string& tag, const base::Secret& auth,
            const OnMessage& on_message);

  void tag(const std::string& image, const std::string& repository, const std::string& tag);

  // A docker archive in, and out.
  void load(http::RequestBody archive, const OnMessage& on_message);
  std::unique_ptr<base::ByteSource> save(const std::string& image);

  // False where there is no such image.
  bool remove(const std::string& name);

 private:
  http::Request request(const std::string& method, const std::string& path,
                        const Parameters& parameters = {});
  http::Response send(const http::Request& request);
  // Throws what a daemon that refused has said.
  http::Response expect_ok(http::Response response, const std::string& what);
  void read_messages(http::Response response, const std::string& what, const OnMessage& on_message);
  std::string version();

  const DaemonAddress address_;
  base::SystemClock clock_;
  http::CurlTransport transport_;
  http::Client client_;
  // Guards `version_`.
  std::mutex mutex_;
  std::string version_;  // "v1.41", once it has been asked for
};

// Calls back for each JSON document of a stream, one a line. Throws Error{kTaskFailed} for what is none.
void for_each_message(base::ByteSource& stream, const OnMessage& on_message);

}  // namespace ixian::docker
