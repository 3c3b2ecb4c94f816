# SPDX-License-Identifier: Apache-2.0
# The packages that provide all this stand in apt-packages.txt.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(SQUASHFS REQUIRED IMPORTED_TARGET libsquashfs1)
pkg_check_modules(EXT2FS REQUIRED IMPORTED_TARGET ext2fs)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
pkg_check_modules(GPGME REQUIRED IMPORTED_TARGET gpgme)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-cpp)

# Why some things are linked statically: doc/decisions/002-what-programs-load.md.
option(LXCPP_STATIC_RUNTIME "Programs carry libstdc++; the hot ones are static" ON)
if(LXCPP_SANITIZE)
  set(LXCPP_STATIC_RUNTIME OFF) # the sanitizers intercept the shared libstdc++
endif()

# fmt's headers without libfmt.so: fmt_library.cpp holds the definitions, once per program.
add_library(lxcpp_fmt OBJECT ${CMAKE_CURRENT_LIST_DIR}/fmt_library.cpp)
add_library(lxcpp_fmt_headers INTERFACE)
target_include_directories(lxcpp_fmt_headers SYSTEM INTERFACE
  $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
target_link_libraries(lxcpp_fmt PRIVATE lxcpp_fmt_headers)

# SQLite and libseccomp: shared for most, the static archives (and a static libc) for a program that starts often
# (property LXCPP_HOT, see programs.cmake) where the distribution ships them.
find_library(LXCPP_SQLITE3_ARCHIVE libsqlite3.a)
find_library(LXCPP_SECCOMP_ARCHIVE libseccomp.a)
add_library(lxcpp_deps INTERFACE)
add_library(lxcpp_hot_deps INTERFACE)
target_link_libraries(lxcpp_deps INTERFACE PkgConfig::SQLITE3 PkgConfig::SECCOMP)
set(LXCPP_STATIC_PROGRAMS OFF)
if(LXCPP_STATIC_RUNTIME AND LXCPP_SQLITE3_ARCHIVE AND LXCPP_SECCOMP_ARCHIVE)
  set(LXCPP_STATIC_PROGRAMS ON)
  add_library(lxcpp_no_loading OBJECT ${CMAKE_CURRENT_LIST_DIR}/no_loading.c)
  target_link_libraries(lxcpp_hot_deps INTERFACE ${LXCPP_SQLITE3_ARCHIVE} ${LXCPP_SECCOMP_ARCHIVE} m)
else()
  target_link_libraries(lxcpp_hot_deps INTERFACE lxcpp_deps)
endif()
