# Every build goes through ccache where it is installed. Paths are taken relative to the checkout, so that another clone of the
# same sources finds what the first one compiled.
find_program(IXIAN_CCACHE ccache)
mark_as_advanced(IXIAN_CCACHE)
if(IXIAN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${IXIAN_CCACHE})
endif()
