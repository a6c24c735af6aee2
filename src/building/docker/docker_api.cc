// Plain HTTP over the daemon's socket: a request each, and for builds, pulls and pushes an answer that is a
// stream of JSON objects, a line each, as long as the work takes. Errors come in two ways, as a status before
// the stream and as a member "error" in it. No request is ever repeated: the daemon may have done what it was
// asked.
#include "docker/docker_api.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::docker {
namespace {

using base::Error;
using base::ErrorCode;

// What this file is written for; a daemon takes older versions than its own.
constexpr int kNewestMinor = 47;
constexpr int kOldestMinor = 24;
constexpr std::size_t kLargestMessage = 8 << 20;
// A build says nothing while a command does not.
constexpr std::chrono::hours kPatience{24 * 30};

http::CurlOptions curl_options(const DaemonAddress& address) {
  http::CurlOptions options;
  options.user_agent = "ix";
  options.stall_time = kPatience;
  options.tls = [tls = address.tls](std::string_view) { return tls; };
  return options;
}

http::ClientOptions client_options() {
  http::ClientOptions options;
  options.retries = 0;  // what a daemon was asked to do, it may have done
  options.redirects = 0;
  return options;
}

std::string path_of_image(const std::string& name, std::string_view rest) {
  return "/images/" + http::url_encode(name, true) + std::string(rest);
}

// "{"message": "…"}" of an answer.
std::string message_in(const std::string& body) {
  try {
    const base::Json json = base::parse_json(body, kLargestMessage, 16);
    if (json.is_object() && json.contains("message") && json.at("message").is_string())
      return json.at("message").get<std::string>();
  } catch (const std::invalid_argument&) {
  }
  return std::string(base::trim(body));
}

Error closed_early(const DaemonAddress& address, const Error& error) {
  return {
      ErrorCode::kTaskFailed,
      fmt::format("connection to the Docker daemon at {} closed early: {}", address.text, error.message()),
      error.context()};
}

}  // namespace

void for_each_message(base::ByteSource& stream, const OnMessage& on_message) {
  std::string text;
  const auto take = [&](std::string_view line) {
    line = base::trim(line);
    if (line.empty()) return;
    base::Json message;
    try {
      message = base::parse_json(line, kLargestMessage, 32);
    } catch (const std::invalid_argument&) {
      throw Error(ErrorCode::kTaskFailed, "the Docker daemon sent an invalid answer",
                  std::string(line.substr(0, 500)));
    }
    if (message.is_object()) on_message(message);
  };
  std::vector<char> buffer(64 << 10);
  while (const std::size_t count = stream.read(buffer.data(), buffer.size())) {
    text.append(buffer.data(), count);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(std::string_view(text).substr(begin, end - begin));
    // What is left is the beginning of the next message.
    text.erase(0, begin);
    if (text.size() > kLargestMessage)
      throw Error(ErrorCode::kTaskFailed, "the Docker daemon sent an invalid answer");
  }
  take(text);
}

DockerApi::DockerApi(DaemonAddress address, base::Cancellation& cancellation)
    : address_(std::move(address)),
      transport_(curl_options(address_), cancellation),
      client_(transport_, clock_, cancellation, client_options()) {}

http::Response DockerApi::send(const http::Request& request) {
  try {
    return client_.send(request);
  } catch (const http::TransportError& error) {
    const std::string& socket = address_.unix_socket;
    // libcurl says only that it could not connect; most often it is this.
    if (!socket.empty() && ::access(socket.c_str(), F_OK) == 0 &&
        ::access(socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("permission denied: cannot use the Docker daemon's socket {}\nhint: join its "
                              "group (`usermod -aG docker USER`, then log in again){}",
                              socket, address_.instead),
                  "note: " + error.message());
    }
    if (error.failure == http::TransportFailure::kConnect ||
        error.failure == http::TransportFailure::kResolve ||
        error.failure == http::TransportFailure::kResolver) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("no Docker daemon at {}\nhint: start it (`systemctl start docker`), name "
                              "another one in DOCKER_HOST{}",
                              address_.text, address_.instead),
                  "note: " + error.message());
    }
    throw closed_early(address_, error);
  }
}

// The newest version that both know.
std::string DockerApi::version() {
  const std::lock_guard lock(mutex_);
  if (!version_.empty()) return version_;
  http::Request ping;
  ping.url = address_.url + "/_ping";
  ping.unix_socket = address_.unix_socket;
  http::Response response = send(ping);
  const std::string theirs(response.head.headers.find("Api-Version").value_or(""));
  // To its end, so that the connection can be used again.
  static_cast<void>(response.text());
  int minor = 0;
  if (!response.head.ok() || !theirs.starts_with("1.") ||
      theirs.find_first_not_of("0123456789", 2) != std::string::npos || theirs.size() < 3 ||
      theirs.size() > 6 || (minor = std::stoi(theirs.substr(2))) < kOldestMinor) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("not a Docker daemon that ix can use: {} ({})", address_.text,
                            theirs.empty() ? fmt::format("status {}", response.head.status)
                                           : "API version " + theirs));
  }
  version_ = fmt::format("v1.{}", std::min(minor, kNewestMinor));
  return version_;
}

