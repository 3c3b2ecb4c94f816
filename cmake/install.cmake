# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

install(TARGETS lxcpp EXPORT lxcppTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT lxcppTargets NAMESPACE lxcpp:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lxcpp)
file(WRITE ${PROJECT_BINARY_DIR}/lxcppConfig.cmake
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/lxcppTargets.cmake\")\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lxcppConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lxcppConfig.cmake ${PROJECT_BINARY_DIR}/lxcppConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/lxcpp)
configure_file(cmake/lxcpp.pc.in lxcpp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lxcpp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Shipped configuration: distribution files, seccomp profiles, keyrings, units.
install(DIRECTORY config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lxcpp/config
  PATTERN "default.conf" EXCLUDE PATTERN "lxcpp-usernet" EXCLUDE PATTERN "CMakeLists.txt" EXCLUDE PATTERN "systemd" EXCLUDE)
# Units name the programs where they are; systemd looks below /usr/local, too.
configure_file(config/systemd/lxcpp-net.service.in lxcpp-net.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lxcpp-net.service DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
# The administrator's files: written once, then never touched.
foreach(file default.conf lxcpp-usernet)
  install(CODE "
    set(folder \"\$ENV{DESTDIR}${LXCPP_SYSCONFDIR}/lxcpp\")
    if(EXISTS \"\${folder}/${file}\")
      message(STATUS \"Kept: \${folder}/${file}\")
    else()
      file(INSTALL \"${PROJECT_SOURCE_DIR}/config/${file}\" DESTINATION \"${LXCPP_SYSCONFDIR}/lxcpp\") # adds DESTDIR itself
    endif()")
endforeach()
# An empty directory on which a starting container's root is staged, in its own mount namespace.
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lxcpp/rootfs)

# A new library in /usr/local/lib is found only after ldconfig; a staged install (DESTDIR) leaves
# that to the package's own script.
install(CODE "
  if(\"\$ENV{DESTDIR}\" STREQUAL \"\")
    execute_process(COMMAND ldconfig RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(failed)
      message(STATUS \"Run ldconfig as root so that programs find liblxcpp.so.0\")
    endif()
  endif()")
