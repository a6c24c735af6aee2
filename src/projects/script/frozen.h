// The Python package `ixian`, compiled into the program by freeze.py.
#pragma once

#include <cstddef>
#include <span>

namespace ixian::script {

struct FrozenModule {
  const char* name;           // "ixian.config"
  const unsigned char* code;  // a marshalled code object of the Python that the program embeds
  std::size_t size;
  bool is_package;
};

std::span<const FrozenModule> frozen_modules();

}  // namespace ixian::script