http::Request DockerApi::request(const std::string& method, const std::string& path,
                                 const Parameters& parameters) {
  http::Request request;
  request.method = method;
  request.url = address_.url + "/" + version() + path;
  for (const auto& [name, value] : parameters) request.url = http::with_query(request.url, name, value);
  request.unix_socket = address_.unix_socket;
  request.repeatable = false;
  return request;
}

http::Response DockerApi::expect_ok(http::Response response, const std::string& what) {
  if (response.head.ok()) return response;
  throw Error(ErrorCode::kTaskFailed,
              fmt::format("the Docker daemon cannot {}: {}", what, message_in(response.text())));
}

void DockerApi::read_messages(http::Response response, const std::string& what, const OnMessage& on_message) {
  const http::Response ok = expect_ok(std::move(response), what);
  std::string failure;
  try {
    for_each_message(*ok.body, [&](const base::Json& message) {
      // The status was sent before the work began, and says 200.
      if (message.contains("error") && message.at("error").is_string())
        failure = message.at("error").get<std::string>();
      on_message(message);
    });
  } catch (const http::TransportError& error) {
    throw closed_early(address_, error);
  }
  if (!failure.empty())
    throw Error(ErrorCode::kTaskFailed, fmt::format("the Docker daemon cannot {}: {}", what, failure));
}

std::optional<base::Json> DockerApi::inspect_image(const std::string& name) {
  http::Response response = send(request("GET", path_of_image(name, "/json")));
  if (response.head.status == 404) return std::nullopt;
  response = expect_ok(std::move(response), "describe the image " + name);
  return base::parse_json(base::read_all(*response.body, kLargestMessage, "description of " + name));
}

bool DockerApi::volume_exists(const std::string& name) {
  http::Response response = send(request("GET", "/volumes/" + http::url_encode(name)));
  if (response.head.status == 404) return false;
  expect_ok(std::move(response), "describe the volume " + name);
  return true;
}

void DockerApi::build(const Parameters& parameters, http::RequestBody context, const OnMessage& on_message) {
  http::Request build = request("POST", "/build", parameters);
  build.headers.add("Content-Type", "application/x-tar");
  build.body = std::move(context);
  const http::Response response = expect_ok(send(build), "start the build");
  try {
    for_each_message(*response.body, on_message);
  } catch (const http::TransportError& error) {
    throw closed_early(address_, error);
  }
}

void DockerApi::pull(const std::string& repository, const std::string& identifier,
                     const std::string& platform, const base::Secret& auth, const OnMessage& on_message) {
  Parameters parameters = {{"fromImage", repository}, {"tag", identifier}};
  if (!platform.empty()) parameters.emplace_back("platform", platform);
  http::Request pull = request("POST", "/images/create", parameters);
  pull.secret_headers.emplace_back("X-Registry-Auth", auth);
  read_messages(send(pull), fmt::format("pull {}:{}", repository, identifier), on_message);
}

void DockerApi::push(const std::string& repository, const std::string& tag, const base::Secret& auth,
                     const OnMessage& on_message) {
  http::Request push = request("POST", path_of_image(repository, "/push"), {{"tag", tag}});
  push.secret_headers.emplace_back("X-Registry-Auth", auth);
  read_messages(send(push), fmt::format("push {}:{}", repository, tag), on_message);
}

void DockerApi::tag(const std::string& image, const std::string& repository, const std::string& tag) {
  const http::Response response =
      send(request("POST", path_of_image(image, "/tag"), {{"repo", repository}, {"tag", tag}}));
  if (response.head.ok()) return;
  throw Error(ErrorCode::kTaskFailed,
              fmt::format("the Docker daemon cannot tag {} as {}:{}", image, repository, tag));
}

void DockerApi::load(http::RequestBody archive, const OnMessage& on_message) {
  http::Request load = request("POST", "/images/load", {{"quiet", "1"}});
  load.headers.add("Content-Type", "application/x-tar");
  load.body = std::move(archive);
  read_messages(send(load), "load the image", on_message);
}

std::unique_ptr<base::ByteSource> DockerApi::save(const std::string& image) {
  return expect_ok(send(request("GET", path_of_image(image, "/get"))), "export the image " + image).body;
}

bool DockerApi::remove(const std::string& name) {
  http::Response response = send(request("DELETE", path_of_image(name, "")));
  if (response.head.status == 404) return false;
  expect_ok(std::move(response), "remove the image " + name);
  return true;
}

}  // namespace ixian::docker
