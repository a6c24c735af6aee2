// HTTP without a network: a function that answers.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "http/transport.h"

namespace ixian::testing {

// A request as it was sent, with its body read.
struct SentRequest {
  http::Request request;
  std::string body;

  const std::string& method() const { return request.method; }
  const std::string& url() const { return request.url; }

  // Of the headers or the secret headers; "" where it has none of that name.
  std::string header(std::string_view name) const {
    if (const auto value = request.headers.find(name)) return std::string(*value);
    for (const auto& [key, secret] : request.secret_headers) {
      if (key == name) return secret.reveal();
    }
    return "";
  }

  // Whose key signed it; "" where nobody did.
  std::string signed_by() const {
    return request.aws_signature ? request.aws_signature->access_key_id.reveal() : "";
  }
};

struct FakeAnswer {
  int status = 200;
  std::string body;
  http::Headers headers;
};

// Calls the function, one request at a time, and keeps what was sent. The function may throw TransportError.
class FakeTransport : public http::HttpTransport {
 public:
  using Answer = std::function<FakeAnswer(const SentRequest& sent)>;

  explicit FakeTransport(Answer answer) : answer_(std::move(answer)) {}

  http::Response send(const http::Request& request) override {
    const std::lock_guard lock(mutex_);
    SentRequest sent{request, ""};
    if (request.body) sent.body = base::read_all(*request.body->open(0), 1 << 20, "A test's request");
    sent_.push_back(sent);
    FakeAnswer answer = answer_(sent);
    http::Response response;
    response.head.status = answer.status;
    response.head.headers = std::move(answer.headers);
    response.head.url = request.url;
    response.body = std::make_unique<Body>(std::move(answer.body));
    return response;
  }

  std::vector<SentRequest> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  class Body : public base::ByteSource {
   public:
    explicit Body(std::string text) : text_(std::move(text)), source_(text_) {}
    std::size_t read(char* buffer, std::size_t size) override { return source_.read(buffer, size); }

   private:
    const std::string text_;
    base::TextSource source_;
  };

  Answer answer_;
  std::mutex mutex_;
  std::vector<SentRequest> sent_;
};

}  // namespace ixian::testing
