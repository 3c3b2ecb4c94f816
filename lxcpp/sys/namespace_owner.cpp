// SPDX-License-Identifier: Apache-2.0
#include "sys/namespace_owner.h"

#include <lxcpp/error.h>

#include <linux/nsfs.h>
#include <sys/ioctl.h>

namespace lxcpp::sys {

Fd user_namespace_of(FdRef other) {
    Fd result(::ioctl(other.raw(), NS_GET_USERNS));
    if (!result.valid()) throw SystemError("find the user namespace that a namespace belongs to");
    return result;
}

} // namespace lxcpp::sys
