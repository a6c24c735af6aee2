// A registry in this process that can be told to misbehave: the distribution protocol, credentials, and rules
// that replace or spoil its answers.
#pragma once

#include <climits>
#include <functional>
#include <memory>
#include <mutex>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "testing/fake_registry_auth.h"
#include "testing/fake_registry_protocol.h"
#include "testing/http_server.h"

namespace ixian::testing {

// One request that a fault may answer as it likes.
struct Exchange {
  const ServerRequest& request;
  Connection& connection;
  std::function<Reply(const ServerRequest&)> serve;  // what a good registry does and answers

  Reply serve_it() const { return serve(request); }
  void send(const Reply& reply) const { connection.respond(reply.status, reply.headers, reply.body); }
};

using Fault = std::function<void(Exchange&)>;

// When a fault strikes: the first time and the last, counted among the requests that match, 1 is the first.
struct Times {
  int first = 1;
  int last = INT_MAX;
};
inline constexpr Times kAlways{};
inline constexpr Times kOnce{1, 1};
inline constexpr Times from(int first) {
  return {first, INT_MAX};
}
inline constexpr Times only(int nth) {
  return {nth, nth};
}

struct FakeRegistryOptions {
  FakeRegistryAuth auth;
  FakeRegistryQuirks quirks;
  std::string certificate;  // PEM files: TLS
  std::string key;
  std::string public_name;  // "registry.example.com": what clients call it, with https, by FakeDns
};

class FakeRegistry {
 public:
  explicit FakeRegistry(FakeRegistryOptions options = {})
      : store_(options.quirks),
        gate_(options.auth),
        name_(options.public_name),
        tls_(!options.certificate.empty()),
        server_(std::make_unique<HttpServer>([this](const ServerRequest& r, Connection& c) { handle(r, c); },
                                             server_options(options))) {}
  ~FakeRegistry() { server_->stop(); }

  // Requests whose method and target match these regular expressions (searched, not matched whole) get the
  // fault instead of an answer. Only what has passed the credentials counts. The first rule that strikes
  // wins. Set up before the client runs.
  void rule(const std::string& method, const std::string& target, Fault fault, Times times = kAlways) {
    std::lock_guard lock(mutex_);
    rules_.push_back(Rule{std::regex(method), std::regex(target), times, std::move(fault), false});
  }
  // The same before the request's body is read; the connection is closed afterwards.
  void early_rule(const std::string& method, const std::string& target, Fault fault, Times times = kAlways) {
    std::lock_guard lock(mutex_);
    rules_.push_back(Rule{std::regex(method), std::regex(target), times, std::move(fault), true});
  }

  FakeRegistryProtocol& store() { return store_; }
  FakeGatekeeper& gate() { return gate_; }
  const FakeGatekeeper& gate() const { return gate_; }
  HttpServer& server() { return *server_; }

  int port() const { return server_->port(); }
  bool public_name() const { return !name_.empty(); }
  std::string host() const { return name_.empty() ? server_->authority() : name_; }
  std::string origin() const { return (tls_ || public_name() ? "https://" : "http://") + host(); }

  std::vector<ServerRequest> requests(const std::string& method = ".",
                                      const std::string& target = ".") const {
    std::vector<ServerRequest> found;
    for (ServerRequest& each : server_->requests()) {
      if (std::regex_search(each.method, std::regex(method)) &&
          std::regex_search(each.target, std::regex(target))) {
        found.push_back(std::move(each));
      }
    }
    return found;
  }
  std::size_t count(const std::string& method, const std::string& target = ".") const {
    return requests(method, target).size();
  }

 private:
  struct Rule {
    std::regex method;
    std::regex target;
    Times times;
    Fault fault;
    bool early;
    int seen = 0;
  };

  HttpServerOptions server_options(const FakeRegistryOptions& options) {
    HttpServerOptions made;
    made.certificate = options.certificate;
    made.key = options.key;
    made.before_body = [this](const ServerRequest& request, Connection& connection) {
      Fault fault = find_fault(request, true);
      if (!fault) return false;
      Exchange exchange{request, connection, [this](const ServerRequest& r) { return answer(r); }};
      fault(exchange);
      return true;
    };
    return made;
  }

  void handle(const ServerRequest& request, Connection& connection) {
    Exchange exchange{request, connection, [this](const ServerRequest& r) { return answer(r); }};
    const bool token = request.path == "/token";
    if (auto refusal = token ? std::nullopt : gate_.refuse(request, origin())) return exchange.send(*refusal);
    if (Fault fault = find_fault(request, false)) return fault(exchange);
    exchange.send(answer(request));
  }

  Reply answer(const ServerRequest& request) {
    return request.path == "/token" ? gate_.issue(request) : store_.answer(request);
  }

  Fault find_fault(const ServerRequest& request, bool early) {
    std::lock_guard lock(mutex_);
    for (Rule& rule : rules_) {
      if (rule.early != early || !std::regex_search(request.method, rule.method)) continue;
      if (!std::regex_search(request.target, rule.target)) continue;
      ++rule.seen;
      if (rule.seen >= rule.times.first && rule.seen <= rule.times.last) return rule.fault;
    }
    return nullptr;
  }

  FakeRegistryProtocol store_;
  FakeGatekeeper gate_;
  std::string name_;
  bool tls_;
  std::mutex mutex_;
  std::vector<Rule> rules_;
  std::unique_ptr<HttpServer> server_;
};

// Any other server: notes what it is asked and answers every request alike.
class ForeignServer {
 public:
  explicit ForeignServer(Reply reply = {}) : reply_(std::move(reply)) {}

  std::string url(const std::string& path = "/") const { return server_.url(path); }
  int port() const { return server_.port(); }
  std::vector<ServerRequest> requests() const { return server_.requests(); }

 private:
  Reply reply_;
  HttpServer server_{[this](const ServerRequest&, Connection& connection) {
    connection.respond(reply_.status, reply_.headers, reply_.body);
  }};
};

}  // namespace ixian::testing
