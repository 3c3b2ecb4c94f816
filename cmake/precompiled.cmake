# SPDX-License-Identifier: Apache-2.0
# lxcpp_precompile(TARGET [TESTS]): most of a compilation goes into reading the standard library's headers, and
# googletest's, once for each of hundreds of files. A file still includes what it uses: -DLXCPP_PRECOMPILED_HEADERS=OFF
# is what tells.
option(LXCPP_PRECOMPILED_HEADERS "Read the headers of libraries once a target, not once a file" ON)
set(LXCPP_PRECOMPILED <algorithm> <array> <chrono> <filesystem> <functional> <map> <memory> <optional> <ranges> <set> <span>
    <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
function(lxcpp_precompile target)
  if(NOT LXCPP_PRECOMPILED_HEADERS)
    return()
  endif()
  set(headers ${LXCPP_PRECOMPILED})
  if("TESTS" IN_LIST ARGN)
    list(APPEND headers <fstream> <random> <thread> <gtest/gtest.h> <gmock/gmock.h>)
  endif()
  target_precompile_headers(${target} PRIVATE ${headers})
endfunction()
