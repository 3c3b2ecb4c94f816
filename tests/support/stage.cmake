# SPDX-License-Identifier: Apache-2.0
# Installs the build into STAGE, emptied before. No build name or date of it matters to the tests.
file(REMOVE_RECURSE ${STAGE})
set(ENV{DESTDIR} ${STAGE})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} OUTPUT_FILE ${BUILD}/stage.log
                COMMAND_ERROR_IS_FATAL ANY)
