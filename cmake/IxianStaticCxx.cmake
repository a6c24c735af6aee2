# Libraries in C++ become part of ix, the standard library among them: to find their thousands of symbols takes the dynamic loader a
# fifth of the time that ix needs to start. C libraries stay shared, so that a distribution's updates of OpenSSL and its like reach ix.
#
# utf8proc, whose code never changes and whose tables do with Unicode, is the exception.
#
# Sets ixian_fmt, ixian_yaml, ixian_pugixml and ixian_utf8proc, the targets or files to link, and ixian_static_cxx, what to tell the
# linker.
option(IXIAN_STATIC_CXX "Make the C++ libraries part of ix, where their static ones are installed" ON)

set(ixian_fmt fmt::fmt)
set(ixian_yaml yaml-cpp)
set(ixian_pugixml pugixml::pugixml)
set(ixian_utf8proc utf8proc)
set(ixian_static_cxx "")
find_library(IXIAN_UTF8PROC_ARCHIVE libutf8proc.a)
if(IXIAN_STATIC_CXX AND IXIAN_UTF8PROC_ARCHIVE)
  set(ixian_utf8proc ${IXIAN_UTF8PROC_ARCHIVE})
endif()
if(IXIAN_STATIC_CXX AND NOT IXIAN_SANITIZE)
  find_library(IXIAN_YAML_ARCHIVE libyaml-cpp.a)
  find_library(IXIAN_PUGIXML_ARCHIVE libpugixml.a)
  if(IXIAN_YAML_ARCHIVE AND IXIAN_PUGIXML_ARCHIVE)
    set(ixian_fmt fmt::fmt-header-only)
    set(ixian_yaml ${IXIAN_YAML_ARCHIVE})
    set(ixian_pugixml ${IXIAN_PUGIXML_ARCHIVE})
    set(ixian_static_cxx -static-libstdc++)
  endif()
endif()
