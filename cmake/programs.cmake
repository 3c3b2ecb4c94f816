# SPDX-License-Identifier: Apache-2.0
# lxcpp_add_program(NAME SOURCES files… [HOT] [LIBEXEC] [SETUID] [LIBRARIES targets…])
#
# A program lxcpp-… that uses the library's inside: it links the archive lxcpp_internal, of which
# the linker keeps only what the program reaches. HOT: it runs so often, or stays in memory so long,
# that loading shared libraries is felt. LIBEXEC: not for the administrator's PATH. SETUID: installed so, as 4755.
function(lxcpp_add_program name)
  cmake_parse_arguments(arg "HOT;LIBEXEC;SETUID" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES LXCPP_HOT ${arg_HOT})
  target_link_libraries(${name} PRIVATE lxcpp_internal ${arg_LIBRARIES})
  target_link_options(${name} PRIVATE -Wl,--gc-sections)
  if(LXCPP_STATIC_PROGRAMS AND arg_HOT)
    # Not together with -static-libgcc, whose start files are for a program at a fixed address.
    target_link_libraries(${name} PRIVATE lxcpp_no_loading)
    target_link_options(${name} PRIVATE -static-pie -Wl,--wrap=dlopen)
  elseif(LXCPP_STATIC_RUNTIME)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(arg_LIBEXEC)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${LXCPP_BUILD_LIBEXECDIR})
    set_property(GLOBAL APPEND PROPERTY LXCPP_LIBEXEC_PROGRAMS ${name})
    set(mode OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    if(arg_SETUID)
      list(APPEND mode SETUID)
    endif()
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/lxcpp PERMISSIONS ${mode})
  else()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${LXCPP_BUILD_BINDIR})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
