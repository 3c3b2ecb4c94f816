// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/container.h>

#include "base/error.h"
#include "container/impl.h"

namespace lxcpp {

Container::Container(std::string name, std::filesystem::path lxcpath)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(lxcpath))) {}
Container::Container(Container&&) noexcept = default;
Container& Container::operator=(Container&&) noexcept = default;
Container::~Container() = default;

const std::string& Container::name() const noexcept { return impl_->name; }
const std::filesystem::path& Container::lxcpath() const noexcept { return impl_->lxcpath; }
std::filesystem::path Container::config_file() const { return impl_->config_file(); }
bool Container::is_defined() const { return impl_->defined(); }
State Container::state() const { return impl_->state(); }
bool Container::is_running() const { return impl_->state() != State::Stopped; }

std::optional<pid_t> Container::init_pid() const {
    if (const auto running = impl_->running()) return running->pid();
    const auto note = impl_->run_by_others();
    return note && init_lives(*note) ? std::optional(note->init.pid) : std::nullopt;
}

std::optional<std::string> Container::config_item(const std::string& key) const {
    if (impl_->defined()) return get_item(impl_->load().config, key);
    return get_item(impl_->running_config(), key);
}

void Container::set_config_item(const std::string& key, const std::string& value) {
    impl_->require_ours("change");
    const ContainerLock lock = impl_->lock();
    LoadedConfig loaded = impl_->load();
    apply(loaded.config, key, value); // refuses what would not load again
    if (is_list_key(key) && !value.empty()) {
        loaded.text.append(key, value);
    } else {
        loaded.text.set(key, value);
    }
    save_config(loaded.text, impl_->config_file());
}

} // namespace lxcpp
