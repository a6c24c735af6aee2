# ixian_library(NAME [LINKS target...] [TEST_LINKS target...] [SOURCES generated...])
#
# One folder is one library `ixian_NAME`, made of every .cc beside the caller's CMakeLists.txt. Files that end in
# _test.cc become the test program NAME_test, registered with CTest, one CTest test a program.
function(ixian_library name)
  cmake_parse_arguments(arg "" "" "LINKS;TEST_LINKS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  add_library(ixian_${name} STATIC ${sources} ${arg_SOURCES})
  target_include_directories(ixian_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(ixian_${name} PUBLIC ${arg_LINKS} PRIVATE ixian_warnings)

  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name}_test PRIVATE ixian_${name} ${arg_TEST_LINKS} ixian_warnings
                          GTest::gtest GTest::gmock GTest::gtest_main)
    # What is tested is as optimised as it ships; compiling the tests themselves that well takes longer than running them.
    target_compile_options(${name}_test PRIVATE -O0)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit)
  endif()
endfunction()
