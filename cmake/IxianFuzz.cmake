# IXIAN_FUZZ makes libFuzzer programs of the targets in tests/fuzz; the preset fuzz sets it. Clang only.
option(IXIAN_FUZZ "Build the fuzz targets with libFuzzer" OFF)
if(IXIAN_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "IXIAN_FUZZ needs Clang; use cmake --preset fuzz.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
