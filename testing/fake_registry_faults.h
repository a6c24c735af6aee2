// Ways to misbehave, as faults for FakeRegistry::rule.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "testing/fake_registry.h"

namespace ixian::testing::faults {

// A whole answer, without doing what was asked.
inline Fault reply(int status, Connection::Fields headers = {}, std::string body = "") {
  return [=](Exchange& exchange) { exchange.send({status, headers, body}); };
}
inline Fault error(int status, const std::string& code) {
  return [=](Exchange& exchange) { exchange.send(error_reply(status, code)); };
}
inline Fault redirect(int status, const std::string& url) {
  return reply(status, {{"Location", url}});
}

// Does what was asked, and answers something else.
inline Fault done_but(int status) {
  return [=](Exchange& exchange) {
    exchange.serve_it();
    exchange.send({status, {}, ""});
  };
}
inline Fault done_but_reset() {
  return [](Exchange& exchange) {
    exchange.serve_it();
    exchange.connection.reset();
  };
}

// The good answer, altered; Content-Length fits what then is sent, unless the change sets one.
inline Fault alter(std::function<void(Reply&)> change) {
  return [change = std::move(change)](Exchange& exchange) {
    Reply reply = exchange.serve_it();
    change(reply);
    exchange.send(reply);
  };
}
inline Fault flip_bit(std::size_t at) {
  return alter([at](Reply& reply) {
    if (at < reply.body.size()) reply.body[at] = static_cast<char>(reply.body[at] ^ 1);
  });
}
inline Fault extra(const std::string& bytes) {
  return alter([bytes](Reply& reply) { reply.body += bytes; });
}
inline Fault shortened(std::size_t by) {
  return alter([by](Reply& reply) { reply.body.resize(reply.body.size() - by); });
}
inline Fault with_header(const std::string& name, std::optional<std::string> value) {
  return alter([=](Reply& reply) { reply.set(name, value); });
}

// 200 and everything, whatever Range was asked for.
inline Fault ignore_range() {
  return [](Exchange& exchange) {
    ServerRequest whole = exchange.request;
    std::erase_if(whole.headers,
                  [](const auto& field) { return ::strcasecmp(field.first.c_str(), "range") == 0; });
    exchange.send(exchange.serve(whole));
  };
}

inline Fault reset() {
  return [](Exchange& exchange) { exchange.connection.reset(); };
}
inline Fault close() {
  return [](Exchange& exchange) { exchange.connection.close(); };
}
inline Fault raw(std::string bytes) {
  return [bytes = std::move(bytes)](Exchange& exchange) {
    exchange.connection.send_raw(bytes);
    exchange.connection.close();
  };
}

// The good answer's head, then `bytes` of its body, then this.
inline Fault break_off(std::size_t bytes, std::function<void(Connection&)> end) {
  return [=](Exchange& exchange) {
    const Reply reply = exchange.serve_it();
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " OK\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    exchange.connection.send_raw(head + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n");
    exchange.connection.send_raw(reply.body.substr(0, bytes));
    if (exchange.connection.open()) end(exchange.connection);
  };
}
inline Fault reset_after(std::size_t bytes) {
  return break_off(bytes, [](Connection& connection) {
    connection.stall(std::chrono::milliseconds(20));  // or RST overtakes what was sent
    connection.reset();
  });
}
inline Fault close_after(std::size_t bytes) {
  return break_off(bytes, [](Connection& connection) { connection.close(); });
}
inline Fault cut_after(std::size_t bytes) {
  return break_off(bytes, [](Connection& connection) { connection.cut(); });
}
inline Fault stall_after(std::size_t bytes, std::chrono::milliseconds time = std::chrono::seconds(20)) {
  return break_off(bytes, [time](Connection& connection) {
    connection.stall(time);
    connection.close();
  });
}
inline Fault stall(std::chrono::milliseconds time = std::chrono::seconds(20)) {
  return [time](Exchange& exchange) {
    exchange.connection.stall(time);
    exchange.connection.close();
  };
}

// The body one byte at a time, slower than anybody should wait for.
inline Fault trickle(std::chrono::milliseconds pause) {
  return break_off(0, [pause](Connection& connection) {
    while (connection.open() && !connection.stopped()) {
      connection.send_raw("x");
      connection.stall(pause);
    }
  });
}

// Half of the body as a chunk that is never finished.
inline Fault unterminated_chunk() {
  return [](Exchange& exchange) {
    Reply reply = exchange.serve_it();
    std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    exchange.connection.send_raw(head + "\r\nfffff\r\n" + reply.body.substr(0, reply.body.size() / 2));
    exchange.connection.close();
  };
}

// `total` bytes of body, as long as somebody reads them; `sent` counts what went out.
inline Fault endless(const std::string& type, std::uint64_t total,
                     std::shared_ptr<std::atomic<std::uint64_t>> sent) {
  return [=](Exchange& exchange) {
    exchange.connection.send_raw("HTTP/1.1 200 OK\r\nContent-Type: " + type +
                                 "\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
    const std::string piece(64 << 10, ' ');
    for (std::uint64_t left = total;
         left > 0 && exchange.connection.open() && !exchange.connection.stopped();) {
      const std::uint64_t now = std::min<std::uint64_t>(left, piece.size());
      exchange.connection.send_raw(std::string_view(piece).substr(0, now));
      *sent += now;
      left -= now;
    }
  };
}

}  // namespace ixian::testing::faults
