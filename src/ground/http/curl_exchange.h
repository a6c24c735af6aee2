// One request and its answer over one CurlLine, driven by whoever waits for it.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "http/curl_failure.h"
#include "http/curl_request.h"
#include "http/head_parser.h"
#include "http/stall_detector.h"

namespace ixian::http {

// What the exchanges of a transport share; outlives them.
struct CurlShared {
  CurlShared(CurlOptions options_, base::Cancellation& cancellation_)
      : options(std::move(options_)), cancellation(cancellation_) {}

  const CurlOptions options;
  base::Cancellation& cancellation;
  TrustStores trust;
  ConnectionPool pool;
};

// Used by one thread at a time. Destroyed before its end, it closes the connection.
class CurlExchange {
 public:
  CurlExchange(std::shared_ptr<CurlShared> shared, std::unique_ptr<CurlLine> line, const Request& request,
               const Url& url);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  // Sends, until the final head is there and the body sent, or no longer wanted.
  ResponseHead wait_for_head();

  // As ByteSource::read, for the answer's body.
  std::size_t read(char* buffer, std::size_t size);

 private:
  void set_callbacks();
  void advance();
  void perform();
  void wait_since(std::chrono::steady_clock::time_point started);
  void unpause();
  bool sent() const { return to_send_ == 0; }
  bool head_suffices() const;
  std::string peer_address() const;
  std::uint64_t uploaded() const;
  std::uint64_t moved() const;
  bool answer_waits() const;
  bool body_complete();
  std::size_t take_spare(char* buffer, std::size_t size);
  void finish();
  void check_time() const;
  [[noreturn]] void fail();

  std::size_t on_header(std::string_view line);
  std::size_t on_body(const char* data, std::size_t size);
  std::size_t on_send(char* buffer, std::size_t size);
  std::size_t give(char* buffer, std::size_t size);
  void rewind(std::uint64_t offset);
  bool on_request();

  std::shared_ptr<CurlShared> shared_;
  Peer peer_;
  const bool repeatable_;
  const bool tls_;
  const bool has_body_;  // whether the answer may have one
  std::optional<std::chrono::milliseconds> time_limit_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  // What is sent.
  std::optional<RequestBody> request_body_;
  std::unique_ptr<base::ByteSource> source_;
  std::uint64_t source_start_ = 0;
  std::uint64_t to_send_ = 0;
  std::string held_back_;  // taken from the source while an answer came in
  bool send_paused_ = false;
  int times_requested_ = 0;

  // What came.
  HeadParser parser_;
  std::optional<std::uint64_t> length_;
  bool until_close_ = false;    // nothing but the connection's end says where the body ends
  std::uint64_t received_ = 0;  // of the body
  std::uint64_t head_bytes_ = 0;
  char* target_ = nullptr;  // where the reader wants it
  std::size_t target_left_ = 0;
  std::string spare_;  // what came beyond that
  std::size_t spare_start_ = 0;
  bool receive_paused_ = false;
  bool discarding_ = false;  // nobody reads any more

  bool done_ = false;
  CURLcode result_ = CURLE_OK;
  std::exception_ptr error_;  // thrown in a callback, which libcurl cannot pass on
  const std::chrono::seconds stall_time_;
  StallDetector stall_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HeaderLines header_lines_;
  std::unique_ptr<CurlLine> line_;  // the last member: libcurl may write to the others until it is gone
};

}  // namespace ixian::http
