# SPDX-License-Identifier: Apache-2.0
option(LXCPP_WERROR "Treat warnings as errors" OFF)
option(LXCPP_SANITIZE "Build with address and undefined-behaviour sanitizers" OFF)

add_library(lxcpp_options INTERFACE)
target_compile_options(lxcpp_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wno-missing-field-initializers
  -fstack-protector-strong -ffunction-sections -fdata-sections
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
target_compile_definitions(lxcpp_options INTERFACE _GNU_SOURCE)
target_link_options(lxcpp_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
if(LXCPP_WERROR)
  target_compile_options(lxcpp_options INTERFACE -Werror)
endif()
if(LXCPP_SANITIZE)
  target_compile_options(lxcpp_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  target_link_options(lxcpp_options INTERFACE -fsanitize=address,undefined)
endif()
