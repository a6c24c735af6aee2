# IXIAN_SANITIZE is a list such as "address,undefined" or "thread"; the presets asan and tsan set it.
set(IXIAN_SANITIZE "" CACHE STRING "Sanitizers to build everything with")
if(IXIAN_SANITIZE)
  add_compile_options(-fsanitize=${IXIAN_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${IXIAN_SANITIZE})
  if(IXIAN_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
