// Whom an exchange is with, as sentences call them.
#pragma once

#include <string>

#include "http/message.h"
#include "http/url.h"

namespace ixian::http {

struct Peer {
  std::string name;   // "registry.example.com", or "socket /run/x.sock"
  std::string place;  // ":5000", or ""
  std::string authority;
  std::string host;

  Peer(const Url& url, const Request& request)
      : name(request.unix_socket.empty() ? url.host : "socket " + request.unix_socket),
        place(request.unix_socket.empty() ? ":" + std::to_string(url.port) : ""),
        authority(url.authority()),
        host(url.host) {}

  std::string text() const { return name + place; }
};

}  // namespace ixian::http
