// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/database.h"

#include <span>
#include <string_view>

namespace lxcpp {

// The statements that lead from version N to N + 1 of the schema; the version is SQLite's
// user_version.
using Migration = std::span<const std::string_view>;

[[nodiscard]] std::span<const Migration> schema_migrations();

// Brings the data base to the last migration, all in one transaction. True when it had been empty.
// Throws InventoryError{TooNew} when it is past the last one.
bool migrate(Database& database, std::span<const Migration> migrations);

} // namespace lxcpp
