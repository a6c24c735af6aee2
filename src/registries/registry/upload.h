// Uploads of blobs (distribution specification, "Pushing blobs").
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_source.h"
#include "oci/descriptor.h"
#include "registry/host_client.h"

namespace ixian::registry {

// One blob on its way into one repository. Used once, by one thread.
class Upload {
 public:
  // `session` is an upload location that a refused mount has left, "" is none. `host` outlives this.
  Upload(HostClient& host, Operation work, std::string repository, oci::Descriptor blob, std::string session,
         std::optional<std::chrono::milliseconds> patience = std::nullopt);

  // Returns when the registry has acknowledged the blob. Throws failure(work, …), Cancelled, and what
  // `open`'s sources throw.
  void run(const base::OpenSource& open);

 private:
  enum class Next { kDone, kGoOn };

  void start();
  Next put_whole(const base::OpenSource& open);
  Next patch_rest(const base::OpenSource& open);
  Next close();
  Next judge_closing(http::Response& response);
  void judge_refusal(const http::ResponseHead& head, std::string_view body);
  void again(const std::string& sentence, std::optional<std::chrono::milliseconds> pause = std::nullopt);
  bool find_out_where();
  bool is_there();
  void restart();
  void move_to(const http::Response& response);
  void confirm(std::uint64_t bytes);
  void take_least_chunk(const http::ResponseHead& head);
  http::Response send(http::Request request);
  void give_up() noexcept;

  HostClient& host_;
  const Operation work_;
  const std::string repository_;
  const oci::Descriptor blob_;
  std::string location_;                        // of the session, absolute; "" is none yet
  http::Reach reach_ = http::Reach::kAnywhere;  // of `location_`
  std::uint64_t confirmed_ = 0;                 // bytes that the registry has acknowledged in this session
  std::uint64_t farthest_ = 0;                  // in any session
  std::uint64_t least_chunk_ = 0;               // that the registry takes
  std::uint64_t chunk_ = 0;                     // 0: everything in one request
  bool in_chunks_ = false;                      // PATCH and a closing PUT, not one PUT
  const std::optional<std::chrono::milliseconds> patience_;
  http::Tries tries_;      // since the last progress
  int sessions_lost_ = 0;  // since then
};

}  // namespace ixian::registry
