/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

/* A static program loads no code: SQLite's loader of extensions, which nobody switches on, gets this in the place of
 * the C library's dlopen(3) (ld --wrap), which would need the shared libraries of the very glibc that we were linked with. */
void *__wrap_dlopen(const char *file, int mode);

void *__wrap_dlopen(const char *file, int mode)
{
    (void)file;
    (void)mode;
    return NULL;
}
