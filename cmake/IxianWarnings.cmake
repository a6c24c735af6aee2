# Warnings that fail the build, for our code only. Clang builds the fuzz targets, and may warn of other things.
add_library(ixian_warnings INTERFACE)
target_compile_options(ixian_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wimplicit-fallthrough $<$<NOT:$<BOOL:${IXIAN_FUZZ}>>:-Werror>
  # Where files are joined, what a .cc keeps to itself looks as if a header had it.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>
  # GCC 12 sees overlapping copies in std::string's operator+ that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
