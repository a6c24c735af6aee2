// `_ixian.ConfigBase`: the attribute access of configuration objects.
#pragma once

#include <pybind11/pybind11.h>

namespace ixian::script {

// A Python type without state of its own, to be derived from. Reading an attribute that is a string (not of a
// class derived from str) renders its variables: a name is looked up at the root of the tree, then in the
// object that holds the string. A value that needs itself is a ConfigurationCycle that names the ring,
// whether it goes through strings or through properties.
pybind11::object make_config_base();

// CONFIG.format(): `names` go before the tree. `key` is what is being rendered, for messages; may be None.
pybind11::str render_config(pybind11::object config, pybind11::object key, pybind11::str text,
                            pybind11::dict names);

}  // namespace ixian::script
