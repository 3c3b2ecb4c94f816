# SPDX-License-Identifier: Apache-2.0
option(LXCPP_WERROR "Treat warnings as errors" OFF)
set(LXCPP_SANITIZE OFF CACHE STRING "ON: address and undefined behaviour; thread: data races; OFF")

add_library(lxcpp_options INTERFACE)
# Sections by function: the linker then drops from each program what it never reaches.
target_compile_options(lxcpp_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wno-missing-field-initializers
  # GCC 12, optimising, sees overlap in std::string's own operator+ (PR 105651) and unset values in
  # an empty std::optional (PR 80635). The sanitizers look for the real ones.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  -ffunction-sections -fdata-sections -fstack-protector-strong)
target_compile_definitions(lxcpp_options INTERFACE _GNU_SOURCE)
target_link_options(lxcpp_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
if(LXCPP_WERROR)
  target_compile_options(lxcpp_options INTERFACE -Werror)
  # What GCC sees only when it optimises differs with what it has read before, precompiled headers among it: nothing
  # that a change could be refused for. In 12 it is std::string's operator+ again.
  foreach(warning array-bounds stringop-overflow stringop-overread free-nonheap-object dangling-pointer use-after-free)
    target_compile_options(lxcpp_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-error=${warning}>)
  endforeach()
endif()
if(LXCPP_SANITIZE STREQUAL "thread")
  set(LXCPP_SANITIZER_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
elseif(LXCPP_SANITIZE)
  # Null and misaligned pointers fault by themselves, or under the address sanitizer; looking for them at each access
  # is a third of the compiler's time.
  set(LXCPP_SANITIZER_FLAGS -fsanitize=address,undefined -fno-sanitize=null,alignment,vptr,object-size
      -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
else()
  target_compile_options(lxcpp_options INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
target_compile_options(lxcpp_options INTERFACE ${LXCPP_SANITIZER_FLAGS})
target_link_options(lxcpp_options INTERFACE ${LXCPP_SANITIZER_FLAGS})
