// Python as a project's file, without the file: for tests of what the program reads from CONFIG.
#pragma once

#include <pybind11/embed.h>

#include <map>
#include <memory>
#include <string>

#include "auth/providers.h"
#include "base/clock.h"
#include "http/client.h"
#include "script/errors.h"
#include "script/interpreter.h"
#include "script/session.h"
#include "secrets/resolver.h"
#include "testing/recording_sink.h"

namespace ixian::testing {

// Nobody is there.
class NoNetwork : public http::HttpTransport {
 public:
  http::Response send(const http::Request& request) override {
    throw http::TransportError(http::TransportFailure::kConnect, "Nobody answers at " + request.url + ".");
  }
};

// One interpreter serves all of a program's tests; each project starts with the Docker module's defaults.
class PythonProject {
 public:
  PythonProject() {
    if (!script::python_started()) script::start_python({});
    auto session = std::make_unique<script::Session>(sink, cancellation);
    session->folder = "/project";
    script::set_session(std::move(session));
    run("from ixian.config import CONFIG, Config\n"
        "from ixian_docker.modules.docker.utils.client import *\n"
        "from ixian_docker.modules.docker.utils.client import UnknownRegistry\n"
        "CONFIG.__dict__.pop('DOCKER', None)\n"
        "asked = 0\n");
  }

  // As if it stood in ixian.py from line 1 on.
  void run(const std::string& code) {
    script::call_python([&] {
      pybind11::object compiled =
          pybind11::module_::import("builtins").attr("compile")(code, "/project/ixian.py", "exec");
      pybind11::module_::import("builtins")
          .attr("exec")(compiled, pybind11::module_::import("__main__").attr("__dict__"));
    });
  }

  std::string value(const std::string& expression) {
    return script::call_python([&] { return pybind11::str(pybind11::eval(expression)).cast<std::string>(); });
  }

  RecordingSink sink;
  base::Cancellation cancellation;
  std::map<std::string, std::string> environment;
  NoNetwork network;
  base::SystemClock clock;
  http::Client client{network, clock, cancellation};
  const aws::Environment machine{[this](const std::string& name) {
                                   const auto found = environment.find(name);
                                   return found == environment.end() ? std::nullopt
                                                                     : std::optional(found->second);
                                 },
                                 "/nowhere"};
  secrets::SecretResolver secrets{client, cancellation, machine};
  const auth::Services services{client, secrets, cancellation, machine};
};

}  // namespace ixian::testing
