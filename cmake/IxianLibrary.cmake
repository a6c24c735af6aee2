# ixian_library(NAME [LINKS target...] [TEST_LINKS target...] [SOURCES generated...] [TESTS_APART])
#
# One folder is one library `ixian_NAME`, made of every .cc beside the caller's CMakeLists.txt; its headers are included from the
# district that the folder lies in, as "NAME/file.h". Files that end in
# _test.cc become the test program NAME_test, registered with CTest, one CTest test a program. Where a preset joins files, names
# of an anonymous namespace are the folder's; TESTS_APART leaves the tests out, whose helpers may then have the same names.
function(ixian_library name)
  cmake_parse_arguments(arg "TESTS_APART" "" "LINKS;TEST_LINKS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  add_library(ixian_${name} STATIC ${sources} ${arg_SOURCES})
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR PARENT_PATH district)
  target_include_directories(ixian_${name} PUBLIC ${district})
  target_link_libraries(ixian_${name} PUBLIC ${arg_LINKS} PRIVATE ixian_warnings)

  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name}_test PRIVATE ixian_${name} ${arg_TEST_LINKS} ixian_warnings
                          GTest::gtest GTest::gmock GTest::gtest_main)
    # What is tested is as optimised as it ships; compiling the tests themselves that well takes longer than running them.
    target_compile_options(${name}_test PRIVATE -O0)
    if(IXIAN_SANITIZE MATCHES "undefined")
      # A third of the time that the tests take to compile; AddressSanitizer sees a null pointer as well.
      target_compile_options(${name}_test PRIVATE -fno-sanitize=null,alignment)
    endif()
    if(arg_TESTS_APART)
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)
    endif()
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit)
  endif()
endfunction()
