# What `cmake --install` puts where, and the Debian package that `cpack -G DEB` makes of it.
include(GNUInstallDirs)

install(TARGETS ix RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(page LICENSE README.md CHANGELOG.md SECURITY.md CONTRIBUTING.md)
  install(FILES ${PROJECT_SOURCE_DIR}/${page} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ixian)
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ixian FILES_MATCHING PATTERN "*.md")

# The program writes its own completions, so it is asked for them when it is installed.
function(ixian_install_completion shell destination name)
  set(generated ${CMAKE_BINARY_DIR}/completions/${name})
  install(CODE "
    file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/completions\")
    execute_process(COMMAND \"$<TARGET_FILE:ix>\" completion ${shell} OUTPUT_FILE \"${generated}\" RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR \"`ix completion ${shell}` failed: \${result}\")
    endif()")
  install(FILES ${generated} DESTINATION ${CMAKE_INSTALL_DATADIR}/${destination})
endfunction()
ixian_install_completion(bash bash-completion/completions ix)
ixian_install_completion(zsh zsh/vendor-completions _ix)
ixian_install_completion(fish fish/vendor_completions.d ix.fish)

# So are its manual pages.
function(ixian_install_manual name section)
  set(generated ${CMAKE_BINARY_DIR}/man/${name}.${section})
  install(CODE "
    file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/man\")
    execute_process(COMMAND \"$<TARGET_FILE:ix>\" help --format man ${ARGN} WORKING_DIRECTORY / OUTPUT_FILE \"${generated}\" RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR \"`ix help --format man ${ARGN}` failed: \${result}\")
    endif()")
  install(FILES ${generated} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()
ixian_install_manual(ix 1)
ixian_install_manual(ixian.py 5 ixian.py)
foreach(command build image plan why graph init registries completion version help)
  ixian_install_manual(ix-${command} 1 ${command})
endforeach()

set(CPACK_PACKAGE_NAME ixian)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Ixian developers <ixian@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "builds container images with the registry as the build cache")
set(CPACK_PACKAGE_DESCRIPTION
"Ixian builds container images from Dockerfiles, without a daemon and without root, and
moves them between registries, directories and archives. The images of a project are
named by a digest of their inputs, so that a machine finds what another one has built.
.
A project is described in ixian.py, which ix reads with an embedded Python 3.11. Besides
images it has tasks, which run in parallel and only if their inputs have changed.
.
The package contains the program ix, completions for bash, zsh and fish, and the
documentation.")
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "${PROJECT_HOMEPAGE_URL}")
# Libraries are found by what the program links. Named besides: libpython3.11 because it brings Python's standard library, and
# what is used without being linked.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libpython3.11, python3-jinja2, libsqlite3-0 (>= 3.35), libcurl4, libarchive13")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "crun | runc, uidmap, passt | slirp4netns")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "git")
include(CPack)
