// Downloads that get over broken connections.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_source.h"
#include "oci/descriptor.h"
#include "registry/host_client.h"

namespace ixian::registry {

// A blob's bytes from an offset on. What breaks off is taken up where it broke (RFC 9110 section 14), a few
// times without progress at most; a registry that does not know ranges costs what was read before once more.
// Ends after exactly the bytes that the descriptor promises, or throws: what the registry sends instead of
// the blob is never given away as the blob. Does not hash.
// For one reader on one thread; the host outlives it.
class BlobReader : public base::ByteSource {
 public:
  // Sends the first request. `host` outlives this.
  BlobReader(HostClient& host, Operation work, std::string repository, oci::Descriptor blob,
             std::uint64_t offset);

  std::size_t read(char* buffer, std::size_t size) override;

 private:
  void open();
  http::Response send(const http::Request& request);
  void check_head(const http::Response& response) const;
  void skip(http::Response& response, std::uint64_t count);
  void broken(const std::string& sentence, const std::string& context);
  void finish();

  HostClient& host_;
  const Operation work_;
  const std::string repository_;
  const oci::Descriptor blob_;
  std::uint64_t at_;
  std::optional<http::Response> response_;
  int failures_ = 0;               // since the last real progress
  std::uint64_t progress_at_ = 0;  // where that was
};

}  // namespace ixian::registry
